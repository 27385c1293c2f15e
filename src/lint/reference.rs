//! The foreign keys that a statement makes, with both tables where they are known. Pure.

use std::sync::Arc;

use super::context::Step;
use super::schema::{ColumnType, Relation, column_type};
use crate::sql::WrittenName;
use crate::sql::act::{Action, ConstraintKind, ForeignKey, Span};

/// A foreign key that a statement makes.
#[derive(Clone, Debug)]
pub struct Reference<'a> {
    /// The referencing table.
    pub table: &'a WrittenName,
    /// As it is written.
    pub key: &'a ForeignKey,
    /// Where it stands.
    pub span: Span,
    /// The referencing columns with their types, where they are known.
    pub columns: Vec<(Box<str>, Option<ColumnType>)>,
    /// The referenced table, where all of it is known.
    pub referenced: &'a Relation,
}

/// Returns the foreign keys that a statement makes to tables that are known, other than to the table itself.
pub fn references<'a>(step: &Step<'a>) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    for (table, column, constraint) in step.new_constraints() {
        let ConstraintKind::ForeignKey(key) = &constraint.kind else {
            continue;
        };
        let known = step.relation(&key.table).known();
        let Some(referenced) = known.filter(|known| known.columns_known && !known.only_named) else {
            continue;
        };
        if step.key_of(table) == referenced.key {
            continue;
        }
        let names: Vec<Box<str>> = match column {
            Some(column) => vec![column.name.clone()],
            None => key.columns.clone(),
        };
        let columns = names
            .into_iter()
            .map(|name| {
                let of = type_of(step, table, &name);
                (name, of)
            })
            .collect();
        found.push(Reference {
            table,
            key,
            span: constraint.span.clone(),
            columns,
            referenced,
        });
    }
    found
}

/// The type of a column that the statement makes, or that the table has.
fn type_of(step: &Step<'_>, table: &WrittenName, name: &str) -> Option<ColumnType> {
    let made = step
        .new_columns()
        .into_iter()
        .find(|(_, column)| *column.name == *name)
        .map(|(_, column)| column);
    if let Some(column) = made {
        return column.data_type.as_ref().map(|of| column_type(step.schema, of));
    }
    if matches!(step.act.action, Action::CreateTable(_)) {
        return None;
    }
    let relation = step.relation(table).known()?;
    relation.column(name)?.data_type.clone()
}

impl Reference<'_> {
    /// Returns the referenced columns: those written, or those of the primary key.
    pub fn referenced_columns(&self) -> Option<Vec<Arc<str>>> {
        if self.key.referenced.is_empty() {
            return self.referenced.primary_key().map(<[Arc<str>]>::to_vec);
        }
        Some(
            self.key
                .referenced
                .iter()
                .map(|name| Arc::from(&**name))
                .collect(),
        )
    }
}
