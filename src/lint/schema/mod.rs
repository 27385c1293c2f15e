//! The schema as the statements before a point leave it, without a database. Pure.
//!
//! In: acts of the ancestors, in order, and perhaps a schema to begin with. Out: [`Schema`]: relations with columns,
//! constraints, indexes, triggers, policies, flags, owners and grants; routines; types; what a rule asks instead of
//! guessing. A schema is persistent: a copy costs nothing, so branches of the graph each have their own.
//!
//! A schema that began at nothing knows everything that exists ([`Schema::complete`]). One that began in the middle
//! (a file by itself) does not: what it has never heard of may exist, and [`Found::Unknown`] says so.
//!
//! [`replay`] is the only place that changes a schema; it also writes down what it touched and what it missed.

mod builtin;
mod extension;
mod from_catalog;
mod index;
mod key;
mod names;
mod origin;
mod relation;
pub mod replay;
mod routine;
#[allow(clippy::module_inception)]
mod schema;
mod types;

pub use builtin::{builtin_function, is_builtin_type, is_system_schema};
pub use index::{Index, IndexColumn};
pub use key::Key;
pub use names::Found;
pub use origin::Origin;
pub use relation::{
    Column, ColumnType, Grants, Partition, Policy, Relation, RelationKind, Rule, TableConstraint,
    TableConstraintKind, Trigger,
};
pub(super) use replay::column_type;
pub(super) use replay::same_arguments;
pub use replay::{Absence, Log, Missing, Needed, Touch, TouchKind, Touched, replay};
pub use routine::Routine;
pub use schema::{Schema, Sequence};
pub use types::{Type, TypeKind};
