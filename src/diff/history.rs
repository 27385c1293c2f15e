//! What each revision did to each object, as a replay of the revisions saw it. Pure; who keeps it on disk is elsewhere.

use std::cmp::Ordering;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Object, ObjectId, Value, facet_fingerprint};
use crate::model::RevisionId;

use super::compare::{Majors, equal};

/// What the revisions did, in the order in which they run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The revisions.
    pub revisions: Vec<RevisionTouches>,
}

/// What one revision did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionTouches {
    /// The revision.
    pub revision: RevisionId,
    /// Its file, relative to the project. Not remembered: a file may move and stay what it is.
    #[serde(skip)]
    pub file: PathBuf,
    /// Every object that is otherwise after it.
    pub touches: Vec<Touch>,
}

/// What one revision did to one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// The object, as messages name it.
    pub object: String,
    /// The objects that it belongs to, innermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<String>,
    /// What happened.
    pub what: TouchKind,
    /// The facets that have another value since, with its fingerprint; none is the default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facets: Vec<(String, Option<u64>)>,
}

/// What a revision can do to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TouchKind {
    /// It is there since.
    Added,
    /// It is gone since.
    Removed,
    /// Facets have other values since.
    Altered,
}

impl TouchKind {
    /// Returns the word for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            TouchKind::Added => "added",
            TouchKind::Removed => "removed",
            TouchKind::Altered => "altered",
        }
    }
}

/// Returns what lies between two catalogs of one server.
pub fn touches(before: &Catalog, after: &Catalog) -> Vec<Touch> {
    let mut left = before.objects.iter().peekable();
    let mut right = after.objects.iter().peekable();
    let mut found = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return found,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((left, _)), Some((right, _))) => left.cmp(right),
        };
        match order {
            Ordering::Less => {
                found.extend(
                    left.next()
                        .map(|(id, _)| touch(id, TouchKind::Removed, Vec::new())),
                );
            }
            Ordering::Greater => found.extend(right.next().map(|(id, object)| {
                let facets = object.facets.iter();
                let facets = facets.map(|(name, value)| (name.to_owned(), mark(id, name, value)));
                touch(id, TouchKind::Added, facets.collect())
            })),
            Ordering::Equal => {
                if let (Some((id, old)), Some((_, new))) = (left.next(), right.next()) {
                    let facets = changed(id, old, new, after.major);
                    if !facets.is_empty() {
                        found.push(touch(id, TouchKind::Altered, facets));
                    }
                }
            }
        }
    }
}

/// Returns the fingerprint that a touch remembers of a facet's value.
pub(super) fn mark(id: &ObjectId, facet: &str, value: &Value) -> Option<u64> {
    let is_default = id.kind.facet(facet).is_some_and(|facet| facet.is_default(value));
    (!is_default).then(|| facet_fingerprint(id.kind, facet, value).first_u64())
}

fn touch(id: &ObjectId, what: TouchKind, facets: Vec<(String, Option<u64>)>) -> Touch {
    let above = std::iter::successors(id.parent.as_deref(), |id| id.parent.as_deref());
    Touch {
        object: id.to_string(),
        within: above.map(ToString::to_string).collect(),
        what,
        facets,
    }
}

fn changed(id: &ObjectId, old: &Object, new: &Object, major: u32) -> Vec<(String, Option<u64>)> {
    if old.facets == new.facets {
        return Vec::new();
    }
    let majors = Majors {
        low: major,
        high: major,
    };
    let facets = id.kind.facets.iter().filter_map(|facet| {
        let (left, right) = (old.facets.get(facet.name), new.facets.get(facet.name));
        (!equal(facet, left, right, majors)).then(|| {
            let value = right.and_then(|value| mark(id, facet.name, value));
            (facet.name.to_owned(), value)
        })
    });
    facets.collect()
}
