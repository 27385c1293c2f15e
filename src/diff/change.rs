//! What differs between two catalogs.

use crate::catalog::{Compare, Facet, Kind, ObjectId, Value};
use crate::model::Level;

use super::attribute::Attribution;

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
    /// Why and until when the project accepts it, if it does.
    pub accepted: Option<Accepted>,
    /// The object of the same definition that came, or went, under another name.
    pub other_name: Option<ObjectId>,
    /// What differs only in that it names this object, which goes by another name now.
    pub followers: Vec<ObjectId>,
    /// Which revision touched the object last; none where nobody looked.
    pub attribution: Option<Attribution>,
}

/// Why a change is borne for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Why.
    pub because: String,
    /// The last day, `YYYY-MM-DD`.
    pub until: Option<String>,
}

impl Change {
    /// Says whether the change is about row security, a policy, a grant or an owner: then configuration cannot lower
    /// its level, and it is accepted only until a day.
    ///
    /// That such an object came or went counts where it is nothing but that: a policy, default privileges, a role. A
    /// table that came is a table first, though it has an owner.
    pub fn is_fixed(&self) -> bool {
        match &self.what {
            What::Altered { facet, .. } => facet.fixed,
            What::Added { .. } | What::Removed { .. } => is_guard(self.object.kind),
            What::Reordered { .. } => false,
        }
    }
}

/// Says whether objects of a kind exist to let somebody in or keep somebody out.
fn is_guard(kind: &Kind) -> bool {
    let is_label = |facet: &Facet| *facet.name == *Facet::labels().name;
    let told = || kind.facets.iter().filter(|facet| !is_label(facet));
    let owned = told().any(|facet| *facet.name == *Facet::owner("").name);
    let own = told().any(|facet| facet.fixed && facet.compare != Compare::Privileges);
    let only_grants = told().all(|facet| facet.compare == Compare::Privileges);
    !owned && told().next().is_some() && (own || only_grants)
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
