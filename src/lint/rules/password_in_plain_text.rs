//! `password-in-plain-text`.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::act::Action;

/// A password in a file that everybody reads.
pub(super) static RULE: Rule = Rule {
    name: "password-in-plain-text",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "a role's password stands in the file",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Role(role) = &step.act.action else {
        return;
    };
    let has_password = role.options.iter().any(|option| option.starts_with("PASSWORD"));
    if !has_password {
        return;
    }
    // A hash cannot be used to log in, but it can be tried against word lists; md5 is as good as the password.
    let is_hash = step.migration.text(step.act).contains("SCRAM-SHA-256$");
    problems.push(
        Problem::new(step.act.span.clone(), format!("the password of role \"{}\" stands in the file", role.name))
            .object(&role.name)
            .effect("It is in the repository, in the server's log, and perhaps in pg_stat_statements, for whoever reads one of them.")
            .instead(format!(
                "ALTER ROLE {} PASSWORD NULL;\n\nand set it outside of migrations: \\password {}",
                quote_identifier(&role.name),
                role.name
            ))
            .level(if is_hash { Level::Info } else { Level::Warning }),
    );
}
