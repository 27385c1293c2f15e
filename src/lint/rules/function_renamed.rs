//! A function that stood before the migration is renamed, and nothing has its old name.

use crate::lint::context::Ended;
use crate::lint::removal::{renamed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::model::quote_identifier;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "function-renamed",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a function that stood before the migration is renamed, and nothing has its old name",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for renamed in renamed(
        ended,
        &[
            ObjectKind::Function,
            ObjectKind::Procedure,
            ObjectKind::Routine,
            ObjectKind::Aggregate,
        ],
    ) {
        let rename = renamed.rename;
        let (name, to) = (&rename.object.name, &rename.to);
        let routines = ended.before.routines(name);
        if !routines.is_empty() && routines.iter().all(|routine| routine.is_trigger) {
            continue;
        }
        let problem = Problem::new(
            renamed.act.span.clone(),
            format!("existing function \"{name}\" renamed to \"{to}\""),
        )
        .object(name)
        .effect("Clients and functions in PL/pgSQL that call it by the old name fail with 42883 from the commit on.")
        .instead(format!("Until nobody calls it by the old name, keep a function {} that calls {}.", name.quoted(), quote_identifier(to)));
        problems.push(unless_approved(ended.migration, problem));
    }
}
