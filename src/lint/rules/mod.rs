//! Every built-in rule, one file each. To add one: its file, its page `lints/<rule>.md`, two sorted lines here.

use super::rule::Rule;

/// Every rule, sorted by name.
pub const ALL: &[&Rule] = &[];

/// Returns the rule of a name.
pub fn named(name: &str) -> Option<&'static Rule> {
    ALL.binary_search_by(|rule| rule.name.cmp(name))
        .ok()
        .map(|at| ALL[at])
}
