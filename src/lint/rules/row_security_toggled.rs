//! `row-security-toggled`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::toggle::{Switch, is_old, toggles};
use crate::model::Level;

/// Row security that is off for a while within one transaction.
pub(super) static RULE: Rule = Rule {
    name: "row-security-toggled",
    level: Level::Info,
    category: Category::RowSecurity,
    summary: "row security is disabled and enabled again by hand",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let all = toggles(ended.migration);
    for (at, off) in all.iter().enumerate() {
        let again = all[at + 1..]
            .iter()
            .any(|later| later.on && later.switch == off.switch && later.table.name == off.table.name);
        if off.on || !again || !is_old(ended, off.table) || off.switch != Switch::RowSecurity {
            continue;
        }
        let name = off.table;
        problems.push(
            Problem::new(off.span.clone(), format!("row security of \"{name}\" is switched by hand"))
                .object(name)
                .effect(
                    "ACCESS EXCLUSIVE from here to the commit: every reader of the table waits. An earlier lock on the table in \
                     the same transaction is raised, which can deadlock with ordinary clients.",
                )
                .instead(format!("--: backfill table={name}\n…;\n--: end")),
        );
    }
}
