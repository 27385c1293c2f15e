//! A command for psql stands in a migration, and only psql knows it.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "psql-command",
    level: Level::Error,
    category: Category::Correctness,
    summary: "a command for psql stands in a migration, and only psql knows it",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::PsqlCommand(line) = &step.act.action else {
        return;
    };
    let command = line.split_ascii_whitespace().next().unwrap_or_default();
    let problem = Problem::new(step.act.span.clone(), format!("{command} is a command for psql"))
        .effect("The server does not know it: the runner refuses the file.")
        .instead(
            "Write it as SQL: SET for \\set, the text of the file for \\i; leave \\echo and the like out.",
        );
    // A script that is linted by itself is for psql.
    problems.push(match step.migration.revision {
        Some(_) => problem,
        None => problem.level(Level::Info),
    });
}
