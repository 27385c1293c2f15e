//! ADD COLUMN of type serial.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::act::ColumnDef;

pub(super) static RULE: Rule = Rule {
    name: "serial-on-existing-table",
    level: Level::Warning,
    category: Category::Rewrite,
    summary: "a new serial column makes the server write an existing table anew",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let Some(column) = command.added_column().filter(|column| is_serial(column)) else {
            continue;
        };
        let table = command.quoted();
        let shown = command.shown();
        let name = quote_identifier(&column.name);
        let sequence = quote_identifier(&format!("{}_{}_seq", command.table.name.name, column.name));
        problems.push(
            Problem::new(
                command.span(),
                format!("serial column \"{}\" added to existing table \"{}\"", column.name, command.table.name),
            )
            .object(&command.table.name)
            .effect(format!(
                "ACCESS EXCLUSIVE on {shown} while every row gets its number and the table and all its indexes are written anew: its readers and writers wait."
            ))
            .instead(format!(
                "CREATE SEQUENCE {sequence};\nALTER TABLE {table} ADD COLUMN {name} bigint;\nALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT nextval('{sequence}');\nALTER SEQUENCE {sequence} OWNED BY {table}.{name};\n-- then fill the old rows in batches"
            )),
        );
    }
}

/// Says whether a column's type is one of the serial ones.
pub(super) fn is_serial(column: &ColumnDef) -> bool {
    column.data_type.as_ref().is_some_and(|found| {
        found.name.schema.is_none()
            && matches!(
                found.name.name.as_str(),
                "serial" | "bigserial" | "smallserial" | "serial2" | "serial4" | "serial8"
            )
    })
}
