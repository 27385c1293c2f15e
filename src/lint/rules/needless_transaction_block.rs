//! BEGIN and COMMIT in a file that runs in one transaction anyway.

use crate::lint::context::Ended;
use crate::lint::control::Control;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "needless-transaction-block",
    level: Level::Info,
    category: Category::Correctness,
    summary: "BEGIN and COMMIT in a file that runs in one transaction anyway",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let control = Control::of(ended.migration);

    if !ended.migration.transactional {
        return;
    }
    problems.extend(control.blocks.into_iter().map(|begin| {
        Problem::new(begin, "BEGIN … COMMIT in a file that runs in one transaction anyway")
            .effect("They are not sent: the whole file is one transaction with its row in the ledger, several blocks included.")
            .instead("Leave them out; or, where the blocks must commit one by one, write `transaction: false` into the header.")
    }));
}
