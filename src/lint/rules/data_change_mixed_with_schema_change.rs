//! A long data change, and after it a schema change, in one transaction.

use crate::lint::context::Step;
use crate::lint::reach::{changes, is_unbounded};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, LockMode};
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "data-change-mixed-with-schema-change",
    level: Level::Info,
    category: Category::Lock,
    summary: "a schema change waits at the end of a long data change, in the same transaction",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    if !step.transaction.shared || !matches!(step.act.action, Action::AlterTable(_) | Action::CreateIndex(_))
    {
        return;
    }
    let Some((mode, relation)) = step.strongest_lock() else {
        return;
    };
    let is_first = step.busy_locks(LockMode::Share).next().is_none();
    if mode < LockMode::Share || !is_first {
        return;
    }
    let is_long = |statement: usize| {
        step.migration.acts.get(statement).is_some_and(|act| {
            changes(&act.action)
                .into_iter()
                .any(|change| is_unbounded(step, change))
        })
    };
    let changed = step
        .transaction
        .changed_rows
        .iter()
        .find(|(key, statement)| step.is_busy_at(key) && is_long(**statement));
    let Some((changed, _)) = changed else {
        return;
    };
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("schema change of \"{relation}\" after a long data change of \"{}\"", changed.name),
        )
        .object(&relation)
        .effect(format!(
            "The transaction asks for {} while it holds row locks: whoever waits for such a row and holds \"{relation}\" deadlocks with it, and what the data change did is lost.",
            mode.as_str()
        ))
        .instead("Put the data change and the schema change into two migrations."),
    );
}
