//! `row-security-not-forced-again`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::toggle::{Switch, earlier, left_off};
use crate::model::Level;

/// FORCE that is gone after the migration and was there before it.
pub(super) static RULE: Rule = Rule {
    name: "row-security-not-forced-again",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "NO FORCE ROW LEVEL SECURITY is not followed by FORCE in the same file",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    // Where row security as a whole is off, that is the finding.
    let open = left_off(ended, |switch| *switch == Switch::RowSecurity);
    for toggle in left_off(ended, |switch| *switch == Switch::Forced) {
        if open.iter().any(|other| other.table.name == toggle.table.name) {
            continue;
        }
        let before = earlier(ended, &toggle);
        if before.is_some_and(|relation| !relation.only_named && !relation.forced) {
            continue;
        }
        let name = toggle.table;
        problems.push(
            Problem::new(toggle.span, format!("row security of \"{name}\" no longer binds its owner when the file ends"))
                .object(name)
                .effect(
                    "The owner, and every view and SECURITY DEFINER function that runs as the owner, sees all tenants from the \
                     commit on. FORCE is a flag of its own: ENABLE does not bring it back.",
                )
                .instead(format!("ALTER TABLE {} FORCE ROW LEVEL SECURITY;", name.quoted())),
        );
    }
}
