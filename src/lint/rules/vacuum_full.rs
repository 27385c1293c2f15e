//! VACUUM FULL.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;
use crate::sql::act::object::Maintenance;

pub(super) static RULE: Rule = Rule {
    name: "vacuum-full",
    level: Level::Warning,
    category: Category::Rewrite,
    summary: "VACUUM FULL writes an existing table anew under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Maintain {
        verb: Maintenance::Vacuum { full: true },
        tables,
    } = &step.act.action
    else {
        return;
    };
    // In a transaction it does not run at all.
    if step.is_in_transaction()
        || (!tables.is_empty() && !tables.iter().any(|table| step.is_busy_name(table)))
    {
        return;
    }
    let names: Vec<String> = tables.iter().map(|table| table.quoted()).collect();
    let (shown, which) = if names.is_empty() {
        ("every table".to_owned(), String::new())
    } else {
        (names.join(", "), format!(" {}", names.join(", ")))
    };
    let mut problem = Problem::new(step.act.span.clone(), format!("VACUUM FULL of {shown}"))
        .effect(format!(
            "ACCESS EXCLUSIVE on {shown} while it and all its indexes are written anew: its readers and writers wait."
        ))
        .instead(format!(
            "VACUUM (ANALYZE){which};  -- frees space for reuse and stops nobody; to give disk space back, pg_repack or pg_squeeze"
        ));
    if let Some(table) = tables.first() {
        problem = problem.object(table);
    }
    problems.push(problem);
}
