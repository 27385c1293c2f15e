//! A foreign key refers to columns that no unique key covers, and the statement fails.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use std::sync::Arc;

use crate::lint::reference::references;
use crate::lint::schema::{Relation, TableConstraintKind};
use crate::model::quote_identifier;

pub(super) static RULE: Rule = Rule {
    name: "references-without-unique-key",
    level: Level::Error,
    category: Category::Correctness,
    summary: "a foreign key refers to columns that no unique key covers, and the statement fails",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for reference in references(step) {
        let name = &reference.key.table;
        let table = name.quoted();
        let Some(columns) = reference.referenced_columns() else {
            problems.push(
                Problem::new(
                    reference.span.clone(),
                    format!(
                        "foreign key of \"{}\" refers to \"{name}\", which has no primary key",
                        reference.table
                    ),
                )
                .object(name)
                .effect("The server refuses it with 42704, and the whole transaction is rolled back.")
                .instead(format!("ALTER TABLE {table} ADD PRIMARY KEY (…);")),
            );
            continue;
        };
        let are_there = columns
            .iter()
            .all(|column| reference.referenced.column(column).is_some());
        if !are_there || is_unique(step, reference.referenced, &columns) {
            continue;
        }
        let list: Vec<String> = columns.iter().map(|column| quote_identifier(column)).collect();
        let list = list.join(", ");
        problems.push(
            Problem::new(
                reference.span.clone(),
                format!(
                    "foreign key of \"{}\" refers to columns of \"{name}\" that no unique constraint covers",
                    reference.table
                ),
            )
            .object(name)
            .effect("The server refuses it with 42830, and the whole transaction is rolled back.")
            .instead(format!(
                "CREATE UNIQUE INDEX CONCURRENTLY ON {table} ({list});  -- in a file of its own, before"
            )),
        );
    }
}

/// Says whether a primary key, a unique constraint or a whole unique index is on exactly these columns.
fn is_unique(step: &Step<'_>, relation: &Relation, columns: &[Arc<str>]) -> bool {
    let same = |key: &[&str]| {
        let mut key = key.to_vec();
        let mut wanted: Vec<&str> = columns.iter().map(|column| &**column).collect();
        key.sort_unstable();
        wanted.sort_unstable();
        key == wanted
    };
    let by_constraint = relation
        .constraints
        .iter()
        .any(|constraint| match &constraint.kind {
            TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) => {
                // USING INDEX names its columns in the index.
                key.is_empty() || same(&key.iter().map(|column| &**column).collect::<Vec<_>>())
            }
            _ => false,
        });
    by_constraint
        || step
            .schema
            .indexes_of(relation)
            .filter(|index| index.unique && index.condition.is_none())
            .any(|index| index.plain_columns().is_some_and(|key| same(&key)))
        || relation.partition.is_some()
        || !relation.inherits.is_empty()
}
