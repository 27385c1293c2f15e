//! What replaying writes down.

use std::sync::Arc;

use super::super::Key;
use super::needed::Needed;
use crate::sql::WrittenName;
use crate::sql::act::{ObjectKind, Span};

/// What the statements of a migration touched and missed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// Every object that a statement made, changed, removed or relied on, in order.
    pub touches: Vec<Touch>,
    /// What a statement needs and is not there.
    pub absences: Vec<Absence>,
    /// What a statement makes and is there already: what, where, and whether the statement may not run.
    pub duplicates: Vec<(Touched, Span, bool)>,
    /// What a statement takes away although others need it.
    pub needed: Vec<Needed>,
}

impl Log {
    /// Returns how much was written down so far.
    pub(in crate::lint) fn mark(&self) -> (usize, usize) {
        (self.touches.len(), self.absences.len())
    }

    /// Says which statement everything since a mark belongs to.
    pub(in crate::lint) fn number(&mut self, (touches, absences): (usize, usize), statement: u32) {
        self.touches[touches..]
            .iter_mut()
            .for_each(|touch| touch.statement = statement);
        self.absences[absences..]
            .iter_mut()
            .for_each(|absence| absence.statement = statement);
    }
}

/// A statement and an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Touch {
    /// The object.
    pub what: Touched,
    /// What happens to it.
    pub kind: TouchKind,
    /// Whether the statement may not run.
    pub conditional: bool,
    /// The place where it is named.
    pub span: Span,
    /// The statement, by its place in the file.
    pub statement: u32,
}

/// An object that is touched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Touched {
    /// A table, view, materialized view.
    Relation(Key),
    /// A column.
    Column(Key, Arc<str>),
    /// A constraint of a table.
    Constraint(Key, Arc<str>),
    /// An index.
    Index(Key),
    /// A trigger.
    Trigger(Key, Arc<str>),
    /// A policy.
    Policy(Key, Arc<str>),
    /// A rule.
    Rule(Key, Arc<str>),
    /// The rows of a table.
    Rows(Key),
    /// One row of a table, by the values of a unique key: `code = 'basic'`.
    Row(Key, Arc<str>),
    /// What makes a list of columns unique, whatever index it is: `a, b`, sorted; empty for any of a materialized view.
    UniqueKey(Key, Arc<str>),
    /// A label of an enum.
    Label(Key, Arc<str>),
    /// A function or procedure, overloads taken together.
    Routine(Key),
    /// A type or domain.
    Type(Key),
    /// A sequence.
    Sequence(Key),
    /// A schema.
    Schema(Arc<str>),
    /// Everything of a sort in a schema: `GRANT … ON ALL TABLES IN SCHEMA`.
    AllIn(Arc<str>, ObjectKind),
    /// Anything else by its name.
    Other(ObjectKind, Arc<str>),
}

/// What happens to an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TouchKind {
    /// It is made.
    Create,
    /// It is made unless it is there.
    CreateIfMissing,
    /// It is made or replaced; the text of the definition, so that equal ones are told from others.
    Replace(u64),
    /// It goes.
    Drop,
    /// It goes if it is there.
    DropIfExists,
    /// It goes under another name.
    Rename,
    /// A property gets a value.
    Change(&'static str),
    /// Like `Change`, of rows that are each written down by themselves ([`Touched::Row`]).
    Pinned(&'static str),
    /// A property gets this very value; two that set the same value do not disagree.
    Set(&'static str, u64),
    /// A label of an enum is put in: where, and which.
    Place(u64, u64),
    /// It comes along with what the statement makes: a label, a unique key.
    Provide,
    /// The statement makes something that is bound to it: a view to the type of a column.
    Bind,
    /// The statement needs it as it is.
    Use,
}

/// Something that a statement needs and that is not there.
#[derive(Clone, Debug, PartialEq)]
pub struct Absence {
    /// What sort of thing.
    pub missing: Missing,
    /// Its name as written.
    pub name: WrittenName,
    /// What the name may stand for.
    pub keys: Vec<Key>,
    /// The relation that it belongs to.
    pub on: Option<Key>,
    /// The place where it is named.
    pub span: Span,
    /// Whether the statement may not run.
    pub conditional: bool,
    /// Whether it may be there although nothing that is known makes it.
    pub unsure: bool,
    /// The statement, by its place in the file.
    pub statement: u32,
}

/// What sort of thing is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Missing {
    Relation,
    Column,
    Constraint,
    Index,
    Trigger,
    Policy,
    Rule,
    Routine,
    Type,
    Sequence,
    Schema,
    Role,
    Extension,
    EnumLabel,
    /// A unique key that a foreign key refers to or REFRESH CONCURRENTLY goes by.
    UniqueKey,
    /// A unique key that ON CONFLICT names.
    ConflictKey,
    /// A row that a foreign key refers to.
    Row,
    Collation,
    /// Anything that has no sort of its own here: a server, a publication, an operator.
    Object(ObjectKind),
}

impl Missing {
    /// Returns the word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Missing::Relation => "relation",
            Missing::Column => "column",
            Missing::Constraint => "constraint",
            Missing::Index => "index",
            Missing::Trigger => "trigger",
            Missing::Policy => "policy",
            Missing::Rule => "rule",
            Missing::Routine => "function",
            Missing::Type => "type",
            Missing::Sequence => "sequence",
            Missing::Schema => "schema",
            Missing::Role => "role",
            Missing::Extension => "extension",
            Missing::EnumLabel => "enum label",
            Missing::UniqueKey | Missing::ConflictKey => "unique key",
            Missing::Row => "row",
            Missing::Collation => "collation",
            Missing::Object(kind) => kind.words(),
        }
    }
}

impl std::fmt::Display for Touched {
    /// Names the object for people: `table public.t`, `column public.t.c`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Touched::Relation(key) => write!(f, "relation {key}"),
            Touched::Column(key, name) => write!(f, "column {key}.{name}"),
            Touched::Constraint(key, name) => write!(f, "constraint {name} on {key}"),
            Touched::Index(key) => write!(f, "index {key}"),
            Touched::Trigger(key, name) => write!(f, "trigger {name} on {key}"),
            Touched::Policy(key, name) => write!(f, "policy {name} on {key}"),
            Touched::Rule(key, name) => write!(f, "rule {name} on {key}"),
            Touched::Rows(key) => write!(f, "rows of {key}"),
            Touched::Row(key, row) => write!(f, "row of {key} with {row}"),
            Touched::UniqueKey(key, columns) => write!(f, "unique key of {key} ({columns})"),
            Touched::Label(key, label) => write!(f, "label {label} of {key}"),
            Touched::Routine(key) => write!(f, "function {key}"),
            Touched::Type(key) => write!(f, "type {key}"),
            Touched::Sequence(key) => write!(f, "sequence {key}"),
            Touched::Schema(name) => write!(f, "schema {name}"),
            Touched::AllIn(schema, kind) => write!(f, "every {kind:?} in schema {schema}"),
            Touched::Other(kind, name) => write!(f, "{} {name}", kind.words()),
        }
    }
}
