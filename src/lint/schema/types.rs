//! Types and domains.

use std::sync::Arc;

use super::relation::ColumnType;
use super::{Key, Origin};
use crate::sql::act::Expr;

/// A type of the project.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// Its name.
    pub key: Key,
    /// What it is.
    pub kind: TypeKind,
    /// Who made it.
    pub origin: Origin,
    /// Labels that were added to an enum, each with the transaction that did.
    pub added: Vec<(Arc<str>, Origin)>,
}

/// What sort of type it is.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// An enum with its labels.
    Enum(Vec<Arc<str>>),
    /// A composite type with the names and types of its attributes.
    Composite(Vec<(Arc<str>, ColumnType)>),
    /// A domain.
    Domain {
        /// The type below it.
        base: ColumnType,
        /// NOT NULL.
        not_null: bool,
        /// Its CHECK constraints: name, condition, whether it was validated.
        checks: Vec<(Arc<str>, Expr, bool)>,
        /// DEFAULT.
        default: Option<Expr>,
    },
    /// Anything else, or one of which only the name is known.
    Other,
}
