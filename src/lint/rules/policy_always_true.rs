//! `policy-always-true`.

use crate::lint::context::Ended;
use crate::lint::policy::{Changed, changed_policies, is_held, meet, reaches_application, test};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::tenancy::{is_tenant_table, is_true, tenant_column};
use crate::model::Level;

/// A permissive policy that lets every row through.
pub(super) static RULE: Rule = Rule {
    name: "policy-always-true",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "a permissive policy is true for every row of a table that is to be kept apart",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let column = tenant_column(ended.settings, ended.after);
    for changed in changed_policies(ended) {
        if let Some(level) = level(ended, &changed, column.as_deref()) {
            problems.push(problem(&changed, level));
        }
    }
}

fn level(ended: &Ended<'_>, changed: &Changed<'_>, column: Option<&str>) -> Option<Level> {
    let (relation, policy) = (changed.relation, changed.policy);
    let is_open = policy.permissive && test(policy).is_some_and(is_true);
    if !is_open
        || !reaches_application(policy, relation, ended.settings)
        || is_held(relation, policy, column)
        || ended.settings.is_exempt(relation)
    {
        return None;
    }
    let others_restrict = relation.policies.iter().any(|other| {
        other.permissive
            && other.name != policy.name
            && meet(other, policy)
            && test(other).is_some_and(|expr| !is_true(expr))
    });
    let is_tenant = column.is_some_and(|column| is_tenant_table(ended.settings, relation, column));
    match (
        others_restrict || is_tenant,
        relation.only_named,
        &*policy.command,
    ) {
        (true, ..) => Some(Level::Error),
        (false, true, "SELECT") => Some(Level::Info),
        (false, true, _) => Some(Level::Warning),
        (false, false, _) => None,
    }
}

fn problem(changed: &Changed<'_>, level: Level) -> Problem {
    let name = &changed.relation.key;
    Problem::new(
        changed.span.clone(),
        format!("policy \"{}\" on \"{name}\" is true for every row", changed.policy.name),
    )
    .object(name)
    .effect("Permissive policies are joined by OR: with this one every row is let through, whatever the others say.")
    .instead("USING (<tenant column> = nullif(current_setting('<tenant setting>', true), '')::uuid)")
    .level(level)
}
