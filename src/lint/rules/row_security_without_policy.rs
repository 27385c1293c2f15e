//! `row-security-without-policy`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::toggle::{Switch, toggles};
use crate::model::Level;

/// Row security that shows nobody anything.
pub(super) static RULE: Rule = Rule {
    name: "row-security-without-policy",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "row security is enabled on a table without a permissive policy, so that nobody sees a row",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let all = toggles(ended.migration);
    for (at, toggle) in all.iter().enumerate() {
        let is_same = |other: &&crate::lint::toggle::Toggle<'_>| {
            other.switch == Switch::RowSecurity && other.table.name == toggle.table.name
        };
        let is_toggled = all.iter().filter(is_same).any(|other| !other.on);
        let is_repeated = all[..at].iter().any(|other| is_same(&other));
        if toggle.switch != Switch::RowSecurity || !toggle.on || is_toggled || is_repeated {
            continue;
        }
        let Some(relation) = ended.after.relation(toggle.table).known() else {
            continue;
        };
        let was_on = ended
            .before
            .relation(toggle.table)
            .known()
            .is_some_and(|before| before.row_security);
        if was_on || !relation.row_security || relation.policies.iter().any(|policy| policy.permissive) {
            continue;
        }
        let name = &relation.key;
        problems.push(
            Problem::new(
                toggle.span.clone(),
                format!("row security of \"{name}\" is enabled and no permissive policy lets a row through"),
            )
            .object(name)
            .effect(
                "Everybody but the owner and roles that bypass row security sees an empty table from the commit on, and cannot \
                 insert; with FORCE the owner too.",
            )
            .instead(format!(
                "CREATE POLICY tenant_isolation ON {}\n    USING (<tenant column> = nullif(current_setting('<tenant setting>', true), '')::uuid);",
                toggle.table.quoted()
            )),
        );
    }
}
