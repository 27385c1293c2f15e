//! A schema that stood before the migration is dropped.

use crate::lint::context::Ended;
use crate::lint::removal::{removed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "schema-dropped",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a schema that stood before the migration is dropped",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for removed in removed(ended, &[ObjectKind::Schema]) {
        let name = &removed.object.name;
        let problem = Problem::new(
            removed.act.span.clone(),
            format!("schema \"{name}\" dropped"),
        )
        .object(name)
        .effect("What still stands in it goes with CASCADE, or stops the statement (2BP01) without; clients that name the schema fail with 3F000.")
        .instead(format!("Take it away first, and drop it with `approval: …` in the header when nobody missed it:\nALTER SCHEMA {0} RENAME TO \"{1}_dropped\";", name.quoted(), name.name));
        problems.push(unless_approved(ended.migration, problem));
    }
}
