//! A NOT NULL column without a default is added to a table that may have rows, and any row stops it.

use crate::lint::command::is_generated;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Found, TypeKind};
use crate::model::Level;
use crate::model::quote_identifier;
use crate::sql::act::{Action, AlterCommand, ColumnDef, Literal};

pub(super) static RULE: Rule = Rule {
    name: "not-null-column-without-default",
    level: Level::Error,
    category: Category::Correctness,
    summary: "a NOT NULL column without a default is added to a table that may have rows, and any row stops it",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::AlterTable(table) = &step.act.action else {
        return;
    };
    let filled_here = match step.relation(&table.name) {
        Found::Known(relation) => !step.is_busy(relation),
        _ => false,
    };
    let filled = step
        .relation(&table.name)
        .known()
        .is_some_and(|relation| relation.may_have_rows && relation.is_table());
    if (filled_here && !filled) || matches!(step.relation(&table.name), Found::Absent | Found::System) {
        return;
    }
    for (command, at) in &table.commands {
        let AlterCommand::AddColumn {
            column,
            if_not_exists,
        } = command
        else {
            continue;
        };
        let is_there = step
            .relation(&table.name)
            .known()
            .is_some_and(|relation| relation.column(&column.name).is_some());
        if !is_required(step, column) || (*if_not_exists && is_there) {
            continue;
        }
        let span = match table.commands.len() {
            1 => step.act.span.clone(),
            _ => at.clone(),
        };
        let name = quote_identifier(&column.name);
        let written = step
            .migration
            .source
            .get(
                column
                    .data_type
                    .as_ref()
                    .map_or(0..0, |of| of.span.start as usize..of.span.end as usize),
            )
            .unwrap_or_default();
        let quoted = table.name.quoted();
        problems.push(
            Problem::new(
                span,
                format!("column \"{}\" of table \"{}\" is NOT NULL and has no default", column.name, table.name),
            )
            .object(format!("{}.{}", table.name, column.name))
            .effect("A single row in the table stops the migration with 23502; on an empty database nobody notices.")
            .instead(format!(
                "ALTER TABLE {quoted} ADD COLUMN {name} {written};\n-- fill it in batches, then:\nALTER TABLE {quoted} ADD CONSTRAINT {0} CHECK ({name} IS NOT NULL) NOT VALID;\n-- and in a later file: VALIDATE CONSTRAINT {0}, SET NOT NULL, DROP CONSTRAINT {0}",
                quote_identifier(&format!("{}_not_null", column.name))
            )),
        );
    }
}

/// Says whether the column must have a value and nothing gives it one.
fn is_required(step: &Step<'_>, column: &ColumnDef) -> bool {
    if !column.is_not_null() || is_generated(column) {
        return false;
    }
    if let Some(default) = column.default() {
        return default.without_casts().as_literal() == Some(&Literal::Null);
    }
    column.data_type.as_ref().is_none_or(|of| {
        let is_serial = of.name.schema.is_none() && of.name.name.contains("serial");
        let has_default = step
            .schema
            .type_(&of.name)
            .known()
            .is_some_and(|found| matches!(&found.kind, TypeKind::Domain { default: Some(_), .. }));
        !is_serial && !has_default
    })
}
