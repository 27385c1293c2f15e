//! Indexes.

use std::sync::Arc;

use super::{Key, Origin};
use crate::sql::act::Expr;

/// An index.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// Its name; in the schema of its relation.
    pub key: Key,
    /// The relation.
    pub relation: Key,
    /// UNIQUE.
    pub unique: bool,
    /// Whether it belongs to the primary key.
    pub primary: bool,
    /// Whether a constraint of the same name owns it.
    pub constraint: bool,
    /// Whether queries may use it: not after CONCURRENTLY failed, which text cannot show, nor while ON ONLY of a
    /// partitioned table has partitions without it.
    pub valid: bool,
    /// The access method.
    pub method: Box<str>,
    /// Its key, in order.
    pub columns: Vec<IndexColumn>,
    /// INCLUDE.
    pub include: Vec<Arc<str>>,
    /// WHERE.
    pub condition: Option<Expr>,
    /// NULLS NOT DISTINCT.
    pub nulls_not_distinct: bool,
    /// Who made it.
    pub origin: Origin,
}

/// One part of an index key.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexColumn {
    /// The column; nothing for an expression.
    pub column: Option<Arc<str>>,
    /// The expression, where it is none of a column.
    pub expr: Option<Expr>,
    /// Collation, operator class and order as written, in upper case.
    pub tail: Box<str>,
}

impl Index {
    /// Returns the columns of the key, or nothing where an expression is among them.
    pub fn plain_columns(&self) -> Option<Vec<&str>> {
        self.columns
            .iter()
            .map(|column| column.column.as_deref())
            .collect()
    }

    /// Says whether REFRESH … CONCURRENTLY may use it: unique, on columns alone, without WHERE, valid (manual,
    /// REFRESH MATERIALIZED VIEW; `is_usable_unique_index` in matview.c).
    pub fn serves_refresh(&self) -> bool {
        self.unique && self.valid && self.condition.is_none() && self.plain_columns().is_some()
    }
}
