//! The name that an object has in a schema.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A schema and a name in it, unquoted and shared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The schema.
    pub schema: Arc<str>,
    /// The name.
    pub name: Arc<str>,
}

impl Key {
    /// Joins a schema and a name.
    pub fn new(schema: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Key {
            schema: schema.into(),
            name: name.into(),
        }
    }
}

impl fmt::Display for Key {
    /// Shows the name for people; this is not SQL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// A name to look up, which need not own its parts: most look-ups find nothing, and none should make a [`Key`] for it.
pub(super) trait Named {
    /// The schema.
    fn schema(&self) -> &str;
    /// The name.
    fn name(&self) -> &str;
}

impl Named for Key {
    fn schema(&self) -> &str {
        &self.schema
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for (&str, &str) {
    fn schema(&self) -> &str {
        self.0
    }

    fn name(&self) -> &str {
        self.1
    }
}

impl<'a> Borrow<dyn Named + 'a> for Key {
    fn borrow(&self) -> &(dyn Named + 'a) {
        self
    }
}

// Order, equality and hash are those that Key derives.

impl PartialEq for dyn Named + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for dyn Named + '_ {}

impl PartialOrd for dyn Named + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for dyn Named + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.schema()
            .cmp(other.schema())
            .then_with(|| self.name().cmp(other.name()))
    }
}

impl Hash for dyn Named + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.schema().hash(state);
        self.name().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    #[test]
    fn borrowed_names_find_what_keys_were_put_in() {
        let keys = ["a.b", "a.c", "ab.c", "pg_temp.t"].map(|text| {
            let (schema, name) = text.split_once('.').expect("a dot");
            Key::new(schema, name)
        });
        let ordered: BTreeSet<Key> = keys.iter().cloned().collect();
        let hashed: HashSet<Key> = keys.iter().cloned().collect();
        for key in &keys {
            let borrowed: &dyn Named = &(&*key.schema, &*key.name);
            assert!(ordered.contains(borrowed) && hashed.contains(borrowed), "{key}");
        }
        let other: &dyn Named = &("a", "bc");
        assert!(!ordered.contains(other) && !hashed.contains(other));
    }
}
