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

/// Reads `INVARIANT: <name>` tags: a name is one word.
fn tags(comment: &str) -> impl Iterator<Item = (String, Level)> {
    let names = comment.split("INVARIANT:").skip(1).map(|rest| {
        let rest = rest.trim_start();
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_'))
            .unwrap_or(rest.len());
        rest[..end].to_owned()
    });
    names
        .filter(|name| !name.is_empty())
        .map(|name| (name, Level::Error))
}

#[cfg(test)]
mod tests {
    use super::tags;

    #[test]
    fn tags_stand_anywhere() {
        let names: Vec<String> = tags("Rows. INVARIANT: append-only\nINVARIANT:b_c, and more. INVARIANT: ")
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["append-only", "b_c"]);
    }
}
