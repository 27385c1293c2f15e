//! `matview-key-not-guaranteed`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::unique_key::is_unique;
use crate::lint::view::new_keys;
use crate::model::Level;

/// A unique index of a materialized view that the query does not promise.
pub(super) static RULE: Rule = Rule {
    name: "matview-key-not-guaranteed",
    level: Level::Warning,
    category: Category::Matview,
    summary: "the query of a materialized view may give the columns of its unique index twice",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for key in new_keys(ended) {
        let Some(query) = &key.view.query else { continue };
        if is_unique(ended.after, query, &key.names, &key.columns) != Some(false) {
            continue;
        }
        let columns = key.columns.join(", ");
        problems.push(
            Problem::new(
                key.span,
                format!("the query of \"{}\" may give ({columns}) twice", key.view.key),
            )
            .object(&key.view.key)
            .effect(format!(
                "Nothing in the query makes ({columns}) unique: with the first two rows that share it every REFRESH fails with 23505, \
                 and the view stays as it was."
            ))
            .instead(format!("SELECT DISTINCT ON ({columns}) … ORDER BY {columns}, …\n\nor GROUP BY {columns}")),
        );
    }
}
