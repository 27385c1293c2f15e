//! CONCURRENTLY inside a transaction, where the server refuses it.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::{Action, AlterCommand, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "concurrently-in-transaction",
    level: Level::Error,
    category: Category::Lock,
    summary: "CONCURRENTLY stands where a transaction is open, and fails",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Some(form) = form(&step.act.action) else {
        return;
    };
    if !step.is_in_transaction() {
        return;
    }
    let place = match step.inside {
        Some(_) => "a DO block",
        None => "a transaction",
    };
    let instead = match step.inside {
        Some(_) => "Write the statement at the top of a file with `transaction: false`.",
        None => {
            "Move the statement to a file of its own and say so in its header:\n/*---\nrevision: …\nparents: […]\ntransaction: false\n---*/"
        }
    };
    problems.push(
        Problem::new(step.act.span.clone(), format!("{form} inside {place}"))
            .effect("The server refuses it with 25001 (active_sql_transaction), and the whole transaction is rolled back.")
            .instead(instead),
    );
}

/// Returns how a statement that is CONCURRENTLY and refuses a transaction is called.
pub(super) fn form(action: &Action) -> Option<&'static str> {
    match action {
        Action::CreateIndex(index) if index.concurrently => Some("CREATE INDEX CONCURRENTLY"),
        Action::Reindex(reindex) if reindex.concurrently => Some("REINDEX CONCURRENTLY"),
        Action::Drop(drop) if drop.concurrently && is_of_index(drop) => Some("DROP INDEX CONCURRENTLY"),
        Action::AlterTable(table) => table.commands.iter().find_map(|(command, _)| match command {
            AlterCommand::DetachPartition {
                concurrently: true, ..
            } => Some("DETACH PARTITION CONCURRENTLY"),
            _ => None,
        }),
        _ => None,
    }
}

fn is_of_index(drop: &crate::sql::act::Drop) -> bool {
    drop.objects.iter().all(|object| object.kind == ObjectKind::Index)
}
