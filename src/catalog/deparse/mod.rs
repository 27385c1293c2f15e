//! Definitions that the server deparses, found with few questions.
//!
//! `pg_get_indexdef` and its like are most of what reading a catalog costs: they open the relation for every object.
//! But most definitions have been written before, up to names. So the rows bring what a definition is made of, and
//!
//! 1. an **outline** is taken of each: a `head`, the beginning of the text with the names in it, and a `key`, which holds
//!    everything else that the text depends on;
//! 2. for each distinct key **one** object is deparsed by the server, in the same snapshot;
//! 3. if that text begins with its object's head, the rest of it is the rest for every object with the same key.
//!    If it does not, every object with that key is deparsed by the server.
//!
//! So nothing is taken for granted about how a server writes definitions: each form is shown by it, in this very read,
//! and nothing is kept for the next one. Expressions come as node trees (`pg_node_tree`), and their key is the tree
//! itself, without the places in the statement that made it and with the names of columns instead of their numbers
//! (`tree.rs`). Whatever an outline does not know — a tag, an access method, a relation — has no key and is deparsed by
//! itself.

mod bound;
mod constraint;
mod expression;
mod index;
mod key;
mod outline;
mod pending;
mod quoting;
mod tree;
mod trigger;

pub use bound::{Bound, Texts, bound};
pub(super) use constraint::{CONSTRAINT, constraint_definition};
pub(super) use expression::{DEFAULT, GENERATION, POLICY_CHECK, POLICY_USING};
pub(super) use index::{INDEX, index_definition};
pub use outline::Attributes;
pub use pending::Question;
pub(super) use pending::{Definitions, Place};
pub(super) use trigger::TRIGGER;

use outline::Row;

/// How definitions are read from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Deparse {
    /// One question for each distinct definition; node trees tell which are the same.
    #[default]
    OncePerTree,
    /// The same for definitions without expressions; the server deparses each expression.
    EachTree,
    /// The server deparses every definition.
    Each,
}

/// Definitions of columns that lie in a catalog of their own: joining them to the columns, and their long node trees
/// with them, would cost the server more than reading both.
#[derive(Debug)]
pub struct Aside {
    /// The catalog.
    pub(super) catalog: &'static str,
    /// SQL: what joins it to the kind's own rows where each definition is deparsed with them.
    pub(super) join: &'static str,
    /// SQL: its rows: oid, relation, number of the column, node tree.
    pub(super) trees: &'static str,
    /// SQL: the same with the text instead of the tree.
    pub(super) texts: &'static str,
}

/// How the text of a facet is found without deparsing it for each object.
#[derive(Debug)]
pub struct Deparsed {
    /// SQL: the oid that `ask` knows the object by, NULL where there is nothing to deparse.
    pub(super) oid: &'static str,
    /// SQL: whether an expression is part of the definition.
    pub(super) has_tree: &'static str,
    /// SQL: the node trees that are part of it.
    pub(super) trees: &'static [&'static str],
    /// SQL: what else it is made of, each from a major version on.
    pub(super) parts: &'static [(u32, &'static str)],
    /// Where the definition comes with rows of its own, and the kind's rows only say that there is one.
    pub(super) aside: Option<&'static Aside>,
    /// SQL: the oid and the definition of the objects whose oids stand for `{}`.
    pub(super) ask: &'static str,
    /// SQL: the oids of all objects that the server has to open a relation for, where there may be many.
    pub(super) bound: Option<&'static str>,
    /// Takes the outline; `None` for whatever it does not know.
    outline: fn(&Row<'_>) -> Option<outline::Outline>,
}
