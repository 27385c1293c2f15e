//! `policy-ignores-tenant`.

use crate::lint::context::Ended;
use crate::lint::policy::{changed_policies, is_held, keeps_apart, meet, reaches_application, test};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::tenancy::{is_tenant_table, is_true, may_restrict, names_column, tenant_column};
use crate::model::Level;

/// A permissive policy of a tenant table that does not look at the tenant.
pub(super) static RULE: Rule = Rule {
    name: "policy-ignores-tenant",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "the policy of a tenant table does not look at the tenant",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let Some(column) = tenant_column(ended.settings, ended.after) else {
        return;
    };
    for changed in changed_policies(ended) {
        let (relation, policy) = (changed.relation, changed.policy);
        let is_blind = policy.permissive
            && test(policy).is_some_and(|expr| !is_true(expr) && !may_restrict(expr, Some(&column)));
        let widens = relation.policies.iter().any(|other| {
            other.permissive
                && other.name != policy.name
                && meet(other, policy)
                && test(other).is_some_and(|expr| keeps_apart(expr, Some(&column)))
        });
        // Beside a policy that keeps tenants apart it is found as one that widens.
        if !is_blind
            || widens
            || !is_tenant_table(ended.settings, relation, &column)
            || !reaches_application(policy, relation, ended.settings)
            || is_held(relation, policy, Some(&column))
        {
            continue;
        }
        let name = &relation.key;
        let looks = test(policy).is_some_and(|expr| names_column(expr, &column));
        let what = match looks {
            true => format!("lets rows in whatever their \"{column}\" is"),
            false => format!("does not look at \"{column}\""),
        };
        problems.push(
            Problem::new(
                changed.span,
                format!("policy \"{}\" on \"{name}\" {what}", policy.name),
            )
            .object(name)
            .level(if looks { Level::Warning } else { Level::Error })
            .effect("Whoever meets its condition reaches the rows of every tenant.")
            .instead(format!(
                "USING ({column} = nullif(current_setting('{}', true), '')::uuid AND …)",
                ended
                    .settings
                    .tenant_setting
                    .as_deref()
                    .unwrap_or("<tenant setting>")
            )),
        );
    }
}
