//! LOCK TABLE on a table in use.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "lock-table-exclusive",
    level: Level::Info,
    category: Category::Lock,
    summary: "LOCK TABLE keeps all writers, or everybody, from an existing table until the transaction ends",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Lock { tables, mode } = &step.act.action else {
        return;
    };
    let waiting = match &**mode {
        "ACCESS EXCLUSIVE" => "readers and writers",
        "EXCLUSIVE" | "SHARE ROW EXCLUSIVE" | "SHARE" => "writers",
        _ => return,
    };
    let names: Vec<String> = tables
        .iter()
        .filter(|table| step.is_busy_name(table))
        .map(|table| format!("\"{table}\""))
        .collect();
    if names.is_empty() {
        return;
    }
    let shown = names.join(", ");
    let problem =
        Problem::new(step.act.span.clone(), format!("LOCK TABLE of {shown} in {mode} mode"))
            .object(tables.first().map(ToString::to_string).unwrap_or_default())
            .effect(format!(
                "{mode} on {shown} to the end of the transaction: {waiting} wait for everything that follows."
            ))
            .instead("Leave it to each statement to take the lock that it needs, and set lock_timeout; if the lock is wanted, keep what follows it short.");
    problems.push(match &**mode {
        "ACCESS EXCLUSIVE" => problem.level(Level::Warning),
        _ => problem,
    });
}
