//! A type that stood before the migration is renamed.

use crate::lint::context::Ended;
use crate::lint::removal::{renamed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "type-renamed",
    level: Level::Info,
    category: Category::DataLoss,
    summary: "a type that stood before the migration is renamed",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for renamed in renamed(ended, &[ObjectKind::Type, ObjectKind::Domain]) {
        let rename = renamed.rename;
        let (name, to) = (&rename.object.name, &rename.to);
        let problem = Problem::new(
            renamed.act.span.clone(),
            format!("existing type \"{name}\" renamed to \"{to}\""),
        )
        .object(name)
        .effect("Columns follow; clients that cast to the old name, and functions in PL/pgSQL that use it, fail with 42704.")
        .instead(format!("Release code that does not name {} first.", name.quoted()));
        problems.push(unless_approved(ended.migration, problem));
    }
}
