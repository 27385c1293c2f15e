//! Two revisions that no edge orders touch one object in ways that do not commute.

use crate::lint::rule::{Category, Check, Rule};
use crate::model::Level;

/// Found by `order/conflict.rs`.
pub(in crate::lint) static RULE: Rule = Rule {
    name: "order-dependent",
    level: Level::Error,
    category: Category::Graph,
    summary: "Two revisions that no edge orders touch one object in ways that do not commute.",
    check: Check::Engine,
};
