//! `unused-suppression`: found by [`suppress`](crate::lint::suppress).

use crate::lint::rule::{Category, Check, Rule};
use crate::model::Level;

pub(in crate::lint) static RULE: Rule = Rule {
    name: "unused-suppression",
    level: Level::Warning,
    category: Category::Style,
    summary: "A suppression suppresses nothing.",
    check: Check::Engine,
};
