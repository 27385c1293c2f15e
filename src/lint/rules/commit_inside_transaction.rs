//! COMMIT without BEGIN in a file that runs in one transaction.

use crate::lint::context::Ended;
use crate::lint::control::Control;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "commit-inside-transaction",
    level: Level::Error,
    category: Category::Correctness,
    summary: "COMMIT without BEGIN in a file that runs in one transaction",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let control = Control::of(ended.migration);

    if !ended.migration.transactional {
        return;
    }
    problems.extend(control.commits.into_iter().map(|commit| {
        Problem::new(commit, "COMMIT in a file that runs in one transaction")
            .effect("What stands before it is committed without its row in the ledger, and what follows runs outside of any transaction: a failure leaves half of the file behind. zerodrift refuses it before it runs.")
            .instead("Leave COMMIT out, or write `transaction: false` into the header and split the file into statements that can each be repeated.")
    }));
}
