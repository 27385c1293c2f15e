//! A whole catalog.

use std::collections::BTreeMap;

use super::canon::Scope;
use super::object::{Object, ObjectId};

/// Every object of a database that is in scope, with its facets.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// The objects as a tree in order: a parent comes right before its children.
    pub objects: BTreeMap<ObjectId, Object>,
    /// The major version of the server that they were read from.
    pub major: u32,
}

impl Catalog {
    /// Makes an empty catalog of a major version.
    pub fn new(major: u32) -> Self {
        Catalog {
            objects: BTreeMap::new(),
            major,
        }
    }

    /// Returns an object.
    pub fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }

    /// Drops everything that is not in scope.
    pub fn narrow(&mut self, scope: &Scope) {
        self.objects
            .retain(|id, _| scope.reaches(id.root().kind) && scope.holds(id));
    }

    /// Returns the objects whose kind has a name.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a ObjectId, &'a Object)> {
        self.objects.iter().filter(move |(id, _)| id.kind.name == kind)
    }

    /// Finds an object as people name it: `table public.t`.
    pub fn find(&self, shown: &str) -> Option<(&ObjectId, &Object)> {
        self.objects.iter().find(|(id, _)| id.to_string() == shown)
    }
}

impl PartialEq for Catalog {
    /// Compares the objects alone: the major version is where they were read, not what they are.
    fn eq(&self, other: &Self) -> bool {
        self.objects == other.objects
    }
}
