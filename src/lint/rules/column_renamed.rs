//! A column of a relation that stood before the migration is renamed.

use crate::lint::context::Ended;
use crate::lint::removal::{renamed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::model::quote_identifier;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "column-renamed",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a column of a relation that stood before the migration is renamed",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for renamed in renamed(ended, &[ObjectKind::Column]) {
        let rename = renamed.rename;
        let (name, to) = (&rename.object.name, &rename.to);
        let Some(on) = &rename.object.on else { continue };
        let problem = Problem::new(
            renamed.act.span.clone(),
            format!("column \"{name}\" of existing relation \"{on}\" renamed to \"{to}\""),
        )
        .object(name)
        .effect("Clients of the running release that name the old column fail with 42703 from the commit on, those of the next release before it: no moment suits both.")
        .instead(format!("Add the new column, keep both alike with a trigger, backfill in batches, and drop the old one when no client names it:\nALTER TABLE {} ADD COLUMN {} …;", on.quoted(), quote_identifier(to)));
        problems.push(unless_approved(ended.migration, problem));
    }
}
