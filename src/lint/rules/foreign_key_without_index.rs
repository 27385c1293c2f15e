//! No index begins with the columns of a new foreign key.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use std::sync::Arc;

use crate::lint::schema::{Relation, TableConstraintKind};
use crate::model::quote_identifier;
use crate::sql::act::expression::ExprKind;

pub(super) static RULE: Rule = Rule {
    name: "foreign-key-without-index",
    level: Level::Info,
    category: Category::Style,
    summary: "no index begins with the columns of a new foreign key",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let number = Some(ended.migration.number);
    for relation in ended.changed_relations().filter(|relation| relation.is_table()) {
        for constraint in &relation.constraints {
            let TableConstraintKind::ForeignKey { columns, table, .. } = &constraint.kind else {
                continue;
            };
            if constraint.origin.migration() != number
                || columns.is_empty()
                || is_covered(ended, relation, columns)
            {
                continue;
            }
            let Some(span) = ended.span_of(constraint.origin) else {
                continue;
            };
            let list: Vec<String> = columns.iter().map(|column| quote_identifier(column)).collect();
            problems.push(
                Problem::new(
                    span,
                    format!(
                        "foreign key \"{}\" of \"{}\" has no index that begins with its columns",
                        constraint.name, relation.key
                    ),
                )
                .object(format!("{}.{}", relation.key, constraint.name))
                .effect(format!(
                    "Each DELETE and each change of the key in \"{table}\" reads all of \"{}\".",
                    relation.key
                ))
                .instead(format!(
                    "CREATE INDEX CONCURRENTLY ON {}.{} ({});",
                    quote_identifier(&relation.key.schema),
                    quote_identifier(&relation.key.name),
                    list.join(", ")
                )),
            );
        }
    }
}

fn is_covered(ended: &Ended<'_>, relation: &Relation, columns: &[Arc<str>]) -> bool {
    ended.after.indexes_of(relation).any(|index| {
        let first = index.columns.get(..columns.len()).unwrap_or_default();
        let leaves_only_null_out = index.condition.as_ref().is_none_or(|condition| {
            matches!(&condition.kind, ExprKind::IsNull { operand, negated: true }
                if operand.as_column().is_some_and(|column| columns.iter().any(|name| **name == *column.name)))
        });
        !first.is_empty()
            && leaves_only_null_out
            && columns
                .iter()
                .all(|name| first.iter().any(|part| part.column.as_ref() == Some(name)))
    })
}
