//! ADD COLUMN … DEFAULT with an expression that gives each row its own value.

use super::serial_on_existing_table::is_serial;
use crate::lint::command::is_generated;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};

pub(super) static RULE: Rule = Rule {
    name: "volatile-default-on-new-column",
    level: Level::Warning,
    category: Category::Rewrite,
    summary: "a new column with a volatile default makes the server write an existing table anew",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let Some((column, default)) = command
            .added_column()
            .and_then(|column| Some((column, column.default()?)))
        else {
            continue;
        };
        if is_generated(column) || is_serial(column) || !command.rewrites_table() {
            continue;
        }
        // A constant default is never the reason; then it is the type, which another rule tells.
        if default.without_casts().as_literal().is_some() {
            continue;
        }
        let table = command.quoted();
        let shown = command.shown();
        let name = quote_identifier(&column.name);
        let written = command.text(&default.span);
        let data_type = column
            .data_type
            .as_ref()
            .map(|found| command.text(&found.span))
            .unwrap_or("…");
        problems.push(
            Problem::new(
                command.span(),
                format!("new column \"{}\" of existing table \"{}\" with volatile default {written}", column.name, command.table.name),
            )
            .object(&command.table.name)
            .effect(format!(
                "ACCESS EXCLUSIVE on {shown} while the table and all its indexes are written anew: its readers and writers wait."
            ))
            .instead(format!(
                "ALTER TABLE {table} ADD COLUMN {name} {data_type};\nALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {written};\n-- then fill the old rows in batches:\nUPDATE {table} SET {name} = DEFAULT WHERE {name} IS NULL AND … ;"
            )),
        );
    }
}
