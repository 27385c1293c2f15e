//! COPY reads from or writes to a client, and the runner is none.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "copy-through-client",
    level: Level::Error,
    category: Category::Correctness,
    summary: "COPY reads from or writes to a client, and the runner is none",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Copy(copy) = &step.act.action else {
        return;
    };
    if !copy.through_client {
        return;
    }
    let way = if copy.is_from {
        "COPY FROM STDIN"
    } else {
        "COPY TO STDOUT"
    };
    let problem = Problem::new(
        step.act.span.clone(),
        format!("{way} needs a client such as psql"),
    )
    .effect("The runner sends statements, not rows: it refuses the file. psql reads the rows from the file.")
    .instead("INSERT INTO … VALUES …;");
    // A dump that is linted by itself is for psql.
    problems.push(match step.migration.revision {
        Some(_) => problem,
        None => problem.level(Level::Info),
    });
}
