//! `role-bypasses-row-security`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::act::Action;

/// A role that no policy binds.
pub(super) static RULE: Rule = Rule {
    name: "role-bypasses-row-security",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "a role gets BYPASSRLS or SUPERUSER",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Role(role) = &step.act.action else {
        return;
    };
    let option = role
        .options
        .iter()
        .find(|option| matches!(&***option, "BYPASSRLS" | "SUPERUSER"));
    let is_migrator = step
        .settings
        .migration_roles
        .iter()
        .any(|name| **name == *role.name);
    let (Some(option), false) = (option, is_migrator) else {
        return;
    };
    let is_runtime = step
        .settings
        .runtime_roles
        .iter()
        .any(|name| **name == *role.name);
    problems.push(
        Problem::new(step.act.span.clone(), format!("role \"{}\" gets {option}", role.name))
            .object(&role.name)
            .effect("No policy of any table binds the role, FORCE or not: it reads and writes the rows of every tenant.")
            .instead(format!("ALTER ROLE {} NO{option};", quote_identifier(&role.name)))
            .level(if is_runtime { Level::Error } else { Level::Warning }),
    );
}
