//! `row-security-not-forced`.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::tenancy::{is_tenant_table, tenant_column};
use crate::lint::toggle::{Switch, toggles};
use crate::model::{Level, quote_identifier};

/// Row security that does not bind the owner.
pub(super) static RULE: Rule = Rule {
    name: "row-security-not-forced",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "row security is enabled on a tenant table and not forced, so that its owner sees every tenant",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let Some(column) = tenant_column(ended.settings, ended.after) else {
        return;
    };
    // Without a word in the configuration other tables have to show that this is how it is done here.
    let is_custom =
        ended.settings.tenant_column.is_some() || ended.after.relations().any(|other| other.forced);
    let switched = toggles(ended.migration);
    for relation in ended.changed_relations() {
        let enabled = switched.iter().find(|toggle| {
            toggle.switch == Switch::RowSecurity && toggle.on && toggle.table.name == *relation.key.name
        });
        let Some(enabled) = enabled else { continue };
        let was_on = ended
            .before
            .relation_at(&relation.key)
            .is_some_and(|before| before.row_security);
        let is_switched_off = switched
            .iter()
            .any(|toggle| !toggle.on && toggle.table.name == *relation.key.name);
        if !is_custom
            || !relation.row_security
            || relation.forced
            || was_on
            || is_switched_off
            || relation.policies.is_empty()
            || !is_tenant_table(ended.settings, relation, &column)
        {
            continue;
        }
        let name = &relation.key;
        problems.push(
            Problem::new(enabled.span.clone(), format!("row security of \"{name}\" is enabled and not forced"))
                .object(name)
                .effect(
                    "The owner, and every view and SECURITY DEFINER function that runs as the owner, reads and writes the rows of \
                     every tenant.",
                )
                .instead(format!(
                    "ALTER TABLE {}.{} FORCE ROW LEVEL SECURITY;",
                    quote_identifier(&name.schema),
                    quote_identifier(&name.name)
                )),
        );
    }
}
