//! `grant-all-to-runtime-role`.

use crate::lint::context::{Settings, Step};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Found;
use crate::model::{Level, quote_identifier};
use crate::sql::act::{Action, Grant, ObjectKind};

/// More than reading and writing rows for the role that the application works with.
pub(super) static RULE: Rule = Rule {
    name: "grant-all-to-runtime-role",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "the application's role gets ALL or TRUNCATE on tables",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let (Action::Grant(grant) | Action::DefaultPrivileges(grant)) = &step.act.action else {
        return;
    };
    if grant.revoke || grant.of_roles || !is_of_tables(grant) {
        return;
    }
    let is_all = grant.privileges.is_empty()
        || grant.privileges.iter().any(|privilege| {
            privilege.columns.is_empty() && matches!(&*privilege.name, "ALL" | "ALL PRIVILEGES" | "TRUNCATE")
        });
    let grantee = grant
        .grantees
        .iter()
        .find(|grantee| is_application(step.settings, grantee));
    let (Some(grantee), true) = (grantee, is_all) else {
        return;
    };
    // Views and materialized views cannot be truncated.
    let only_views = !grant.objects.is_empty()
        && grant
            .objects
            .iter()
            .all(|object| matches!(step.relation(&object.name), Found::Known(found) if !found.is_table()));
    if only_views {
        return;
    }
    let what = match (grant.objects.first(), grant.schemas.first()) {
        (Some(object), _) => object.name.quoted(),
        (None, Some(schema)) => format!("ALL TABLES IN SCHEMA {}", quote_identifier(schema)),
        (None, None) => "TABLES".to_owned(),
    };
    problems.push(
        Problem::new(step.act.span.clone(), format!("role \"{grantee}\" gets ALL on {what}"))
            .object(grantee)
            .effect(
                "ALL holds TRUNCATE, REFERENCES and TRIGGER. TRUNCATE asks no policy: the role can empty the table for every tenant; \
                 with TRIGGER it can have code run as whoever writes.",
            )
            .instead(format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {what} TO {};", quote_identifier(grantee))),
    );
}

fn is_of_tables(grant: &Grant) -> bool {
    match grant.all_of {
        Some(kind) => kind == ObjectKind::Table,
        None => {
            grant
                .objects
                .iter()
                .all(|object| object.kind == ObjectKind::Table)
                && !grant.objects.is_empty()
        }
    }
}

/// PUBLIC has a rule of its own. Where the configuration names no role of the application, every role counts whose name
/// does not say that it administers.
fn is_application(settings: &Settings, grantee: &str) -> bool {
    if settings.runtime_roles.iter().any(|role| role == grantee) {
        return true;
    }
    const ADMINISTERS: [&str; 9] = [
        "admin", "owner", "migrat", "postgres", "dba", "super", "root", "deploy", "backup",
    ];
    let is_key_word = matches!(
        grantee,
        "public" | "current_user" | "current_role" | "session_user"
    );
    settings.runtime_roles.is_empty()
        && !is_key_word
        && !settings.migration_roles.iter().any(|role| role == grantee)
        && !ADMINISTERS.iter().any(|word| grantee.contains(word))
}
