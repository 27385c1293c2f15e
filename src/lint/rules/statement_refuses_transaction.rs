//! VACUUM, ALTER SYSTEM and the like inside a transaction.

use super::concurrently_in_transaction;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;
use crate::sql::statement::Statement;

pub(super) static RULE: Rule = Rule {
    name: "statement-refuses-transaction",
    level: Level::Error,
    category: Category::Correctness,
    summary: "a statement that no transaction may hold stands in one, and fails",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    if !step.is_in_transaction() || !may_refuse(&step.act.action) {
        return;
    }
    if concurrently_in_transaction::form(&step.act.action).is_some() {
        return;
    }
    let source: &str = &step.migration.source;
    let range = step.act.span.start as usize..step.act.span.end as usize;
    if source.get(range.clone()).is_none() {
        return;
    }
    let statement = Statement::read(source, range);
    let Some(refusal) = statement.refuses_transaction(step.settings.oldest()) else {
        return;
    };
    let place = match step.inside {
        Some(_) => "a DO block",
        None => "a transaction",
    };
    problems.push(
        Problem::new(step.act.span.clone(), format!("{} inside {place}", refusal.name))
            .effect("The server refuses it with 25001 (active_sql_transaction), and the whole transaction is rolled back.")
            .instead("Move the statement to a file of its own with `transaction: false` in its header."),
    );
}

/// Says whether it is worth reading the words of the statement.
fn may_refuse(action: &Action) -> bool {
    matches!(
        action,
        Action::Maintain { .. }
            | Action::Reindex(_)
            | Action::Cluster(_)
            | Action::Other(_)
            | Action::CreateOther(_)
            | Action::Drop(_)
            | Action::Set(_)
            | Action::Transaction(_)
    )
}
