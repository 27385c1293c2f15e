//! `matview-recreated-loses-indexes`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Index, RelationKind};
use crate::lint::view::span_of_making;
use crate::model::Level;

/// A materialized view that is made again without one of its indexes.
pub(super) static RULE: Rule = Rule {
    name: "matview-recreated-loses-indexes",
    level: Level::Warning,
    category: Category::Matview,
    summary: "a materialized view is dropped and created again without one of its indexes",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for view in ended.changed_relations() {
        let before = ended.before.relation_at(&view.key);
        let Some(before) = before.filter(|before| before.kind == RelationKind::MaterializedView) else {
            continue;
        };
        let (Some(span), true) = (span_of_making(ended, view), view.origin != before.origin) else {
            continue;
        };
        let lost: Vec<&Index> = ended
            .before
            .indexes_of(before)
            .map(|index| &**index)
            .filter(|index| !ended.after.indexes_of(view).any(|other| covers(other, index)))
            .collect();
        // Without any unique index the view is found as that.
        let serves = ended.after.indexes_of(view).any(|index| index.serves_refresh());
        let Some(first) = lost.iter().find(|index| serves || !index.serves_refresh()) else {
            continue;
        };
        let name = &view.key;
        problems.push(
            Problem::new(
                span,
                format!("materialized view \"{name}\" is created again without its index \"{}\"", first.key.name),
            )
            .object(name)
            .effect("DROP takes every index with it; queries that used it read the whole view from the commit on.")
            .instead(format!("CREATE{} INDEX {} ON {name} (…);", if first.unique { " UNIQUE" } else { "" }, first.key.name)),
        );
    }
}

/// Says whether an index does what another did: the same key to begin with, the same rows, unique where that was.
fn covers(index: &Index, other: &Index) -> bool {
    let condition = |index: &Index| index.condition.as_ref().map(|expr| expr.normal());
    index.method == other.method
        && (index.unique || !other.unique)
        && condition(index) == condition(other)
        && index.columns.len() >= other.columns.len()
        && index.columns.iter().zip(&other.columns).all(|(one, other)| {
            one.column == other.column
                && one.expr.as_ref().map(|expr| expr.normal())
                    == other.expr.as_ref().map(|expr| expr.normal())
        })
}
