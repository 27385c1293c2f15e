//! A statement that loses something, in a revision without a down file.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::{Action, AlterCommand, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "irreversible-without-down",
    level: Level::Info,
    category: Category::DataLoss,
    summary: "a statement that loses something, in a revision without a down file",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let migration = ended.migration;
    if migration.revision.is_none() || migration.has_down {
        return;
    }
    let lossy = migration.acts.iter().find(|act| match &act.action {
        Action::Drop(drop) => drop.objects.iter().any(|object| {
            matches!(
                object.kind,
                ObjectKind::Table | ObjectKind::Schema | ObjectKind::Sequence
            )
        }),
        Action::Truncate { .. } => true,
        Action::AlterTable(table) => table
            .commands
            .iter()
            .any(|(command, _)| matches!(command, AlterCommand::DropColumn { .. })),
        _ => false,
    });
    let Some(act) = lossy else { return };
    problems.push(
        Problem::new(act.span.clone(), "something is lost here, and there is no down file")
            .effect("A downgrade stops at this revision.")
            .instead("Write the file of the same name that ends in .down.sql; what it cannot bring back, it says: `irreversible: because …` in its header."),
    );
}
