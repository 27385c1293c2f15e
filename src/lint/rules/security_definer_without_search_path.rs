//! `security-definer-without-search-path`.

use crate::lint::context::Ended;
use crate::lint::routine::{changed_routines, is_pinned};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

/// A SECURITY DEFINER function that looks names up where its caller says.
pub(super) static RULE: Rule = Rule {
    name: "security-definer-without-search-path",
    level: Level::Warning,
    category: Category::Privilege,
    summary: "a SECURITY DEFINER function does not set its own search_path",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for changed in changed_routines(ended) {
        let routine = changed.routine;
        let is_sql = matches!(&*routine.language, "sql" | "plpgsql");
        // A replacement that lost its settings is found as that.
        let lost = changed.is_replaced && changed.before.is_some_and(is_pinned);
        let was_so = changed
            .before
            .is_some_and(|before| before.security_definer && !is_pinned(before));
        if !routine.security_definer
            || is_pinned(routine)
            || !is_sql
            || lost
            || (was_so && !changed.is_created)
        {
            continue;
        }
        let name = &routine.key;
        problems.push(
            Problem::new(changed.span.clone(), format!("SECURITY DEFINER function \"{name}\" has no search_path of its own"))
                .object(name)
                .effect(
                    "It runs with its owner's rights and looks names up in the caller's search_path: a caller who can create a \
                     table or function, in pg_temp if nowhere else, decides what it reads and calls.",
                )
                .instead(format!("ALTER FUNCTION {} SET search_path = {}, pg_temp;", changed.signature(), name.schema)),
        );
    }
}
