//! BEGIN without COMMIT: what follows is lost when the session ends.

use crate::lint::context::Ended;
use crate::lint::control::Control;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "transaction-left-open",
    level: Level::Error,
    category: Category::Correctness,
    summary: "BEGIN without COMMIT: what follows is lost when the session ends",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let control = Control::of(ended.migration);

    if let Some(begin) = control.open {
        problems.push(
            Problem::new(begin, "transaction begins here and is not committed")
                .effect("Where the file runs by itself, everything after BEGIN is rolled back when the session ends, without an error; in the runner's transaction it is refused before it runs.")
                .instead("Write COMMIT at its end, or leave BEGIN out: a file with `transaction: true` is one transaction anyway."),
        );
    }
}
