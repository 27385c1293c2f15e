//! What a statement does to others: which locks it takes, what it reads whole, what it writes anew. Pure.
//!
//! In: an act, the schema before it, the transaction that it runs in, the server's major. Out: [`Effects`]. The facts
//! are tables with their source, and a test compares them with what servers of every major really do.

mod alter_table;
mod body;
mod bound;
mod column;
mod domain;
mod dropping;
mod forms;
mod gather;
mod partition;
mod proof;
mod rows;
mod statement;
mod type_change;
mod volatility;

pub use self::column::BUILDS;
use self::gather::Gather;
use super::schema::{Key, Schema};
use super::transaction::Transaction;
use crate::model::LockMode;
use crate::sql::act::Act;

/// What a statement does to others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects {
    /// The table locks, the strongest per relation, without the ACCESS SHARE of what is only read in catalogs.
    pub locks: Vec<TakenLock>,
    /// The relations whose rows are all read while the lock is held, by a check, a build or a validation.
    pub scans: Vec<Work>,
    /// The relations, or indexes of relations, that are written anew.
    pub rewrites: Vec<Work>,
    /// The relations whose rows the statement inserts, changes or deletes.
    pub changes_rows: Vec<Key>,
    /// How sure this is.
    pub sure: Sure,
}

/// A lock that a statement takes.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenLock {
    /// The relation.
    pub relation: Key,
    /// The mode.
    pub mode: LockMode,
    /// Whether others can see the relation: it is neither temporary nor made in the same transaction.
    pub visible: bool,
    /// Whether it is held to the end of the transaction (all but CONCURRENTLY's own).
    pub to_end: bool,
}

/// Work whose time grows with a relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// The relation.
    pub relation: Key,
    /// Whether others can see the relation.
    pub visible: bool,
    /// Why, in words: `checks every row against the constraint`.
    pub why: &'static str,
}

/// How sure the effects of a statement are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// Everything that decides is known.
    #[default]
    Known,
    /// Something is unknown (a type, a function, a relation); the worst is assumed.
    Assumed,
    /// Text that is built when it runs.
    Opaque,
}

/// Returns what an act does.
pub fn of(act: &Act, schema: &Schema, transaction: &Transaction, major: u32) -> Effects {
    let mut gather = Gather::new(schema, transaction, major);
    gather.act(act);
    gather.effects
}

/// Returns the table of locks that [`of`] goes by, for people: form, first major, mode on what is named, what is locked
/// below it and how, mode on the other relation, source.
pub fn lock_table() -> Vec<[String; 6]> {
    forms::FACTS.iter().map(forms::Fact::row).collect()
}
