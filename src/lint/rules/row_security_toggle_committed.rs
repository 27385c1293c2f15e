//! `row-security-toggle-committed`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::toggle::{Switch, Toggle, earlier, is_old, toggles};
use crate::model::Level;

/// Row security that is off between two commits.
pub(super) static RULE: Rule = Rule {
    name: "row-security-toggle-committed",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "row security is disabled in one transaction and enabled again in another",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let all = toggles(ended.migration);
    for (at, off) in all.iter().enumerate() {
        if off.on || matches!(off.switch, Switch::Trigger(_)) || was_off(ended, off) {
            continue;
        }
        let again = all[at + 1..]
            .iter()
            .find(|later| later.on && later.switch == off.switch && later.table.name == off.table.name);
        let Some(again) = again else { continue };
        if transaction_of(ended, off.statement) == transaction_of(ended, again.statement) {
            continue;
        }
        let name = off.table;
        problems.push(
            Problem::new(off.span.clone(), format!("row security of \"{name}\" is off between two commits"))
                .object(name)
                .effect(
                    "Each statement commits by itself, so every session sees the rows of every tenant until row security is \
                     back, and for good if the file stops in between.",
                )
                .instead(
                    "Put DISABLE, the change and ENABLE into one transaction, or leave the flags alone and run the change as a \
                     role with BYPASSRLS: --: backfill table=… rls=bypass",
                ),
        );
    }
}

fn was_off(ended: &Ended<'_>, toggle: &Toggle<'_>) -> bool {
    match earlier(ended, toggle) {
        Some(relation) if relation.only_named => false,
        Some(relation) => match toggle.switch {
            Switch::Forced => !relation.forced,
            _ => !relation.row_security,
        },
        None => !is_old(ended, toggle.table),
    }
}

/// Returns the transaction that a statement ran in, by its place; several where DO or a procedure commits.
fn transaction_of(ended: &Ended<'_>, statement: usize) -> Option<usize> {
    ended
        .transactions
        .iter()
        .position(|transaction| transaction.statements.contains(&statement))
}
