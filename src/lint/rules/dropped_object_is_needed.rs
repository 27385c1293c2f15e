//! A statement drops an object that others need, without CASCADE.

use crate::lint::rule::{Category, Check, Rule};
use crate::model::Level;

/// Found while replaying, told by `order/missing.rs`.
pub(in crate::lint) static RULE: Rule = Rule {
    name: "dropped-object-is-needed",
    level: Level::Error,
    category: Category::Correctness,
    summary: "A statement drops an object that others need, without CASCADE.",
    check: Check::Engine,
};
