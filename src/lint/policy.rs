//! The policies that a file makes or changes, and how those of a table work together (manual, section 5.9).

use std::collections::HashMap;

use super::context::{Ended, Settings};
use super::schema::{Key, Policy, Relation};
use super::tenancy::{concerns, concerns_application, may_restrict, settings_read};
use super::walk::every_act;
use crate::sql::act::{Action, Expr, Span};

/// A policy that a file makes or changes, as it is at the end.
#[derive(Clone, Debug)]
pub struct Changed<'a> {
    /// Its table.
    pub relation: &'a Relation,
    /// The policy.
    pub policy: &'a Policy,
    /// The last statement that made or changed it.
    pub span: Span,
}

/// Returns the policies that a file makes or changes and that are there at its end, in the order of the text.
pub fn changed_policies<'a>(ended: &Ended<'a>) -> Vec<Changed<'a>> {
    // By table and name: a generated file may give a table thousands.
    let mut by_name: HashMap<&Key, HashMap<&str, &'a Policy>> = HashMap::new();
    let mut found: HashMap<*const Policy, Changed<'a>> = HashMap::new();
    for walked in every_act(ended.migration) {
        let Action::Policy(written) = &walked.act.action else {
            continue;
        };
        let Some(relation) = ended.after.relation(&written.relation).known() else {
            continue;
        };
        let policies = by_name.entry(&relation.key).or_insert_with(|| {
            let named = relation.policies.iter().map(|policy| (&*policy.name, policy));
            named.collect()
        });
        let Some(policy) = policies.get(&*written.name).copied() else {
            continue;
        };
        let changed = Changed {
            relation,
            policy,
            span: walked.act.span.clone(),
        };
        found.insert(std::ptr::from_ref(policy), changed);
    }
    let mut found: Vec<Changed<'a>> = found.into_values().collect();
    found.sort_by_key(|changed| changed.span.start);
    found
}

/// Returns the test that a policy puts to rows: to those that are there, or for INSERT to the new ones.
pub fn test(policy: &Policy) -> Option<&Expr> {
    policy.using.as_ref().or(policy.with_check.as_ref())
}

/// Says whether two policies meet: some command and some role has both.
pub fn meet(one: &Policy, other: &Policy) -> bool {
    let commands = one.command == other.command || &*one.command == "ALL" || &*other.command == "ALL";
    let roles = concerns(one, "public")
        || concerns(other, "public")
        || one.roles.iter().any(|role| other.roles.contains(role));
    commands && roles
}

/// Says whether a restrictive policy keeps tenants apart whatever the permissive ones allow.
pub fn is_held(relation: &Relation, policy: &Policy, column: Option<&str>) -> bool {
    relation.policies.iter().any(|other| {
        !other.permissive
            && (&*other.command == "ALL" || other.command == policy.command)
            && concerns(other, "public")
            && test(other).is_some_and(|expr| keeps_apart(expr, column))
    })
}

/// Says whether an expression keeps tenants apart by their column or by a setting.
pub fn keeps_apart(expr: &Expr, column: Option<&str>) -> bool {
    may_restrict(expr, column) && (column.is_some() || !settings_read(expr).is_empty())
}

/// Says whether a policy lets the application in: everybody, a role that it works with, or, where these are not
/// configured, a role that another policy of the table names or that was granted something on it.
pub fn reaches_application(policy: &Policy, relation: &Relation, settings: &Settings) -> bool {
    if concerns_application(policy, settings) {
        return true;
    }
    settings.runtime_roles.is_empty()
        && policy.roles.iter().any(|role| {
            relation.grants.granted.contains_key(role)
                || relation
                    .policies
                    .iter()
                    .any(|other| other.name != policy.name && other.roles.contains(role))
        })
}
