//! ADD PRIMARY KEY USING INDEX over a column that is not NOT NULL.

use crate::lint::command::Command;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Found;
use crate::model::{Level, quote_identifier};
use crate::sql::WrittenName;
use crate::sql::act::ConstraintKind;

pub(super) static RULE: Rule = Rule {
    name: "primary-key-over-nullable-column",
    level: Level::Warning,
    category: Category::Lock,
    summary: "PRIMARY KEY USING INDEX reads every row because a column is not NOT NULL yet",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        for (constraint, _) in command.added_constraints() {
            let ConstraintKind::PrimaryKey {
                using_index: Some(index),
                ..
            } = &constraint.kind
            else {
                continue;
            };
            let Some(column) = nullable_column(&command, index) else {
                continue;
            };
            if !command.scans() {
                continue;
            }
            let table = command.quoted();
            let shown = command.shown();
            let check = quote_identifier(&format!("{}_{column}_not_null", command.table.name.name));
            let quoted = quote_identifier(&column);
            problems.push(
                Problem::new(
                    command.span(),
                    format!("primary key of \"{}\" over nullable column \"{column}\"", command.table.name),
                )
                .object(&command.table.name)
                .effect(format!(
                    "ACCESS EXCLUSIVE on {shown} while every row is read for NULL: its readers and writers wait, although the index is ready."
                ))
                .instead(format!(
                    "ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({quoted} IS NOT NULL) NOT VALID;\n-- in a later transaction:\nALTER TABLE {table} VALIDATE CONSTRAINT {check};\n-- then the primary key, and:\nALTER TABLE {table} DROP CONSTRAINT {check};"
                )),
            );
        }
    }
}

/// Returns the first column of the index that is known to allow NULL.
fn nullable_column(command: &Command<'_>, index: &str) -> Option<String> {
    let name = WrittenName {
        schema: command.table.name.schema.clone(),
        name: index.to_owned(),
    };
    let Found::Known(index) = command.step.schema.index(&name) else {
        return None;
    };
    let relation = command.relation()?;
    index
        .columns
        .iter()
        .filter_map(|part| relation.column(part.column.as_deref()?))
        .find(|column| !column.not_null)
        .map(|column| column.name.to_string())
}
