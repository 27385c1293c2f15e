//! Views: as whom they read, and what with row security lies below them.

use std::collections::HashSet;

use super::context::Ended;
use super::schema::{Index, Key, Relation, RelationKind, Schema};
use super::walk::every_act;
use crate::sql::act::{Action, AlterCommand, Span};

/// Says whether a view reads as whoever queries it (15 and later).
pub fn is_invoker(view: &Relation) -> bool {
    view.options
        .get("security_invoker")
        .is_some_and(|value| is_on(value))
}

/// Says whether the value of an option is true; `WITH (security_barrier)` alone is.
pub fn is_on(value: &str) -> bool {
    let value = value.trim_matches('\'');
    value.is_empty()
        || ["true", "on", "yes", "1", "t"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(value))
}

/// Returns the tables with row security that a view reads, views below it followed.
pub fn protected_below<'a>(schema: &'a Schema, view: &'a Relation) -> Vec<&'a Relation> {
    let mut found = Vec::new();
    let mut seen: HashSet<&Key> = HashSet::new();
    let mut open: Vec<&Relation> = vec![view];
    while let Some(next) = open.pop() {
        for key in &next.reads {
            let Some(below) = schema.relation_at(key) else {
                continue;
            };
            if !seen.insert(&below.key) {
                continue;
            }
            match below.kind {
                RelationKind::View => open.push(below),
                _ if below.row_security && below.is_table() => found.push(&**below),
                _ => {}
            }
        }
    }
    found.sort_by(|left: &&Relation, right: &&Relation| left.key.cmp(&right.key));
    found
}

/// Returns the last statement of a file that made, changed or granted a view.
pub fn span_of_change(ended: &Ended<'_>, view: &Relation) -> Option<Span> {
    let is = |name: &crate::sql::WrittenName| {
        ended
            .after
            .relation(name)
            .known()
            .is_some_and(|found| found.key == view.key)
    };
    every_act(ended.migration).into_iter().rev().find_map(|walked| {
        let names = match &walked.act.action {
            Action::CreateView(made) => is(&made.name),
            Action::AlterTable(alter) => is(&alter.name),
            Action::Owner { object, .. } => is(&object.name),
            Action::Grant(grant) => {
                !grant.revoke
                    && (grant.objects.iter().any(|object| is(&object.name))
                        || grant.schemas.iter().any(|schema| **schema == *view.key.schema))
            }
            _ => false,
        };
        names.then(|| walked.act.span.clone())
    })
}

/// Returns the last statement of a file that made or altered a view, or the one that granted it.
pub fn span_of_definition(ended: &Ended<'_>, view: &Relation) -> Option<Span> {
    let is = |name: &crate::sql::WrittenName| {
        ended
            .after
            .relation(name)
            .known()
            .is_some_and(|found| found.key == view.key)
    };
    every_act(ended.migration)
        .into_iter()
        .rev()
        .find(|walked| match &walked.act.action {
            Action::CreateView(made) => is(&made.name),
            Action::AlterTable(alter) => is(&alter.name),
            _ => false,
        })
        .map(|walked| walked.act.span.clone())
        .or_else(|| span_of_change(ended, view))
}

/// Returns the last statement of a file that gave a view its owner, or made it.
pub fn span_of_owner(ended: &Ended<'_>, view: &Relation) -> Option<Span> {
    let is = |name: &crate::sql::WrittenName| {
        ended
            .after
            .relation(name)
            .known()
            .is_some_and(|found| found.key == view.key)
    };
    let gives = |action: &Action| match action {
        Action::Owner { object, .. } => is(&object.name),
        Action::AlterTable(alter) => {
            is(&alter.name)
                && alter
                    .commands
                    .iter()
                    .any(|(command, _)| matches!(command, AlterCommand::Owner(_)))
        }
        _ => false,
    };
    every_act(ended.migration)
        .into_iter()
        .rev()
        .find(|walked| gives(&walked.act.action))
        .map(|walked| walked.act.span.clone())
        .or_else(|| span_of_change(ended, view))
}

/// Returns the statement of a file that creates a view, where the file does, whatever name it had then.
pub fn span_of_making(ended: &Ended<'_>, view: &Relation) -> Option<Span> {
    ended.span_of(view.origin)
}

/// A unique index of a materialized view that a file makes.
#[derive(Debug)]
pub struct NewKey<'a> {
    /// The view.
    pub view: &'a Relation,
    /// The index.
    pub index: &'a Index,
    /// Its columns.
    pub columns: Vec<&'a str>,
    /// The columns of the view, where all are known.
    pub names: Vec<Box<str>>,
    /// The statement that makes the index.
    pub span: Span,
}

/// Returns the unique indexes of materialized views that a file makes.
pub fn new_keys<'a>(ended: &Ended<'a>) -> Vec<NewKey<'a>> {
    let mut keys = Vec::new();
    for walked in every_act(ended.migration) {
        let Action::CreateIndex(written) = &walked.act.action else {
            continue;
        };
        let view = ended.after.relation(&written.relation).known();
        let Some(view) = view.filter(|view| view.kind == RelationKind::MaterializedView && written.unique)
        else {
            continue;
        };
        let wanted: Option<Vec<&str>> = written
            .key
            .iter()
            .map(|(expr, _)| expr.as_column().map(|column| &*column.name))
            .collect();
        let found = ended
            .after
            .indexes_of(view)
            .find(|index| index.serves_refresh() && index.plain_columns() == wanted && wanted.is_some());
        let Some(index) = found else { continue };
        if keys.iter().any(|key: &NewKey<'_>| key.index.key == index.key) {
            continue;
        }
        keys.push(NewKey {
            view,
            index,
            columns: index.plain_columns().unwrap_or_default(),
            names: match view.columns_known {
                true => view
                    .columns
                    .iter()
                    .map(|column| Box::from(&*column.name))
                    .collect(),
                false => Vec::new(),
            },
            span: walked.act.span.clone(),
        });
    }
    keys
}
