//! `grant-with-grant-option`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;

/// A privilege that may be handed on.
pub(super) static RULE: Rule = Rule {
    name: "grant-with-grant-option",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "a privilege or role is granted with the right to hand it on",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let (Action::Grant(grant) | Action::DefaultPrivileges(grant)) = &step.act.action else {
        return;
    };
    let grantee = grant.grantees.iter().find(|grantee| {
        !step
            .settings
            .migration_roles
            .iter()
            .any(|role| **role == ***grantee)
    });
    let (Some(grantee), true, false) = (grantee, grant.with_option, grant.revoke) else {
        return;
    };
    let option = if grant.of_roles { "ADMIN" } else { "GRANT" };
    problems.push(
        Problem::new(step.act.span.clone(), format!("role \"{grantee}\" may hand on what it is granted"))
            .object(grantee)
            .effect(
                "Who holds the privilege is no longer decided by migrations, and a later REVOKE fails with 2BP01 unless it says \
                 CASCADE, which takes it from everybody it was handed to.",
            )
            .instead(format!("Leave WITH {option} OPTION out.")),
    );
}
