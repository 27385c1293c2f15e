//! CONCURRENTLY in a file with other changes, which stay when it fails.

use super::concurrently_in_transaction::form;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::{Act, Action};

pub(super) static RULE: Rule = Rule {
    name: "concurrently-beside-other-statements",
    level: Level::Info,
    category: Category::Lock,
    summary: "a CONCURRENTLY shares its file with other changes, which stay when it fails",
    check: Check::Statement(check),
};

/// How many statements of the file count: one of thousands must not be read again for each of them.
const NEAR: usize = 1000;

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Some(form) = form(&step.act.action) else {
        return;
    };
    if step.is_in_transaction() || !step.migration.acts.iter().take(NEAR).any(is_other_change) {
        return;
    }
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("{form} beside other changes in one file"),
        )
        .effect(
            "Where the whole file is sent as one string it runs in an implicit transaction and fails with 25001; where it is not, what stands before stays when this fails.",
        )
        .instead("Give each CONCURRENTLY a file of its own with `transaction: false`."),
    );
}

fn is_other_change(act: &Act) -> bool {
    !matches!(
        act.action,
        Action::Set(_)
            | Action::Transaction(_)
            | Action::Comment(_)
            | Action::PsqlCommand(_)
            | Action::Broken { .. }
    ) && form(&act.action).is_none()
}
