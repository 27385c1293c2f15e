//! Every built-in rule, one file each. To add one: its file, its page `lints/<rule>.md`, two sorted lines here.

pub(super) mod dropped_object_is_needed;
pub(super) mod needless_merge;
pub(super) mod object_exists_already;
pub(super) mod order_dependent;
pub(super) mod suppression_without_reason;
pub(super) mod syntax_error;
pub(super) mod undeclared_dependency;
pub(super) mod unknown_object;
pub(super) mod unknown_rule_in_suppression;
pub(super) mod unused_suppression;
pub(super) mod used_after_drop;

use super::rule::Rule;

/// Every rule, sorted by name.
pub static ALL: &[&Rule] = &[
    &dropped_object_is_needed::RULE,
    &needless_merge::RULE,
    &object_exists_already::RULE,
    &order_dependent::RULE,
    &suppression_without_reason::RULE,
    &syntax_error::RULE,
    &undeclared_dependency::RULE,
    &unknown_object::RULE,
    &unknown_rule_in_suppression::RULE,
    &unused_suppression::RULE,
    &used_after_drop::RULE,
];

/// Returns the rule of a name.
pub fn named(name: &str) -> Option<&'static Rule> {
    ALL.binary_search_by(|rule| rule.name.cmp(name))
        .ok()
        .map(|at| ALL[at])
}
