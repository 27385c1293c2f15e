//! `default-privileges-to-public`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::{Action, ObjectKind};

/// Privileges for everybody on what is made from now on.
pub(super) static RULE: Rule = Rule {
    name: "default-privileges-to-public",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "default privileges open every future object to every role",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::DefaultPrivileges(grant) = &step.act.action else {
        return;
    };
    let to_public = grant.grantees.iter().any(|grantee| &**grantee == "public");
    let is_default = matches!(
        grant.all_of,
        Some(ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Type)
    );
    if grant.revoke || !to_public || is_default {
        return;
    }
    problems.push(
        Problem::new(step.act.span.clone(), "default privileges grant every future object to PUBLIC")
            .effect("Each table that a later migration makes is open to every role, although nothing in that migration says so.")
            .instead("GRANT … ON <the table> TO <role>;"),
    );
}
