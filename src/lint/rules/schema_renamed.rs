//! A schema that stood before the migration is renamed.

use crate::lint::context::Ended;
use crate::lint::removal::{renamed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::model::quote_identifier;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "schema-renamed",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a schema that stood before the migration is renamed",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for renamed in renamed(ended, &[ObjectKind::Schema]) {
        let rename = renamed.rename;
        let (name, to) = (&rename.object.name, &rename.to);
        let problem = Problem::new(
            renamed.act.span.clone(),
            format!("schema \"{name}\" renamed to \"{to}\""),
        )
        .object(name)
        .effect("Every client that names the schema, or has it in its search_path, fails with 42P01 or 3F000 from the commit on; so do functions in PL/pgSQL and settings of roles.")
        .instead(format!("Make schema {} beside {}, move the objects one release after another, and leave views of the old names behind.", quote_identifier(to), name.quoted()));
        problems.push(unless_approved(ended.migration, problem));
    }
}
