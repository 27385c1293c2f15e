//! `unknown-rule-in-suppression`: found by [`suppress`](crate::lint::suppress).

use crate::lint::rule::{Category, Check, Rule};
use crate::model::Level;

pub(in crate::lint) static RULE: Rule = Rule {
    name: "unknown-rule-in-suppression",
    level: Level::Error,
    category: Category::Style,
    summary: "A suppression names a rule that does not exist.",
    check: Check::Engine,
};
