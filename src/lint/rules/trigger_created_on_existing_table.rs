//! CREATE TRIGGER on a table in use.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::Action;

pub(super) static RULE: Rule = Rule {
    name: "trigger-created-on-existing-table",
    level: Level::Info,
    category: Category::Lock,
    summary: "a trigger is created on an existing table, whose writers wait until the transaction ends",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::CreateTrigger(trigger) = &step.act.action else {
        return;
    };
    if !step.is_busy_name(&trigger.relation) {
        return;
    }
    let shown = format!("\"{}\"", trigger.relation);
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("trigger \"{}\" created on existing table \"{}\"", trigger.name, trigger.relation),
        )
        .object(&trigger.relation)
        .effect(format!(
            "SHARE ROW EXCLUSIVE on {shown} to the end of the transaction: INSERT, UPDATE and DELETE wait; from then on each of them runs the function."
        ))
        .instead("Create the function first and the trigger last, in a short transaction of its own."),
    );
}
