//! ALTER COLUMN … TYPE that keeps the rows but tests a constraint on all of them again.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::TableConstraintKind;
use crate::model::{Level, quote_identifier};
use crate::sql::act::AlterCommand;

pub(super) static RULE: Rule = Rule {
    name: "column-type-rechecks-constraint",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a new column type makes the server test every row of an existing table against a constraint again",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let AlterCommand::Type { column, .. } = command.command else {
            continue;
        };
        if !command.scans() || command.rewrites() {
            continue;
        }
        let table = command.quoted();
        let shown = command.shown();
        let constraint = command.relation().and_then(|found| {
            found
                .constraints
                .iter()
                .find(|constraint| match &constraint.kind {
                    TableConstraintKind::Check(expr) => {
                        expr.any(|part| part.as_column().is_some_and(|found| found.name == *column))
                    }
                    TableConstraintKind::ForeignKey { columns, .. } => {
                        columns.iter().any(|found| **found == **column)
                    }
                    _ => false,
                })
        });
        let again = constraint.map_or_else(|| "…".to_owned(), |found| quote_identifier(&found.name));
        problems.push(
            Problem::new(
                command.span(),
                format!("new type of column \"{column}\" of existing table \"{}\" tests constraint {again} again", command.table.name),
            )
            .object(&command.table.name)
            .effect(format!(
                "ACCESS EXCLUSIVE on {shown} while every row is tested: its readers and writers wait, although no row is written."
            ))
            .instead(format!(
                "ALTER TABLE {table} DROP CONSTRAINT {again};\n-- change the type, then add the constraint again:\nALTER TABLE {table} ADD CONSTRAINT {again} … NOT VALID;\n-- in a later transaction:\nALTER TABLE {table} VALIDATE CONSTRAINT {again};"
            )),
        );
    }
}
