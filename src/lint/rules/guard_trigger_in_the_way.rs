//! `guard-trigger-in-the-way`.

use crate::lint::context::Step;
use crate::lint::firing::refusing_trigger;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::walk::{called_acts, changes_of};
use crate::model::{Level, quote_identifier};
use crate::sql::act::Dml;

/// A change of rows that a trigger of the table refuses.
pub(super) static RULE: Rule = Rule {
    name: "guard-trigger-in-the-way",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "rows are changed in a table whose trigger refuses exactly that",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let called = called_acts(step);
    let acts = std::iter::once(step.act).chain(&called);
    problems.extend(acts.filter_map(|act| problem(&Step { act, ..*step })).next());
}

fn problem(step: &Step<'_>) -> Option<Problem> {
    changes_of(step.act)
        .into_iter()
        .find_map(|change| change_problem(step, change))
}

fn change_problem(step: &Step<'_>, change: &Dml) -> Option<Problem> {
    let relation = step.relation(&change.target).known()?;
    let has_rows = !step.transaction.made(relation.origin) || relation.may_have_rows;
    let is_insert = change.action == crate::sql::act::DmlAction::Insert;
    if !(has_rows || is_insert) {
        return None;
    }
    let trigger = refusing_trigger(step, relation, change).filter(|_| !is_replica(step))?;
    let name = &relation.key;
    let verb = change.action.as_str();
    let table = format!(
        "{}.{}",
        quote_identifier(&name.schema),
        quote_identifier(&name.name)
    );
    let quoted = quote_identifier(&trigger.name);
    Some(
        Problem::new(
            step.act.span.clone(),
            format!("{verb} on \"{name}\" is refused by its trigger \"{}\"", trigger.name),
        )
        .object(name)
        .effect(format!(
            "\"{}\" calls \"{}\", which raises an exception for every row, also for a superuser. An empty table never shows it: \
             a fresh database passes, one with rows stops here.",
            trigger.name, trigger.function
        ))
        .instead(format!(
            "--: backfill table={name} triggers={}\n{verb} …;\n--: end\n\nor, in the same transaction:\n\nALTER TABLE {table} DISABLE TRIGGER {quoted};\n{verb} …;\nALTER TABLE {table} ENABLE TRIGGER {quoted};",
            trigger.name
        )),
    )
}

/// Says whether the session plays a replica, for which ordinary triggers do not fire.
fn is_replica(step: &Step<'_>) -> bool {
    step.migration
        .digest
        .settings()
        .take_while(|setting| setting.span.start < step.act.span.start)
        .filter(|setting| setting.name == "session_replication_role")
        .last()
        .is_some_and(|setting| setting.value == Some("replica"))
}
