//! A label of an enum that stood before the migration is renamed.

use crate::lint::context::Step;
use crate::lint::removal::unless_approved;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Found;
use crate::model::Level;
use crate::model::quote_literal;
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "enum-value-renamed",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a label of an enum that stood before the migration is renamed",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::RenameEnumValue { name, from, to } = &step.act.action else {
        return;
    };
    if let Found::Known(found) = step.schema.type_(name)
        && found.origin.migration() == Some(step.migration.number)
    {
        return;
    }
    let problem = Problem::new(
        step.act.span.clone(),
        format!("label \"{from}\" of existing enum \"{name}\" renamed to \"{to}\""),
    )
    .object(name)
    .effect("Clients that still send the old label fail with 22P02 from the commit on, and those that compare with it find nothing.")
    .instead(format!(
        "Add the new label, change the rows in batches, and stop using the old one:\nALTER TYPE {} ADD VALUE {};",
        name.quoted(),
        quote_literal(to)
    ));
    problems.push(unless_approved(step.migration, problem));
}
