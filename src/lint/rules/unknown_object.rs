//! A statement uses an object that no revision creates.

use crate::lint::rule::{Category, Check, Rule};
use crate::model::Level;

/// Found by `order/missing.rs`.
pub(in crate::lint) static RULE: Rule = Rule {
    name: "unknown-object",
    level: Level::Error,
    category: Category::Graph,
    summary: "A statement uses an object that no revision creates.",
    check: Check::Engine,
};
