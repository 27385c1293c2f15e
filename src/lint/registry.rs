//! Every rule that a finding of `lint` may carry, wherever it is found.

use std::sync::OnceLock;

use super::{baseline, rules};
use crate::graph;
use crate::model::Level;
use crate::sql::script::DIRECTIVE;

/// What people may know of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The stable name.
    pub name: &'static str,
    /// The level where nothing else is configured.
    pub level: Level,
    /// What it is about: `lock`, `row-security`; `house` for the project's own.
    pub category: &'static str,
    /// What it finds, in one line.
    pub summary: &'static str,
}

/// Findings of `lint` that come neither from a rule over SQL nor from the graph.
const OTHERS: &[Known] = &[
    Known {
        name: baseline::CAN_SHRINK,
        level: Level::Info,
        category: "style",
        summary: "The baseline accepts a finding that is gone.",
    },
    Known {
        name: DIRECTIVE,
        level: Level::Error,
        category: "correctness",
        summary: "A line directive is not written as it has to be.",
    },
];

/// Returns the built-in rules, sorted by name.
pub fn known() -> &'static [Known] {
    static KNOWN: OnceLock<Vec<Known>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let over_sql = rules::ALL.iter().map(|rule| Known {
            name: rule.name,
            level: rule.level,
            category: rule.category.as_str(),
            summary: rule.summary,
        });
        let of_graph = graph::rules::RULES.iter().map(|rule| Known {
            name: rule.name,
            level: rule.level,
            category: "graph",
            summary: rule.summary,
        });
        let mut all: Vec<Known> = over_sql.chain(of_graph).chain(OTHERS.iter().cloned()).collect();
        all.sort_by_key(|rule| rule.name);
        all
    })
}

/// The names that configuration and suppressions may use: those of the built-in rules and of the project's own.
#[derive(Clone, Debug, Default)]
pub struct Names {
    house: Vec<&'static str>,
}

impl Names {
    /// Adds the names of the project's own rules.
    pub fn with(house: impl IntoIterator<Item = &'static str>) -> Self {
        Names {
            house: house.into_iter().collect(),
        }
    }

    /// Says whether there is such a rule.
    pub fn has(&self, name: &str) -> bool {
        known().binary_search_by(|rule| rule.name.cmp(name)).is_ok() || self.house.contains(&name)
    }

    /// Returns the name that was probably meant.
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        let built_in = known().iter().map(|rule| rule.name);
        graph::nearest(name, built_in.chain(self.house.iter().copied()))
    }

    /// Returns what to do about a name that is none.
    pub fn hint(&self, name: &str) -> String {
        match self.nearest(name) {
            Some(nearest) => format!("Did you mean \"{nearest}\"?"),
            None => "\"zerodrift explain\" lists every rule.".to_owned(),
        }
    }
}

/// Returns the built-in rule of a name.
pub fn find(name: &str) -> Option<&'static Known> {
    let at = known().binary_search_by(|rule| rule.name.cmp(name)).ok()?;
    known().get(at)
}
