//! A statement uses an object that a revision creates which is no ancestor.

use crate::lint::rule::{Category, Check, Rule};
use crate::model::Level;

/// Found by `order/missing.rs`.
pub(in crate::lint) static RULE: Rule = Rule {
    name: "undeclared-dependency",
    level: Level::Error,
    category: Category::Graph,
    summary: "A statement uses an object that a revision creates which is no ancestor.",
    check: Check::Engine,
};
