//! A merge joins revisions of which one is an ancestor of the other.

use crate::lint::rule::{Category, Check, Rule};
use crate::model::Level;

/// Found by `order/merge.rs`.
pub(in crate::lint) static RULE: Rule = Rule {
    name: "needless-merge",
    level: Level::Info,
    category: Category::Graph,
    summary: "A merge joins revisions of which one is an ancestor of the other.",
    check: Check::Engine,
};
