//! `permissive-policy-widens`.

use crate::lint::context::Ended;
use crate::lint::policy::{changed_policies, is_held, keeps_apart, meet, reaches_application, test};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::tenancy::{compared_with_setting, is_true, may_restrict, tenant_column};
use crate::model::{Level, quote_identifier};

/// A second permissive policy that lets through what the first keeps out.
pub(super) static RULE: Rule = Rule {
    name: "permissive-policy-widens",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "a further permissive policy lets rows through that the tenant policy keeps out",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let configured = tenant_column(ended.settings, ended.after);
    for changed in changed_policies(ended) {
        let (relation, policy) = (changed.relation, changed.policy);
        let Some(own) = test(policy).filter(|expr| policy.permissive && !is_true(expr)) else {
            continue;
        };
        if !reaches_application(policy, relation, ended.settings) {
            continue;
        }
        let other = relation.policies.iter().find(|other| {
            let Some(expr) = test(other).filter(|_| other.permissive && other.name != policy.name) else {
                return false;
            };
            let column = configured
                .as_deref()
                .filter(|column| relation.column(column).is_some())
                .or_else(|| compared_with_setting(expr));
            column.is_some()
                && meet(other, policy)
                && keeps_apart(expr, column)
                && !may_restrict(own, column)
                && !is_held(relation, policy, column)
        });
        let Some(other) = other else { continue };
        let name = &relation.key;
        problems.push(
            Problem::new(
                changed.span,
                format!(
                    "policy \"{}\" on \"{name}\" lets through rows that \"{}\" keeps out",
                    policy.name, other.name
                ),
            )
            .object(name)
            .effect("Permissive policies are joined by OR: a row that meets this condition is seen by every tenant.")
            .instead(format!(
                "CREATE POLICY {} ON {}.{} AS RESTRICTIVE …;",
                quote_identifier(&policy.name),
                quote_identifier(&name.schema),
                quote_identifier(&name.name)
            )),
        );
    }
}
