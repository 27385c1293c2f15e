//! ADD COLUMN of a domain that has constraints.

use crate::lint::command::is_generated;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Found, TypeKind};
use crate::model::{Level, quote_identifier};

pub(super) static RULE: Rule = Rule {
    name: "constrained-domain-column",
    level: Level::Warning,
    category: Category::Rewrite,
    summary: "a new column of a domain with constraints makes the server write an existing table anew",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let Some((column, data_type)) = command
            .added_column()
            .and_then(|column| Some((column, column.data_type.as_ref()?)))
        else {
            continue;
        };
        let is_literal = |column: &crate::sql::act::ColumnDef| {
            column
                .default()
                .is_none_or(|default| default.without_casts().as_literal().is_some())
        };
        if is_generated(column) || !is_literal(column) || !command.rewrites_table() {
            continue;
        }
        let Found::Known(domain) = step.schema.type_(&data_type.name) else {
            continue;
        };
        let TypeKind::Domain { base, .. } = &domain.kind else {
            continue;
        };
        let table = command.quoted();
        let shown = command.shown();
        let name = quote_identifier(&column.name);
        problems.push(
            Problem::new(
                command.span(),
                format!("new column \"{}\" of existing table \"{}\" has constrained domain \"{}\"", column.name, command.table.name, data_type.name),
            )
            .object(&command.table.name)
            .effect(format!(
                "ACCESS EXCLUSIVE on {shown} while the table and all its indexes are written anew to test the domain on each row: its readers and writers wait."
            ))
            .instead(format!(
                "ALTER TABLE {table} ADD COLUMN {name} {};  -- the type below the domain\n-- and the domain's condition as a CHECK on the table, NOT VALID, validated in a later transaction",
                base.name
            )),
        );
    }
}
