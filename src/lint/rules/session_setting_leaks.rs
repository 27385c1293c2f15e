//! `session-setting-leaks`.

use std::collections::BTreeMap;

use crate::lint::context::Ended;
use crate::lint::digest::Made;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::tenancy::settings_read;
use crate::model::Level;
use crate::sql::act::session::SetScope;

/// A setting that decides what later migrations do, and outlives the file.
pub(super) static RULE: Rule = Rule {
    name: "session-setting-leaks",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "a role, search path or tenant is set for the session and still holds for the next migration",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    // What pg_dump wrote is loaded by a session of its own.
    if ended.migration.digest.is_dump {
        return;
    }
    let mut open: BTreeMap<&str, Made<'_>> = BTreeMap::new();
    for setting in ended.migration.digest.settings() {
        match setting.scope {
            SetScope::Reset if setting.name == "all" => {
                // RESET ALL leaves the role and the session's user as they are.
                open.retain(|name, _| matches!(*name, "role" | "session_authorization"));
            }
            SetScope::Reset => {
                open.remove(setting.name);
            }
            SetScope::Session if is_reset(&setting) || is_default(&setting) => {
                open.remove(setting.name);
            }
            SetScope::Session if decides(ended, setting.name) => {
                open.entry(setting.name).or_insert(setting);
            }
            SetScope::Session | SetScope::Local => {}
        }
    }
    let mut left: Vec<Made<'_>> = open.into_values().collect();
    left.sort_by_key(|setting| setting.span.start);
    for setting in left {
        let name = setting.name;
        problems.push(
            Problem::new(
                setting.span,
                format!("\"{name}\" is set for the session and not reset"),
            )
            .effect(effect(name))
            .instead(instead(name, setting.value, ended.migration.transactional)),
        );
    }
}

fn is_reset(setting: &Made<'_>) -> bool {
    match setting.name {
        "role" => setting
            .value
            .is_some_and(|value| value.eq_ignore_ascii_case("none")),
        "session_authorization" => setting
            .value
            .is_some_and(|value| value.eq_ignore_ascii_case("default")),
        name => name.contains('.') && setting.value == Some(""),
    }
}

/// `row_security = on` is what a session begins with.
fn is_default(setting: &Made<'_>) -> bool {
    setting.name == "row_security"
        && setting
            .value
            .is_some_and(|value| value.eq_ignore_ascii_case("on"))
}

fn decides(ended: &Ended<'_>, name: &str) -> bool {
    match name {
        // session_replication_role has a rule of its own.
        "role" | "session_authorization" | "search_path" | "row_security" => true,
        _ => {
            ended.settings.tenant_setting.as_deref() == Some(name)
                || ended.after.relations().any(|relation| {
                    relation.policies.iter().any(|policy| {
                        policy
                            .using
                            .iter()
                            .chain(&policy.with_check)
                            .flat_map(settings_read)
                            .any(|read| read.name.eq_ignore_ascii_case(name))
                    })
                })
        }
    }
}

fn effect(name: &str) -> &'static str {
    match name {
        "role" | "session_authorization" => {
            "SET outlives the transaction: the next migration runs as this role, owns nothing that it should, and row security \
             binds it."
        }
        "search_path" => {
            "SET outlives the transaction: names without a schema in the next migration mean other objects, or none."
        }
        "row_security" => {
            "SET outlives the transaction: the next migration fails or filters where it did not before."
        }
        _ => "SET outlives the transaction: the next migration sees the rows of this one tenant only.",
    }
}

fn instead(name: &str, value: Option<&str>, transactional: bool) -> String {
    let value = value.unwrap_or("…");
    match (name, transactional) {
        ("role", true) => format!("SET LOCAL ROLE {value};"),
        ("role", false) => format!("SET ROLE {value};\n…\nRESET ROLE;"),
        ("session_authorization", true) => format!("SET LOCAL SESSION AUTHORIZATION {value};"),
        ("session_authorization", false) => {
            format!("SET SESSION AUTHORIZATION {value};\n…\nRESET SESSION AUTHORIZATION;")
        }
        ("search_path", true) => format!("SET LOCAL search_path = {value};"),
        (_, true) => format!("SET LOCAL {name} = '{value}';"),
        (_, false) => format!("SET {name} = '{value}';\n…\nRESET {name};"),
    }
}
