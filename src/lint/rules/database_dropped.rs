//! A database is dropped.

use crate::lint::context::Step;
use crate::lint::removal::unless_approved;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::{Action, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "database-dropped",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a database is dropped",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Drop(drop) = &step.act.action else {
        return;
    };
    // In a transaction it fails, and another rule says so.
    if step.is_in_transaction() {
        return;
    }
    for object in drop
        .objects
        .iter()
        .filter(|object| object.kind == ObjectKind::Database)
    {
        let problem = Problem::new(
            step.act.span.clone(),
            format!("database \"{}\" dropped", object.name),
        )
        .object(&object.name)
        .effect("Everything in it is gone at once; nothing can be rolled back.")
        .instead("Leave it to whoever runs the cluster; a migration changes the database that it runs in.");
        problems.push(unless_approved(step.migration, problem));
    }
}
