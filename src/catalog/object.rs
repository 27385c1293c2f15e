//! One object of a catalog: what it is called and what is known of it.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::facet::Facet;
use super::kind::{Kind, Shown};
use super::value::Value;

/// The identity of an object: what two catalogs have in common when they mean the same one.
///
/// A child (column, policy, …) knows its parent. Identities sort as a tree: schema, kind, name, then children.
#[derive(Clone, Debug)]
pub struct ObjectId {
    /// The kind.
    pub kind: &'static Kind,
    /// The schema of a top-level object that lives in one.
    pub schema: Option<Arc<str>>,
    /// The object that this one belongs to.
    pub parent: Option<Arc<ObjectId>>,
    /// The name, unquoted.
    pub name: Box<str>,
    /// What else tells it from others of the same name: argument types of a function, operands of an operator.
    pub signature: Option<Box<str>>,
}

impl ObjectId {
    /// Makes the identity of a top-level object.
    pub fn top(kind: &'static Kind, schema: Option<Arc<str>>, name: impl Into<Box<str>>) -> Self {
        ObjectId {
            kind,
            schema,
            parent: None,
            name: name.into(),
            signature: None,
        }
    }

    /// Makes the identity of a child.
    pub fn child(kind: &'static Kind, parent: Arc<ObjectId>, name: impl Into<Box<str>>) -> Self {
        ObjectId {
            kind,
            schema: None,
            parent: Some(parent),
            name: name.into(),
            signature: None,
        }
    }

    /// Returns the top-level object that this one belongs to, or itself.
    pub fn root(&self) -> &ObjectId {
        self.parent.as_deref().map_or(self, ObjectId::root)
    }

    /// Returns the schema that the object lives in.
    pub fn schema(&self) -> Option<&str> {
        self.root().schema.as_deref()
    }

    /// Returns the name without the kind: `public.t.c`, `p on public.t`.
    pub fn qualified_name(&self) -> String {
        let own = shown_name(&self.name);
        let signature = match (&self.signature, self.kind.shown) {
            (Some(signature), Shown::Using) => format!(" using {signature}"),
            (Some(signature), Shown::For) => format!(" for {signature}"),
            (Some(signature), _) => format!("({signature})"),
            (None, _) => String::new(),
        };
        match (&self.parent, self.kind.shown) {
            (Some(parent), Shown::Dotted) => format!("{}.{own}", parent.qualified_name()),
            (Some(_), Shown::InSchema) => self.in_schema(&own),
            (Some(parent), _) => format!("{own}{signature} on {parent}"),
            (None, Shown::Verbatim) => self.name.to_string(),
            (None, _) => format!("{}{signature}", self.in_schema(&own)),
        }
    }

    fn in_schema(&self, own: &str) -> String {
        self.schema().map_or_else(
            || own.to_owned(),
            |schema| format!("{}.{own}", shown_name(schema)),
        )
    }

    fn depth(&self) -> usize {
        self.parent.as_ref().map_or(0, |parent| parent.depth() + 1)
    }

    fn own_order(&self, other: &Self) -> Ordering {
        let same_schema = match (&self.schema, &other.schema) {
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs),
            _ => false,
        };
        let by_schema = if same_schema {
            Ordering::Equal
        } else {
            self.schema.cmp(&other.schema)
        };
        let by_place = by_schema.then_with(|| {
            if std::ptr::eq(self.kind, other.kind) {
                Ordering::Equal
            } else {
                self.kind.name.cmp(other.kind.name)
            }
        });
        by_place
            .then_with(|| self.name.cmp(&other.name))
            .then_with(|| self.signature.cmp(&other.signature))
    }
}

/// Writes a name as people do: bare where PostgreSQL would read it back, otherwise quoted.
///
/// For display only. SQL text is made with [`crate::model::quote_identifier`], because key words need quotes too.
fn shown_name(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$');
    let operator = !name.is_empty() && name.chars().all(|c| "+-*/<>=~!@#%^&|`?".contains(c));
    if plain || operator {
        name.to_owned()
    } else {
        crate::model::quote_identifier(name)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name, self.qualified_name())
    }
}

impl Ord for ObjectId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.parent, &other.parent) {
            (None, None) => self.own_order(other),
            (Some(mine), Some(theirs)) if Arc::ptr_eq(mine, theirs) => self.own_order(other),
            _ => match self.depth().cmp(&other.depth()) {
                Ordering::Equal => match (&self.parent, &other.parent) {
                    (Some(mine), Some(theirs)) => mine.cmp(theirs).then_with(|| self.own_order(other)),
                    _ => self.own_order(other),
                },
                Ordering::Less => match &other.parent {
                    Some(theirs) => self.cmp(theirs).then(Ordering::Less),
                    None => Ordering::Less,
                },
                Ordering::Greater => match &self.parent {
                    Some(mine) => (**mine).cmp(other).then(Ordering::Greater),
                    None => Ordering::Greater,
                },
            },
        }
    }
}

impl PartialOrd for ObjectId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ObjectId {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ObjectId {}

/// What is known of an object.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Object {
    /// The place among its siblings, from 1, for kinds whose order is part of the schema (columns).
    pub position: Option<u32>,
    /// Everything that differs from its default.
    pub facets: Facets,
}

/// Facets of one object, in the order of the kind's table. A facet with its default is absent.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Facets(Vec<(&'static str, Value)>);

impl Facets {
    /// Sets a facet; a value that is the facet's default removes it.
    pub fn set(&mut self, facet: &'static Facet, value: Value) {
        self.0.retain(|(name, _)| *name != facet.name);
        if !facet.is_default(&value) {
            self.0.push((facet.name, value));
        }
    }

    /// Keeps the place of a facet whose value comes later.
    pub(super) fn reserve(&mut self, facet: &'static Facet) {
        self.0.push((facet.name, Value::Null));
    }

    /// Says whether the place of a facet is kept.
    pub(super) fn is_reserved(&self, facet: &'static Facet) -> bool {
        self.0
            .iter()
            .any(|(name, value)| *name == facet.name && *value == Value::Null)
    }

    /// Gives up every place that is still kept.
    pub(super) fn give_up(&mut self) {
        self.0.retain(|(_, value)| *value != Value::Null);
    }

    /// Sets a facet whose place was kept; nothing, or its default, gives the place up.
    pub(super) fn fill(&mut self, facet: &'static Facet, value: Option<Value>) {
        let Some(at) = self.0.iter().position(|(name, _)| *name == facet.name) else {
            return;
        };
        match value.filter(|value| !facet.is_default(value)) {
            Some(value) => self.0[at].1 = value,
            None => drop(self.0.remove(at)),
        }
    }

    /// Returns what a facet holds where it is not its default.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Walks the facets that are not their default.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// Returns whether every facet has its default.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a facet that is not there yet; its default is left out.
    pub(super) fn push(&mut self, facet: &'static Facet, value: Value) {
        if !facet.is_default(&value) {
            self.0.push((facet.name, value));
        }
    }

    /// Takes what was added, in as much memory as it needs.
    pub(super) fn take(&mut self) -> Facets {
        Facets(self.0.drain(..).collect())
    }
}
