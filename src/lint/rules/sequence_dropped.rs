//! A sequence that stood before the migration is dropped, and its count with it.

use crate::lint::context::Ended;
use crate::lint::removal::{removed, unless_approved};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::ObjectKind;

pub(super) static RULE: Rule = Rule {
    name: "sequence-dropped",
    level: Level::Warning,
    category: Category::DataLoss,
    summary: "a sequence that stood before the migration is dropped, and its count with it",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for removed in removed(ended, &[ObjectKind::Sequence]) {
        let name = &removed.object.name;
        let problem = Problem::new(
            removed.act.span.clone(),
            format!("existing sequence \"{name}\" dropped"),
        )
        .object(name)
        .effect("Its count is gone, and clients that call nextval on it fail with 42P01.")
        .instead(format!("First release code that does not use {0}, and write its count down:\nSELECT last_value FROM {0};", name.quoted()));
        problems.push(unless_approved(ended.migration, problem));
    }
}
