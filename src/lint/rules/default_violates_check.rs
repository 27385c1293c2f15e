//! The default of a column fails a CHECK of the same column.

use crate::lint::context::Ended;
use crate::lint::literal::{Value, evaluate};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Column, Relation, TableConstraint, TableConstraintKind};
use crate::model::Level;
use crate::model::{quote_identifier, quote_literal};
use crate::sql::WrittenName;
use crate::sql::act::{Action, AlterCommand};

pub(super) static RULE: Rule = Rule {
    name: "default-violates-check",
    level: Level::Error,
    category: Category::Correctness,
    summary: "the default of a column fails a CHECK of the same column",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for relation in ended.changed_relations().filter(|relation| relation.is_table()) {
        let before = ended.before.relation_at(&relation.key).map(|before| &**before);
        for (column, check) in violations(relation) {
            let is_old = before.is_some_and(|before| {
                violations(before)
                    .iter()
                    .any(|(old, constraint)| old.name == column.name && constraint.name == check.name)
            });
            if !is_old {
                problems.push(problem(ended, relation, column, check));
            }
        }
    }
}

/// Returns the columns whose default is a literal, each with the constraint that it fails.
fn violations(relation: &Relation) -> Vec<(&Column, &TableConstraint)> {
    let mut found = Vec::new();
    for constraint in &relation.constraints {
        let TableConstraintKind::Check(expr) = &constraint.kind else {
            continue;
        };
        for column in relation.columns.iter().filter(|column| !ignores_case(column)) {
            let Some(value) = column.default.as_ref().and_then(Value::of) else {
                continue;
            };
            if evaluate(expr, &column.name, &value) == Some(Value::Bool(false)) {
                found.push((column, constraint));
            }
        }
    }
    found
}

/// citext compares otherwise than text.
fn ignores_case(column: &Column) -> bool {
    column
        .data_type
        .as_ref()
        .is_some_and(|of| of.name.ends_with("citext"))
}

fn problem(ended: &Ended<'_>, relation: &Relation, column: &Column, check: &TableConstraint) -> Problem {
    let default = column
        .default
        .as_ref()
        .map(|expr| expr.normal())
        .unwrap_or_default();
    let stripped = match column.default.as_ref().and_then(Value::of) {
        Some(Value::Text(text)) if text.len() > 2 && text.starts_with('\'') && text.ends_with('\'') => {
            Some(quote_literal(text.trim_matches('\'')))
        }
        _ => None,
    };
    let span = ended
        .migration
        .acts
        .iter()
        .rev()
        .find(|act| sets_default(ended, &act.action, relation, column))
        .map(|act| act.span.clone())
        .or_else(|| ended.span_of(check.origin))
        .or_else(|| ended.span_of(column.origin))
        .or_else(|| ended.span_of(relation.origin))
        .unwrap_or(0..0);
    let table = format!(
        "{}.{}",
        quote_identifier(&relation.key.schema),
        quote_identifier(&relation.key.name)
    );
    let hint = match &stripped {
        Some(_) => "The quotes are part of the value:\n",
        None => "",
    };
    Problem::new(
        span,
        format!(
            "default {default} of column \"{}\" of \"{}\" violates constraint \"{}\"",
            column.name, relation.key, check.name
        ),
    )
    .object(format!("{}.{}", relation.key, column.name))
    .effect("Every INSERT that leaves the column out fails with 23514.")
    .instead(format!(
        "{hint}ALTER TABLE {table} ALTER COLUMN {} SET DEFAULT {};",
        quote_identifier(&column.name),
        stripped.as_deref().unwrap_or("…")
    ))
}

fn sets_default(ended: &Ended<'_>, action: &Action, relation: &Relation, column: &Column) -> bool {
    let is = |name: &WrittenName| {
        ended
            .after
            .relation(name)
            .known()
            .is_some_and(|found| found.key == relation.key)
    };
    match action {
        Action::AlterTable(table) => {
            is(&table.name)
                && table.commands.iter().any(|(command, _)| match command {
                    AlterCommand::SetDefault(name, _) => **name == *column.name,
                    AlterCommand::AddColumn { column: added, .. } => {
                        *added.name == *column.name && added.default().is_some()
                    }
                    _ => false,
                })
        }
        Action::CreateTable(table) => {
            is(&table.name)
                && table
                    .columns
                    .iter()
                    .any(|made| *made.name == *column.name && made.default().is_some())
        }
        _ => false,
    }
}
