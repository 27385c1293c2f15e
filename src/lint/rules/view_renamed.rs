//! A view that stood before the migration is renamed, and nothing has its old name.

use crate::lint::context::Ended;
use crate::lint::removal::{renamed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::model::quote_identifier;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "view-renamed",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a view that stood before the migration is renamed, and nothing has its old name",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for renamed in renamed(ended, &[ObjectKind::View, ObjectKind::MaterializedView]) {
        let rename = renamed.rename;
        let (name, to) = (&rename.object.name, &rename.to);
        let problem = Problem::new(
            renamed.act.span.clone(),
            format!("existing view \"{name}\" renamed to \"{to}\""),
        )
        .object(name)
        .effect("Clients that read it by the old name fail with 42P01 from the commit on.")
        .instead(format!(
            "Until no client reads it by the old name:\nCREATE VIEW {} AS SELECT * FROM {};",
            name.quoted(),
            quote_identifier(to)
        ));
        problems.push(unless_approved(ended.migration, problem));
    }
}
