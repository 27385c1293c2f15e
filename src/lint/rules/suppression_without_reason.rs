//! `suppression-without-reason`: found by [`suppress`](crate::lint::suppress).

use crate::lint::rule::{Category, Check, Rule};
use crate::model::Level;

pub(in crate::lint) static RULE: Rule = Rule {
    name: "suppression-without-reason",
    level: Level::Warning,
    category: Category::Style,
    summary: "A suppression does not say why.",
    check: Check::Engine,
};
