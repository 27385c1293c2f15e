//! A view that stood before the migration is dropped and not made again.

use crate::lint::context::Ended;
use crate::lint::removal::{removed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "view-dropped",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a view that stood before the migration is dropped and not made again",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for removed in removed(ended, &[ObjectKind::View, ObjectKind::MaterializedView]) {
        let name = &removed.object.name;
        let problem = Problem::new(
            removed.act.span.clone(),
            format!("existing view \"{name}\" dropped"),
        )
        .object(name)
        .effect("Clients that read it fail with 42P01; its grants and, of a materialized view, its rows and indexes are gone.")
        .instead(format!("First release code that does not read {0}; or keep it over what replaces it:\nCREATE OR REPLACE VIEW {0} AS SELECT …;", name.quoted()));
        problems.push(unless_approved(ended.migration, problem));
    }
}
