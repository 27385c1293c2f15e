//! SET NOT NULL without a CHECK that proves it.

use crate::lint::command::Command;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::act::{AlterCommand, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    name: "set-not-null-scans",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a column becomes NOT NULL and every row is read under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let Some(column) = becomes_not_null(&command) else {
            continue;
        };
        if !command.scans() {
            continue;
        }
        let table = command.quoted();
        let shown = command.shown();
        let quoted = quote_identifier(column);
        let name = quote_identifier(&format!("{}_{column}_not_null", command.table.name.name));
        let instead = if step.settings.oldest() >= 18 {
            format!(
                "ALTER TABLE {table} ADD CONSTRAINT {name} NOT NULL {quoted} NOT VALID;\n-- in a later transaction:\nALTER TABLE {table} VALIDATE CONSTRAINT {name};"
            )
        } else {
            format!(
                "ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({quoted} IS NOT NULL) NOT VALID;\n-- in a later transaction:\nALTER TABLE {table} VALIDATE CONSTRAINT {name};\n-- in another one, which then reads no row:\nALTER TABLE {table} ALTER COLUMN {quoted} SET NOT NULL;\nALTER TABLE {table} DROP CONSTRAINT {name};"
            )
        };
        problems.push(
            Problem::new(
                command.span(),
                format!(
                    "column \"{column}\" of existing table \"{}\" set NOT NULL",
                    command.table.name
                ),
            )
            .object(&command.table.name)
            .effect(format!(
                "ACCESS EXCLUSIVE on {shown} while every row is read for NULL: its readers and writers wait."
            ))
            .instead(instead),
        );
    }
}

/// Returns the column that a command makes NOT NULL.
fn becomes_not_null<'a>(command: &Command<'a>) -> Option<&'a str> {
    match command.command {
        AlterCommand::SetNotNull(column) => Some(column),
        AlterCommand::AddConstraint(constraint) if !constraint.not_valid => match &constraint.kind {
            ConstraintKind::NotNull {
                column: Some(column), ..
            } => Some(column),
            _ => None,
        },
        _ => None,
    }
}
