//! A problem with the rule that found it, before anybody decides whether it is reported.

use super::rule::{Problem, Rule};
use crate::model::Level;

/// What a rule, built in or of the project, found in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The rule.
    pub rule: &'static str,
    /// The level, by the rule or by the problem itself.
    pub level: Level,
    /// What the rule is about.
    pub category: &'static str,
    /// The problem.
    pub problem: Problem,
}

impl Found {
    /// Names the built-in rule that found a problem.
    pub fn by(rule: &Rule, problem: Problem) -> Self {
        Found {
            rule: rule.name,
            level: problem.level.unwrap_or(rule.level),
            category: rule.category.as_str(),
            problem,
        }
    }
}
