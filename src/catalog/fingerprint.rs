//! Fingerprints of objects and catalogs, for display and quick comparison.
//!
//! Facets that are SQL are hashed in their canonical form, so that catalogs of equal meaning usually have equal
//! fingerprints. Whether two catalogs are equal is decided by comparison, never by fingerprints alone.

use std::collections::HashMap;

use crate::model::{Checksum, Level};

use super::catalog::Catalog;
use super::expression;
use super::facet::Compare;
use super::kind::Kind;
use super::object::{Object, ObjectId};
use super::value::Value;

impl Catalog {
    /// Returns the fingerprint of the whole catalog.
    pub fn fingerprint(&self) -> Checksum {
        self.fingerprint_with(&Catalog::default())
    }

    /// Returns the fingerprint of the whole that this catalog and another one make, which have no object in common.
    pub fn fingerprint_with(&self, other: &Catalog) -> Checksum {
        let mut text = Vec::new();
        let mut canonical = Canonical::new();
        let (mut left, mut right) = (self.objects.iter().peekable(), other.objects.iter().peekable());
        loop {
            let next = match (left.peek(), right.peek()) {
                (Some((mine, _)), Some((theirs, _))) if mine < theirs => left.next(),
                (_, Some(_)) => right.next(),
                (_, None) => left.next(),
            };
            let Some((id, object)) = next else {
                return Checksum::of(text);
            };
            text.extend_from_slice(object_fingerprint(id, object, &mut canonical).bytes());
        }
    }
}

impl Catalog {
    /// Returns the fingerprint of each top-level object, with everything in it.
    pub fn fingerprints(&self) -> Vec<(&ObjectId, Checksum)> {
        let mut canonical = Canonical::new();
        let mut trees: Vec<(&ObjectId, Vec<u8>)> = Vec::new();
        for (id, object) in &self.objects {
            let own = object_fingerprint(id, object, &mut canonical);
            match trees.last_mut() {
                Some((root, text)) if *root == id.root() => text.extend_from_slice(own.bytes()),
                _ => trees.push((id.root(), own.bytes().to_vec())),
            }
        }
        trees
            .into_iter()
            .map(|(root, text)| (root, Checksum::of(text)))
            .collect()
    }
}

/// Canonical forms by text: tables have the same columns, defaults and policies over and over.
type Canonical<'a> = HashMap<&'a str, String>;

/// Returns the fingerprint of one object with its identity.
fn object_fingerprint<'a>(id: &ObjectId, object: &'a Object, canonical: &mut Canonical<'a>) -> Checksum {
    let mut text = Vec::new();
    put(&mut text, &id.to_string());
    put(
        &mut text,
        &object
            .position
            .map_or_else(String::new, |position| position.to_string()),
    );
    // What only informs (the locale of a database) differs from machine to machine.
    let counts = |name: &str| {
        id.kind
            .facet(name)
            .is_none_or(|facet| facet.level > Level::Info && !facet.is_hidden())
    };
    for (name, value) in object.facets.iter().filter(|(name, _)| counts(name)) {
        put(&mut text, name);
        put_facet(&mut text, id.kind, name, value, canonical);
    }
    Checksum::of(text)
}

/// Returns the fingerprint of one value of a facet. Values of equal meaning usually have equal ones.
pub fn facet_fingerprint(kind: &'static Kind, facet: &str, value: &Value) -> Checksum {
    let mut text = Vec::new();
    put_facet(&mut text, kind, facet, value, &mut Canonical::new());
    Checksum::of(text)
}

fn put_facet<'a>(
    text: &mut Vec<u8>,
    kind: &'static Kind,
    name: &str,
    value: &'a Value,
    canonical: &mut Canonical<'a>,
) {
    match (kind.facet(name).map(|facet| facet.compare), value) {
        (Some(Compare::Sql), Value::Text(sql)) => {
            let form = canonical
                .entry(sql)
                .or_insert_with(|| expression::canonical_text(sql));
            put(text, form);
        }
        _ => put_value(text, value),
    }
}

fn put_value(text: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => text.push(b'n'),
        Value::Bool(value) => text.push(if *value { b't' } else { b'f' }),
        Value::Int(number) => put(text, &number.to_string()),
        Value::Text(content) => put(text, content),
        Value::List(items) => {
            put(text, &format!("[{}", items.len()));
            items.iter().for_each(|item| put_value(text, item));
        }
        Value::Map(entries) => {
            put(text, &format!("{{{}", entries.len()));
            for (key, value) in entries {
                put(text, key);
                put_value(text, value);
            }
        }
    }
}

/// Writes length and content, so that no two sequences of texts look alike.
fn put(text: &mut Vec<u8>, content: &str) {
    text.extend_from_slice(&(content.len() as u64).to_be_bytes());
    text.extend_from_slice(content.as_bytes());
}
