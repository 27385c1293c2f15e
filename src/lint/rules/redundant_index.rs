//! An index repeats another, or the beginning of another.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use std::sync::Arc;

use crate::lint::schema::{Index, IndexColumn};

pub(super) static RULE: Rule = Rule {
    name: "redundant-index",
    level: Level::Info,
    category: Category::Style,
    summary: "an index repeats another, or the beginning of another",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let number = Some(ended.migration.number);
    for relation in ended.changed_relations() {
        let indexes: Vec<&Arc<Index>> = ended.after.indexes_of(relation).collect();
        for (at, index) in indexes.iter().enumerate() {
            if index.origin.migration() != number || index.constraint {
                continue;
            }
            let mut others = indexes.iter().enumerate().filter(|(other, _)| *other != at);
            let Some((_, covering)) = others.find(|(other_at, other)| {
                let is_new = other.origin.migration() == number && !other.constraint;
                // Of two new ones that are alike the later one is told.
                covers(other, index) && !(is_new && *other_at > at && covers(index, other))
            }) else {
                continue;
            };
            let is_twin = covers(index, covering) && index.unique == covering.unique && !covering.constraint;
            let how = match covering.columns.len() == index.columns.len() {
                true => "the same as",
                false => "the beginning of",
            };
            let Some(span) = ended.span_of(index.origin) else {
                continue;
            };
            let problem = Problem::new(
                span,
                format!(
                    "index \"{}\" is {how} {} \"{}\" of \"{}\"",
                    index.key.name,
                    if covering.constraint {
                        "the index of constraint"
                    } else {
                        "index"
                    },
                    covering.key.name,
                    relation.key
                ),
            )
            .object(&index.key)
            .effect("Every INSERT and most UPDATEs write both, and no query needs this one.")
            .instead("Leave it out.");
            problems.push(match is_twin {
                true => problem.level(Level::Warning),
                false => problem,
            });
        }
    }
}

/// Says whether whatever one index serves another serves too.
fn covers(wide: &Index, narrow: &Index) -> bool {
    let condition = |index: &Index| index.condition.as_ref().map(|expr| expr.normal());
    let part = |column: &IndexColumn| {
        (
            column.column.clone(),
            column.expr.as_ref().map(|expr| expr.normal()),
            column.tail.clone(),
        )
    };
    let same_length = wide.columns.len() == narrow.columns.len();
    let unique_is_kept = !narrow.unique
        || (wide.unique && same_length && wide.nulls_not_distinct == narrow.nulls_not_distinct);
    wide.valid
        && wide.method == narrow.method
        && (same_length || &*wide.method == "btree")
        && wide.columns.len() >= narrow.columns.len()
        && !narrow.columns.is_empty()
        && unique_is_kept
        && narrow.include.iter().all(|name| wide.include.contains(name))
        && condition(wide) == condition(narrow)
        && narrow
            .columns
            .iter()
            .zip(&wide.columns)
            .all(|(one, other)| part(one) == part(other))
}
