//! What an outline is taken from, and what it is.

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalog::object::ObjectId;

use super::key::Key;
use super::quoting::Quoting;
use super::tree;

/// The first oid that is not the server's own (transam.h, `FirstNormalObjectId`).
const FIRST_NORMAL_OID: u32 = 16_384;

/// The beginning of a definition, and what the rest of it depends on.
#[derive(Debug)]
pub(in crate::catalog) struct Outline {
    /// The beginning, with every name that differs from object to object.
    pub head: String,
    /// What the rest depends on.
    pub key: Vec<u8>,
}

impl Outline {
    pub(super) fn new(head: String, key: Key) -> Self {
        Outline { head, key: key.0 }
    }
}

/// A column of a relation that was read.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    /// The number that the catalog knows it by.
    pub number: i16,
    /// The name.
    pub name: Arc<str>,
    /// The oid of its type.
    pub datatype: u32,
    /// The oid of its collation.
    pub collation: u32,
    /// Its number among the objects of the decoder that read it.
    pub object: u32,
}

/// The columns of all relations, by the oid of the relation.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    relations: HashMap<u32, (Arc<ObjectId>, Vec<Attribute>)>,
    names: HashMap<Box<str>, Arc<str>>,
}

impl Attributes {
    /// Adds a column.
    pub(in crate::catalog) fn add(
        &mut self,
        relation: u32,
        id: &Arc<ObjectId>,
        number: i16,
        name: &str,
        types: (u32, u32),
        object: u32,
    ) {
        let name = match self.names.get(name) {
            Some(known) => Arc::clone(known),
            None => {
                let shared: Arc<str> = name.into();
                self.names.insert(name.into(), Arc::clone(&shared));
                shared
            }
        };
        let (_, columns) = self
            .relations
            .entry(relation)
            .or_insert_with(|| (Arc::clone(id), Vec::new()));
        columns.push(Attribute {
            number,
            name,
            datatype: types.0,
            collation: types.1,
            object,
        });
    }

    /// Returns the number of the object that a column is, and its name.
    pub(in crate::catalog) fn object(&self, relation: u32, number: i16) -> Option<(u32, Arc<str>)> {
        self.of(relation, number)
            .map(|column| (column.object, Arc::clone(&column.name)))
    }

    fn of(&self, relation: u32, number: i16) -> Option<&Attribute> {
        let (_, columns) = self.relations.get(&relation)?;
        // Columns mostly come in their order and without holes.
        let likely = columns.get(usize::try_from(number).ok()?.checked_sub(1)?);
        likely
            .filter(|column| column.number == number)
            .or_else(|| columns.iter().find(|column| column.number == number))
    }
}

/// One row to take an outline of.
pub(in crate::catalog) struct Row<'a> {
    /// The name of the object.
    pub name: &'a str,
    /// Its node trees.
    pub trees: &'a [Option<&'a str>],
    /// Its parts; what a major version does not have is missing.
    pub parts: &'a [Option<&'a str>],
    /// All columns.
    pub attributes: &'a Attributes,
    /// How names are written.
    pub(super) quoting: &'a Quoting,
}

impl Row<'_> {
    /// Returns a part that no row is without.
    pub(super) fn part(&self, index: usize) -> Option<&str> {
        self.parts.get(index).copied().flatten()
    }

    /// Returns a part that is an oid.
    pub(super) fn oid(&self, index: usize) -> Option<u32> {
        self.part(index)?.parse().ok()
    }

    /// Returns a part that is a list of numbers: `1 2` or `{1,2}`.
    pub(super) fn numbers<T: std::str::FromStr>(&self, index: usize) -> Option<Vec<T>> {
        let text = self.part(index)?;
        let text = text.trim_start_matches('{').trim_end_matches('}');
        text.split([' ', ','])
            .filter(|number| !number.is_empty())
            .map(|number| number.parse().ok())
            .collect()
    }

    /// Returns a column.
    pub(super) fn attribute(&self, relation: u32, number: i16) -> Option<&Attribute> {
        self.attributes.of(relation, number)
    }

    /// Returns the names of columns.
    pub(super) fn names(&self, relation: u32, numbers: &[i16]) -> Option<Vec<&str>> {
        numbers
            .iter()
            .map(|number| self.attribute(relation, *number).map(|found| &*found.name))
            .collect()
    }

    /// Appends the qualified name of a relation of the database's own.
    pub(super) fn put_relation(&self, out: &mut String, relation: u32) -> Option<()> {
        if relation < FIRST_NORMAL_OID {
            return None;
        }
        let (id, _) = self.attributes.relations.get(&relation)?;
        self.put(out, id.schema.as_deref()?);
        out.push('.');
        self.put(out, &id.name);
        Some(())
    }

    /// Appends a name.
    pub(super) fn put(&self, out: &mut String, name: &str) {
        self.quoting.put(out, name);
    }

    /// Appends names with commas between them.
    pub(super) fn put_list(&self, out: &mut String, names: &[&str]) {
        self.quoting.put_list(out, names.iter().copied());
    }

    /// Adds the trees to a key, with the names of a relation's columns.
    pub(super) fn put_trees(&self, key: &mut Key, relation: u32) -> Option<()> {
        for tree in self.trees {
            match tree {
                Some(text) => {
                    key.put_raw(b"{");
                    tree::put(key, text, |number| {
                        self.attribute(relation, number).map(|found| &*found.name)
                    })?;
                }
                None => key.put_raw(b"-"),
            }
        }
        Some(())
    }

    /// Says whether the server made an object itself; its own operator classes have no parameters in some methods.
    pub(super) fn is_built_in(oid: u32) -> bool {
        oid < FIRST_NORMAL_OID
    }
}
