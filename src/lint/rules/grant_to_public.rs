//! `grant-to-public`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::{Action, Grant, ObjectKind};

/// A privilege for every role that can connect.
pub(super) static RULE: Rule = Rule {
    name: "grant-to-public",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "a privilege is granted to every role, those that do not exist yet too",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Grant(grant) = &step.act.action else {
        return;
    };
    let to_public = grant.grantees.iter().any(|grantee| &**grantee == "public");
    if grant.revoke || !to_public || grant.of_roles {
        return;
    }
    let Some(level) = level(grant) else { return };
    let what = match (grant.objects.first(), grant.schemas.first()) {
        (Some(object), _) => format!("\"{}\"", object.name),
        (None, Some(schema)) => format!("everything in schema \"{schema}\""),
        (None, None) => "it".to_owned(),
    };
    let privileges: Vec<&str> = grant
        .privileges
        .iter()
        .map(|privilege| &*privilege.name)
        .collect();
    let privileges = if privileges.is_empty() {
        "ALL".to_owned()
    } else {
        privileges.join(", ")
    };
    let mut problem = Problem::new(
        step.act.span.clone(),
        format!("{privileges} on {what} is granted to PUBLIC"),
    )
    .effect("Every role has it from the commit on, those that are created later too; REVOKE from one role does not take it away.")
    .instead(step.migration.text(step.act).to_owned().replace("PUBLIC", "<role>").replace("public;", "<role>;"))
    .level(level);
    if let Some(object) = grant.objects.first() {
        problem = problem.object(&object.name);
    }
    problems.push(problem);
}

/// What PUBLIC has anyway (manual, table 5.2) is no finding; USAGE of a schema lets names be looked up, no more.
fn level(grant: &Grant) -> Option<Level> {
    let kind = grant
        .all_of
        .or_else(|| grant.objects.first().map(|object| object.kind));
    let only = |allowed: &[&str]| {
        !grant.privileges.is_empty()
            && grant
                .privileges
                .iter()
                .all(|privilege| allowed.contains(&&*privilege.name))
    };
    match kind? {
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Aggregate => None,
        ObjectKind::Type | ObjectKind::Domain | ObjectKind::Language => None,
        ObjectKind::Schema if only(&["USAGE"]) => Some(Level::Info),
        ObjectKind::Database if only(&["CONNECT", "TEMPORARY", "TEMP"]) => None,
        _ => Some(Level::Warning),
    }
}
