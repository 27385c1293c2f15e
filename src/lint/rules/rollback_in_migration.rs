//! ROLLBACK undoes what the file did before it.

use crate::lint::context::Ended;
use crate::lint::control::Control;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "rollback-in-migration",
    level: Level::Error,
    category: Category::Correctness,
    summary: "ROLLBACK undoes what the file did before it",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let control = Control::of(ended.migration);

    problems.extend(control.undone.into_iter().map(|undone| {
        Problem::new(undone, "ROLLBACK or a prepared transaction in a migration")
            .effect("What stands before it in the transaction is undone and nothing says so; zerodrift refuses the file before it runs.")
            .instead("Leave the statements out that are not wanted. ROLLBACK TO a savepoint is another thing.")
    }));
}
