//! A statement creates an object that is there already.

use crate::lint::rule::{Category, Check, Rule};
use crate::model::Level;

/// Found while replaying, told by `order/missing.rs`.
pub(in crate::lint) static RULE: Rule = Rule {
    name: "object-exists-already",
    level: Level::Error,
    category: Category::Correctness,
    summary: "A statement creates an object that is there already.",
    check: Check::Engine,
};
