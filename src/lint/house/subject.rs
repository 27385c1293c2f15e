//! What a rule of the project looks at.

use std::sync::Arc;

use crate::lint::schema::{Column, Index, Origin, Relation, RelationKind, Schema};

/// A sort of object, or statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Columns of tables.
    Column,
    /// Indexes.
    Index,
    /// Materialized views.
    MaterializedView,
    /// The text of statements.
    Statement,
    /// Tables, partitioned and foreign ones included, partitions not.
    Table,
    /// Views.
    View,
}

/// An object with the schema that it stands in.
#[derive(Clone, Copy)]
pub(super) struct Thing<'a> {
    pub schema: &'a Schema,
    pub relation: &'a Relation,
    pub column: Option<&'a Column>,
    pub index: Option<&'a Index>,
}

impl Subject {
    /// Returns the objects of this sort that belong to a relation, or are it.
    pub(super) fn things<'a>(self, schema: &'a Schema, relation: &'a Arc<Relation>) -> Vec<Thing<'a>> {
        let itself = Thing {
            schema,
            relation,
            column: None,
            index: None,
        };
        match self {
            Subject::Table if relation.is_table() => vec![itself],
            Subject::View if relation.kind == RelationKind::View => vec![itself],
            Subject::MaterializedView if relation.kind == RelationKind::MaterializedView => vec![itself],
            Subject::Column if relation.is_table() => relation
                .columns
                .iter()
                .map(|column| Thing {
                    column: Some(column),
                    ..itself
                })
                .collect(),
            Subject::Index => schema
                .indexes_of(relation)
                .map(|index| Thing {
                    index: Some(index),
                    ..itself
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl<'a> Thing<'a> {
    /// Returns the same object in another schema.
    pub fn same_in<'b>(&self, schema: &'b Schema) -> Option<Thing<'b>> {
        let relation = schema.relation_at(&self.relation.key)?;
        let column = match self.column {
            Some(column) => Some(relation.column(&column.name)?),
            None => None,
        };
        let index = match self.index {
            Some(index) => Some(&**schema.index_at(&index.key)?),
            None => None,
        };
        Some(Thing {
            schema,
            relation,
            column,
            index,
        })
    }

    /// Returns who made it.
    pub fn origin(&self) -> Origin {
        match (self.column, self.index) {
            (Some(column), _) => column.origin,
            (None, Some(index)) => index.origin,
            (None, None) => self.relation.origin,
        }
    }

    /// Returns its own name.
    pub fn name(&self) -> &'a str {
        match (self.column, self.index) {
            (Some(column), _) => &column.name,
            (None, Some(index)) => &index.key.name,
            (None, None) => &self.relation.key.name,
        }
    }

    /// Returns its name with the schema: `public.invoices.amount`.
    pub fn full_name(&self) -> String {
        match (self.column, self.index) {
            (Some(column), _) => format!("{}.{}", self.relation.key, column.name),
            (None, Some(index)) => index.key.to_string(),
            (None, None) => self.relation.key.to_string(),
        }
    }

    /// Returns its name without the schema: `invoices.amount`.
    pub fn short_name(&self) -> String {
        match self.column {
            Some(column) => format!("{}.{}", self.relation.key.name, column.name),
            None => self.name().to_owned(),
        }
    }

    /// Fills in what a message asks for.
    pub fn fill(&self, message: &str) -> String {
        let data_type = self.column.and_then(|column| column.data_type.as_ref());
        message
            .replace("{object}", &self.full_name())
            .replace("{name}", self.name())
            .replace("{table}", &self.relation.key.to_string())
            .replace("{schema}", &self.relation.key.schema)
            .replace("{type}", &data_type.map_or_else(String::new, super::type_name))
    }
}
