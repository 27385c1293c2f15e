//! INSERT … SELECT that copies a whole table in one go.

use crate::lint::context::Step;
use crate::lint::reach::reads_whole;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::{Action, DmlAction};

pub(super) static RULE: Rule = Rule {
    name: "insert-select-large",
    level: Level::Info,
    category: Category::Lock,
    summary: "INSERT … SELECT copies a whole existing table in one transaction",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Dml(change) = &step.act.action else {
        return;
    };
    let batched = step.section().is_some_and(|section| section.batched.is_some());
    if change.action != DmlAction::Insert || batched {
        return;
    }
    let Some(source) = change
        .source
        .as_deref()
        .and_then(|query| reads_whole(step, query))
    else {
        return;
    };
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("all of \"{source}\" copied to \"{}\" in one transaction", change.target),
        )
        .object(&change.target)
        .effect("One long transaction: no VACUUM clears dead rows anywhere in the database until it ends, and a failure at its end loses all of it.")
        .instead(format!(
            "Copy in stretches of the key that commit one by one:\nINSERT INTO {} SELECT … FROM {} WHERE id > … AND id <= …;",
            change.target.quoted(),
            source.quoted()
        )),
    );
}
