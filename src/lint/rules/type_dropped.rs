//! A type that stood before the migration is dropped.

use crate::lint::context::Ended;
use crate::lint::removal::{removed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "type-dropped",
    level: Level::Info,
    category: Category::DataLoss,
    summary: "a type that stood before the migration is dropped",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for removed in removed(ended, &[ObjectKind::Type, ObjectKind::Domain]) {
        let name = &removed.object.name;
        let problem = Problem::new(
            removed.act.span.clone(),
            format!("existing type \"{name}\" dropped"),
        )
        .object(name)
        .effect("No column can have it, or the statement fails; clients that cast to it fail with 42704.")
        .instead(format!(
            "First release code that does not name {0}.",
            name.quoted()
        ));
        problems.push(unless_approved(ended.migration, problem));
    }
}
