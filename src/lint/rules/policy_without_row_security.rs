//! `policy-without-row-security`.

use crate::lint::context::Ended;
use crate::lint::policy::changed_policies;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::toggle::{Switch, enabled_by_text, toggles};
use crate::model::{Level, quote_identifier};

/// A policy that does nothing because row security is off.
pub(super) static RULE: Rule = Rule {
    name: "policy-without-row-security",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "a policy is created on a table whose row security is not enabled",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let mut told = Vec::new();
    let switched = toggles(ended.migration);
    for changed in changed_policies(ended) {
        let relation = changed.relation;
        // Left off in this file is found as that.
        let is_switched = switched
            .iter()
            .any(|toggle| toggle.switch == Switch::RowSecurity && toggle.table.name == *relation.key.name);
        if relation.row_security || relation.only_named || is_switched || told.contains(&&relation.key) {
            continue;
        }
        if enabled_by_text(ended.migration, relation) {
            continue;
        }
        told.push(&relation.key);
        let name = &relation.key;
        problems.push(
            Problem::new(
                changed.span,
                format!("policy \"{}\" does nothing: row security of \"{name}\" is not enabled", changed.policy.name),
            )
            .object(name)
            .effect("Policies work only on tables with ENABLE ROW LEVEL SECURITY; until then every role sees every row.")
            .instead(format!(
                "ALTER TABLE {}.{} ENABLE ROW LEVEL SECURITY;",
                quote_identifier(&name.schema),
                quote_identifier(&name.name)
            )),
        );
    }
}
