//! A name must be quoted wherever it is used: it has capitals, blanks or signs.

use crate::lint::context::Step;
use crate::lint::naming::given;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "name-not-snake-case",
    level: Level::Info,
    category: Category::Style,
    summary: "a name must be quoted wherever it is used: it has capitals, blanks or signs",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for given in given(&step.act.action, &step.act.span) {
        let mut characters = given.name.chars();
        let first = characters.next().is_some_and(|c| c == '_' || c.is_lowercase());
        if first && characters.all(|c| c == '_' || c.is_lowercase() || c.is_numeric()) {
            continue;
        }
        problems.push(
            Problem::new(
                given.span,
                format!(
                    "{} \"{}\" must be quoted wherever it is used",
                    given.kind, given.name
                ),
            )
            .object(given.name)
            .effect("Without quotes the server looks for another name, in lower case, and finds nothing.")
            .instead("Choose a name of lower-case letters, digits and underscores."),
        );
    }
}
