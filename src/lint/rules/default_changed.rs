//! A column of a table that stood before the migration gets another default.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::AlterCommand;

pub(super) static RULE: Rule = Rule {
    name: "default-changed",
    level: Level::Info,
    category: Category::DataLoss,
    summary: "a column of a table that stood before the migration gets another default",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let (column, now) = match command.command {
            AlterCommand::SetDefault(column, expr) => (column, Some(expr.normal())),
            AlterCommand::DropDefault(column) => (column, None),
            _ => continue,
        };
        let Some(before) = command
            .relation()
            .and_then(|relation| relation.column(column))
            .and_then(|found| found.default.as_ref())
        else {
            continue;
        };
        let before = before.normal();
        if now.as_deref() == Some(before.as_str()) {
            continue;
        }
        problems.push(
            Problem::new(
                command.span(),
                format!(
                    "default of column \"{column}\" of existing table \"{}\" changed from {before} to {}",
                    command.table.name,
                    now.as_deref().unwrap_or("none")
                ),
            )
            .object(format!("{}.{column}", command.table.name))
            .effect("Clients that leave the column out write another value from the commit on; rows that are there keep theirs.")
            .instead("Release code that writes the column itself first, where the difference matters."),
        );
    }
}
