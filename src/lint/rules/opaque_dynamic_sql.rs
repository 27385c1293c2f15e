//! A DO block runs text that is known only when it runs.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;
use crate::sql::act::routine::BodyKind;

pub(super) static RULE: Rule = Rule {
    name: "opaque-dynamic-sql",
    level: Level::Info,
    category: Category::Correctness,
    summary: "a DO block runs text that is known only when it runs",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Do(body) = &step.act.action else {
        return;
    };
    for statement in &body.statements {
        let BodyKind::Opaque { prefix, span } = &statement.kind else {
            continue;
        };
        let begins: String = prefix.trim_start().chars().take(40).collect();
        let what = match begins.is_empty() {
            true => String::new(),
            false => format!(" that begins with \"{}\"", begins.trim_end()),
        };
        problems.push(
            Problem::new(
                span.clone(),
                format!("EXECUTE of text{what} that is known only when it runs"),
            )
            .effect("What it locks, scans, changes or drops is not looked at here.")
            .instead("Write the statement out; or with format() of constants, which can be read."),
        );
    }
}
