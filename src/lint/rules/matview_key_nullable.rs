//! `matview-key-nullable`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::unique_key::nullable;
use crate::lint::view::new_keys;
use crate::model::Level;

/// A unique index of a materialized view over a column that may be NULL.
pub(super) static RULE: Rule = Rule {
    name: "matview-key-nullable",
    level: Level::Info,
    category: Category::Matview,
    summary: "the unique index of a materialized view holds a column that may be NULL",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for key in new_keys(ended) {
        let Some(query) = &key.view.query else { continue };
        if key.index.nulls_not_distinct {
            continue;
        }
        let Some(column) = nullable(ended.after, query, &key.names, &key.columns) else {
            continue;
        };
        problems.push(
            Problem::new(
                key.span,
                format!("\"{column}\" in the unique index \"{}\" may be NULL", key.index.key.name),
            )
            .object(&key.view.key)
            .effect(
                "NULLs are distinct: such rows may repeat, and REFRESH CONCURRENTLY deletes and inserts each of them anew every time.",
            )
            .instead("coalesce(…) in the query, or NULLS NOT DISTINCT (15 and later)"),
        );
    }
}
