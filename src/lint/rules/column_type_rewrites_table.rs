//! ALTER COLUMN … TYPE that writes the table anew.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::act::AlterCommand;

pub(super) static RULE: Rule = Rule {
    name: "column-type-rewrites-table",
    level: Level::Warning,
    category: Category::Rewrite,
    summary: "a new column type makes the server write an existing table anew under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let AlterCommand::Type {
            column, data_type, ..
        } = command.command
        else {
            continue;
        };
        if !command.rewrites_table() {
            continue;
        }
        let table = command.quoted();
        let shown = command.shown();
        let written = command.text(&data_type.span);
        let before = command
            .relation()
            .and_then(|found| found.column(column))
            .and_then(|found| found.data_type.as_ref())
            .map(|found| format!(" from {}", found.name))
            .unwrap_or_default();
        let (old, new) = (
            quote_identifier(column),
            quote_identifier(&format!("{column}_new")),
        );
        problems.push(
            Problem::new(
                command.span(),
                format!("type of column \"{column}\" of existing table \"{}\" changed{before} to {written}", command.table.name),
            )
            .object(&command.table.name)
            .effect(format!(
                "ACCESS EXCLUSIVE on {shown} while the table and all its indexes are written anew: its readers and writers wait, and as much disk space again is needed."
            ))
            .instead(format!(
                "ALTER TABLE {table} ADD COLUMN {new} {written};\n-- a trigger that keeps it alike for new rows; a backfill in batches; then, in one transaction:\nALTER TABLE {table} RENAME COLUMN {old} TO {};\nALTER TABLE {table} RENAME COLUMN {new} TO {old};",
                quote_identifier(&format!("{column}_old"))
            )),
        );
    }
}
