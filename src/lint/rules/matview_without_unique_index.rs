//! `matview-without-unique-index`.

use std::sync::Arc;

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Relation, RelationKind, Schema};
use crate::lint::view::span_of_making;
use crate::lint::walk::every_act;
use crate::model::{Level, quote_identifier};
use crate::sql::act::{Action, ObjectKind, Span};

/// A materialized view that can be refreshed only while nobody reads it.
pub(super) static RULE: Rule = Rule {
    name: "matview-without-unique-index",
    level: Level::Warning,
    category: Category::Matview,
    summary: "a materialized view has no unique index that REFRESH CONCURRENTLY can use",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let is_view = |found: &&Arc<Relation>| found.kind == RelationKind::MaterializedView && !found.only_named;
    for view in ended.changed_relations().filter(is_view) {
        let served_before = ended
            .before
            .relation_at(&view.key)
            .is_some_and(|before| serves(ended.before, before));
        let making = span_of_making(ended, view);
        if serves(ended.after, view) || (making.is_none() && !served_before) {
            continue;
        }
        let Some(span) = making.or_else(|| span_of_drop(ended)) else {
            continue;
        };
        let name = &view.key;
        let column = view
            .columns
            .first()
            .map_or_else(|| "<key>".to_owned(), |column| quote_identifier(&column.name));
        problems.push(
            Problem::new(span, format!("materialized view \"{name}\" has no unique index for REFRESH CONCURRENTLY"))
                .object(name)
                .effect(
                    "Each REFRESH takes ACCESS EXCLUSIVE: every reader waits until it is done. CONCURRENTLY fails with 55000 without a \
                     unique index on plain columns of all rows.",
                )
                .instead(format!(
                    "CREATE UNIQUE INDEX ON {}.{} ({column});",
                    quote_identifier(&name.schema),
                    quote_identifier(&name.name)
                )),
        );
    }
}

fn serves(schema: &Schema, view: &Relation) -> bool {
    schema.indexes_of(view).any(|index| index.serves_refresh())
}

fn span_of_drop(ended: &Ended<'_>) -> Option<Span> {
    every_act(ended.migration)
        .into_iter()
        .rev()
        .find(|walked| {
            matches!(&walked.act.action, Action::Drop(drop)
                if drop.objects.iter().any(|object| object.kind == ObjectKind::Index))
        })
        .map(|walked| walked.act.span.clone())
}
