//! One hazard, one finding: where two rules see the same of one statement, the one that says more of it keeps its level,
//! and the other is information.

use std::collections::HashMap;

use super::rule::Category;
use super::run::Found;
use crate::model::Level;

/// Rules that see a part of what another sees: the part, the whole.
const PARTS: &[(&str, &str)] = &[
    // The lock of DROP INDEX is short; the next REFRESH is not.
    ("drop-index-without-concurrently", "matview-without-unique-index"),
    // Done in batches it is done without the lock as well.
    ("work-under-exclusive-lock", "unbounded-data-change"),
    // The edge that is missing mends what the statement lacks.
    ("concurrent-refresh-impossible", "undeclared-dependency"),
    ("default-not-in-enum", "undeclared-dependency"),
    ("references-without-unique-key", "undeclared-dependency"),
];

/// The rule that yields to every other lock: a scan or a rewrite under the lock keeps others waiting longer than a deadlock.
const SEVERAL_TABLES: &str = "several-tables-locked";

/// Makes what another finding of the same statement says better information.
pub(super) fn settle(found: &mut [Found]) {
    let mut of_statement: HashMap<(u32, u32, u32), Vec<usize>> = HashMap::new();
    for (at, found) in found.iter().enumerate() {
        let span = &found.problem.span;
        of_statement
            .entry((found.migration, span.start, span.end))
            .or_default()
            .push(at);
    }
    for places in of_statement.into_values().filter(|places| places.len() > 1) {
        let yields: Vec<usize> = places
            .iter()
            .copied()
            .filter(|at| places.iter().any(|other| says_more(&found[*other], &found[*at])))
            .collect();
        for at in yields {
            found[at].problem.level = Some(Level::Info);
        }
    }
}

fn says_more(other: &Found, part: &Found) -> bool {
    let is_whole = match part.rule.name {
        SEVERAL_TABLES => {
            other.rule.name != SEVERAL_TABLES
                && matches!(other.rule.category, Category::Lock | Category::Rewrite)
        }
        name => PARTS.contains(&(name, other.rule.name)),
    };
    is_whole && other.level() >= Level::Warning
}
