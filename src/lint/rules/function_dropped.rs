//! A function that stood before the migration is dropped and not made again.

use crate::lint::context::Ended;
use crate::lint::removal::{removed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "function-dropped",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a function that stood before the migration is dropped and not made again",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for removed in removed(
        ended,
        &[
            ObjectKind::Function,
            ObjectKind::Procedure,
            ObjectKind::Routine,
            ObjectKind::Aggregate,
        ],
    ) {
        let name = &removed.object.name;
        // A trigger function has no callers but triggers, and these stop the statement.
        let routines = ended.before.routines(name);
        if !routines.is_empty() && routines.iter().all(|routine| routine.is_trigger) {
            continue;
        }
        let problem = Problem::new(
            removed.act.span.clone(),
            format!("existing function \"{name}\" dropped"),
        )
        .object(name)
        .effect("Clients and functions in PL/pgSQL that call it fail with 42883 from the commit on; nothing says so now.")
        .instead(format!("First release code that does not call {0}; or keep it as one that calls what replaces it.", name.quoted()));
        problems.push(unless_approved(ended.migration, problem));
    }
}
