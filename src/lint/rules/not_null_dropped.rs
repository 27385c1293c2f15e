//! A column of a table that stood before the migration may be NULL from now on.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::AlterCommand;

pub(super) static RULE: Rule = Rule {
    name: "not-null-dropped",
    level: Level::Info,
    category: Category::DataLoss,
    summary: "a column of a table that stood before the migration may be NULL from now on",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let AlterCommand::DropNotNull(column) = command.command else {
            continue;
        };
        problems.push(
            Problem::new(
                command.span(),
                format!(
                    "column \"{column}\" of existing table \"{}\" may be NULL from now on",
                    command.table.name
                ),
            )
            .object(format!("{}.{column}", command.table.name))
            .effect(
                "Clients that take a value for granted meet NULL; setting NOT NULL again reads every row.",
            )
            .instead("Release code that copes with NULL first."),
        );
    }
}
