//! Invariants: objects whose drift is worse than that of others.

use crate::catalog::{Catalog, ObjectId, Value};
use crate::model::Level;

use super::accept::pattern_matches;

/// A promise of the project about objects; a change to one of them has at least its level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// Which objects: `table public.ledger`, `policy * on table public.*`, `public.ledger`.
    pub pattern: String,
    /// The name that reports show.
    pub name: String,
    /// The level that a change has at least.
    pub level: Level,
}

/// Returns the invariants that hold for an object: declared ones, and tags in comments of it or what it belongs to.
pub(super) fn of(id: &ObjectId, declared: &[Invariant], catalogs: [&Catalog; 2]) -> Vec<(String, Level)> {
    let mut found: Vec<(String, Level)> = Vec::new();
    let mut link = Some(id);
    while let Some(object) = link {
        let matching = declared
            .iter()
            .filter(|invariant| pattern_matches(&invariant.pattern, object));
        found.extend(matching.map(|invariant| (invariant.name.clone(), invariant.level)));
        for catalog in catalogs {
            let comment = catalog
                .get(object)
                .and_then(|object| object.facets.get("comment"));
            found.extend(comment.and_then(Value::as_text).into_iter().flat_map(tags));
        }
        link = object.parent.as_deref();
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Reads `INVARIANT: <name>` tags, one a line.
fn tags(comment: &str) -> impl Iterator<Item = (String, Level)> {
    let tagged = comment
        .lines()
        .filter_map(|line| line.trim().strip_prefix("INVARIANT:"));
    tagged.map(|name| (name.trim().to_owned(), Level::Error))
}
