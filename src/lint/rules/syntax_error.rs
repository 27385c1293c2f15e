//! A statement that is no SQL.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;

pub(in crate::lint) static RULE: Rule = Rule {
    name: "syntax-error",
    level: Level::Error,
    category: Category::Correctness,
    summary: "A statement does not parse.",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    if let Action::Broken { message, at } = &step.act.action {
        problems.push(
            Problem::new(at.clone(), format!("statement does not parse: {message}"))
                .effect("The server refuses it with 42601; the statements after it were read all the same.")
                .instead("Correct the statement at this place."),
        );
    }
}
