//! `with-check-wider-than-using`.

use crate::lint::context::Ended;
use crate::lint::policy::{changed_policies, is_held, keeps_apart, reaches_application};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::tenancy::{compared_with_setting, may_restrict, tenant_column};
use crate::model::Level;

/// A policy that lets rows of other tenants be written.
pub(super) static RULE: Rule = Rule {
    name: "with-check-wider-than-using",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "the WITH CHECK of a policy lets rows of other tenants be written",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let configured = tenant_column(ended.settings, ended.after);
    for changed in changed_policies(ended) {
        let (relation, policy) = (changed.relation, changed.policy);
        let (Some(using), Some(with_check)) = (&policy.using, &policy.with_check) else {
            continue;
        };
        let column = configured
            .as_deref()
            .filter(|column| relation.column(column).is_some())
            .or_else(|| compared_with_setting(using));
        let is_wider = policy.permissive
            && column.is_some()
            && keeps_apart(using, column)
            && !may_restrict(with_check, column)
            && !is_held(relation, policy, column)
            && reaches_application(policy, relation, ended.settings);
        if !is_wider {
            continue;
        }
        let name = &relation.key;
        problems.push(
            Problem::new(
                changed.span,
                format!("policy \"{}\" on \"{name}\" checks new rows less than it checks old ones", policy.name),
            )
            .object(name)
            .effect(format!(
                "A tenant cannot read rows of others, but can insert them, and can move its own to another by UPDATE of \"{}\".",
                column.unwrap_or_default()
            ))
            .instead("Leave WITH CHECK out: USING then holds for new rows too; or repeat the condition of USING in it."),
        );
    }
}
