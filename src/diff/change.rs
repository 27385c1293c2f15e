//! What differs between two catalogs.

use crate::catalog::{Facet, ObjectId, Value};
use crate::model::Level;

/// One difference.
#[derive(Clone, Debug)]
pub struct Change {
    /// The object.
    pub object: ObjectId,
    /// What happened to it between FROM and TO.
    pub what: What,
    /// How much it matters.
    pub level: Level,
    /// The declared invariants that raised the level.
    pub invariants: Vec<String>,
    /// Why the project accepts it, if it does.
    pub accepted: Option<String>,
    /// The object of the same definition that came, or went, under another name.
    pub other_name: Option<ObjectId>,
    /// What differs only in that it names this object, which goes by another name now.
    pub followers: Vec<ObjectId>,
}

/// What happened to an object.
#[derive(Clone, Debug)]
pub enum What {
    /// It is only in TO.
    Added {
        /// How many children came with it.
        children: usize,
    },
    /// It is only in FROM.
    Removed {
        /// How many children went with it.
        children: usize,
    },
    /// A facet has another value.
    Altered {
        /// The facet.
        facet: &'static Facet,
        /// The value in FROM.
        from: Value,
        /// The value in TO.
        to: Value,
    },
    /// Children of a kind that both have stand in another order.
    Reordered {
        /// The children's kind in the plural.
        children: &'static str,
        /// The order in FROM.
        from: Vec<String>,
        /// The order in TO.
        to: Vec<String>,
    },
}

impl What {
    /// Returns the word for machines.
    pub fn as_str(&self) -> &'static str {
        match self {
            What::Added { .. } => "added",
            What::Removed { .. } => "removed",
            What::Altered { .. } => "altered",
            What::Reordered { .. } => "reordered",
        }
    }

    /// Returns the name of the facet concerned, if one is.
    pub fn facet(&self) -> Option<String> {
        match self {
            What::Altered { facet, .. } => Some(facet.name.to_owned()),
            What::Reordered { children, .. } => Some(format!("order of {children}")),
            _ => None,
        }
    }
}

/// Everything that a comparison found.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    /// The differences, in the order of objects.
    pub changes: Vec<Change>,
    /// Facets and kinds that one of the servers does not have: (kind, facet or nothing, first major that has it).
    pub not_compared: Vec<(&'static str, Option<&'static str>, u32)>,
    /// Accepted drift that has run out or met nothing, as findings.
    pub acceptance: Vec<crate::model::Finding>,
}

impl Diff {
    /// Says whether nothing differs; what is accepted still differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}
