//! A statement uses an object that an ancestor has dropped or renamed.

use crate::lint::rule::{Category, Check, Rule};
use crate::model::Level;

/// Found by `order/missing.rs`.
pub(in crate::lint) static RULE: Rule = Rule {
    name: "used-after-drop",
    level: Level::Error,
    category: Category::Graph,
    summary: "A statement uses an object that an ancestor has dropped or renamed.",
    check: Check::Engine,
};
