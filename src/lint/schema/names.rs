//! How a written name finds its object (manual, section 5.10.3 "The Schema Search Path").

use std::sync::Arc;

use super::builtin::is_system_schema;
use super::key::Named;
use super::relation::Relation;
use super::schema::{Schema, Sequence};
use super::types::Type;
use super::{Index, Key, Routine};
use crate::sql::WrittenName;

/// What a name stands for.
#[derive(Debug)]
pub enum Found<'a, T> {
    /// An object that is known.
    Known(&'a Arc<T>),
    /// Nothing that is known; it may have been there before everything that was read.
    Unknown,
    /// Nothing: everything that exists is known.
    Absent,
    /// Something that belongs to the server: pg_catalog, information_schema.
    System,
}

impl<T> Clone for Found<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Found<'_, T> {}

impl<'a, T> Found<'a, T> {
    /// Returns the object, if it is known.
    pub fn known(self) -> Option<&'a Arc<T>> {
        match self {
            Found::Known(found) => Some(found),
            _ => None,
        }
    }

    /// Says whether it is certain that there is no such object.
    pub fn is_absent(self) -> bool {
        matches!(self, Found::Absent)
    }
}

/// The schema that holds temporary objects, whatever number the server gives it.
pub(super) const TEMPORARY: &str = "pg_temp";

impl Schema {
    /// Finds a relation: table, view, materialized view, foreign table.
    pub fn relation(&self, name: &WrittenName) -> Found<'_, Relation> {
        self.find(
            name,
            |key| self.named_relation(key),
            super::builtin::is_system_relation,
        )
    }

    /// Finds a sequence.
    pub fn sequence(&self, name: &WrittenName) -> Found<'_, Sequence> {
        self.find(name, |key| self.named_sequence(key), |_| false)
    }

    /// Finds an index.
    pub fn index(&self, name: &WrittenName) -> Found<'_, Index> {
        self.find(name, |key| self.named_index(key), |_| false)
    }

    /// Finds a type.
    pub fn type_(&self, name: &WrittenName) -> Found<'_, Type> {
        self.find(name, |key| self.named_type(key), super::builtin::is_builtin_type)
    }

    /// Finds the routines of a name; several where it is overloaded.
    pub fn routines(&self, name: &WrittenName) -> Vec<&Arc<Routine>> {
        self.first(name, |key| self.named_routines(key))
            .map(|found| found.iter().collect())
            .unwrap_or_default()
    }

    /// Returns the name under which an object that is created gets into the schema.
    pub fn creation_key(&self, name: &WrittenName, temporary: bool) -> Key {
        let schema: Arc<str> = match &name.schema {
            _ if temporary => TEMPORARY.into(),
            Some(schema) => schema.as_str().into(),
            None => self
                .search_path()
                .iter()
                // Of a schema that may have been there before nothing is known, and it comes first.
                .find(|schema| !self.complete() || self.has_schema(schema))
                .or_else(|| self.search_path().first())
                .cloned()
                .unwrap_or_else(|| "public".into()),
        };
        Key::new(schema, name.name.as_str())
    }

    /// Returns the names that a written name may mean, in the order of the search path.
    pub(super) fn candidates(&self, name: &WrittenName) -> Vec<Key> {
        match &name.schema {
            Some(schema) => vec![Key::new(schema.as_str(), name.name.as_str())],
            None => std::iter::once(Arc::from(TEMPORARY))
                .chain(self.search_path().iter().cloned())
                .map(|schema| Key::new(schema, name.name.as_str()))
                .collect(),
        }
    }

    fn find<'a, T: 'a>(
        &'a self,
        name: &WrittenName,
        at: impl Fn(&dyn Named) -> Option<&'a Arc<T>>,
        is_builtin: fn(&str) -> bool,
    ) -> Found<'a, T> {
        if let Some(found) = self.first(name, at) {
            return Found::Known(found);
        }
        match &name.schema {
            Some(schema) if is_system_schema(schema) => Found::System,
            None if is_builtin(&name.name) => Found::System,
            _ if self.is_gone(name) || self.complete() => Found::Absent,
            _ => Found::Unknown,
        }
    }

    /// Asks for the names that a written name may mean, in the order of the search path, until one is found.
    pub(super) fn first<'a, T: ?Sized>(
        &'a self,
        name: &WrittenName,
        at: impl Fn(&dyn Named) -> Option<&'a T>,
    ) -> Option<&'a T> {
        match &name.schema {
            Some(schema) => at(&(schema.as_str(), name.name.as_str())),
            None => std::iter::once(TEMPORARY)
                .chain(self.search_path().iter().map(|schema| &**schema))
                .find_map(|schema| at(&(schema, name.name.as_str()))),
        }
    }
}
