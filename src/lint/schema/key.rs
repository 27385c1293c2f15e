//! The name that an object has in a schema.

use std::fmt;
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
