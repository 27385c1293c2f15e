//! Every built-in rule, one file each. To add one: its file, its page `lints/<rule>.md`, two sorted lines here.

pub(super) mod suppression_without_reason;
pub(super) mod unknown_rule_in_suppression;
pub(super) mod unused_suppression;

use super::rule::Rule;

/// Every rule, sorted by name.
pub const ALL: &[&Rule] = &[
    &suppression_without_reason::RULE,
    &unknown_rule_in_suppression::RULE,
    &unused_suppression::RULE,
];

/// Returns the rule of a name.
pub fn named(name: &str) -> Option<&'static Rule> {
    ALL.binary_search_by(|rule| rule.name.cmp(name))
        .ok()
        .map(|at| ALL[at])
}
