//! An extension is dropped with its functions, types and tables.

use crate::lint::context::Ended;
use crate::lint::removal::{removed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "extension-dropped",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "an extension is dropped with its functions, types and tables",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for removed in removed(ended, &[ObjectKind::Extension]) {
        let name = &removed.object.name;
        let problem = Problem::new(
            removed.act.span.clone(),
            format!("extension \"{name}\" dropped"),
        )
        .object(name)
        .effect("Its functions, operators and types are gone: queries and functions in PL/pgSQL that use them fail with 42883 or 42704; with CASCADE columns of its types go too.")
        .instead(format!("Find what uses it first:\nSELECT pg_catalog.pg_describe_object(classid, objid, 0) FROM pg_catalog.pg_depend WHERE refobjid IN (SELECT objid FROM pg_catalog.pg_depend WHERE refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = '{}'));", name.name));
        problems.push(unless_approved(ended.migration, problem));
    }
}
