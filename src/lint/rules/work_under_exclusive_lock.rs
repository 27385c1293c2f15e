//! Work that grows with a table while the transaction holds a strong lock of an earlier statement.

use crate::lint::context::Step;
use crate::lint::reach::{changes, is_unbounded, reads_whole};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::RelationKind;
use crate::lint::transaction::Held;
use crate::model::{Level, LockMode};
use crate::sql::act::{Action, AlterCommand, DmlAction};

pub(super) static RULE: Rule = Rule {
    name: "work-under-exclusive-lock",
    level: Level::Warning,
    category: Category::Lock,
    summary: "rows are read or changed at length while an earlier statement's lock keeps others waiting",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    if !step.transaction.shared {
        return;
    }
    let Some((work, held)) = work(step).and_then(|work| Some((work, lock_held(step)?))) else {
        return;
    };
    let name = &held.relation;
    let waiting = if held.mode == LockMode::AccessExclusive {
        "readers and writers"
    } else {
        "writers"
    };
    let taken_by = beginning(step, held.statement);
    let mut problem = Problem::new(
        step.act.span.clone(),
        format!("{work} while \"{}\" is locked {}", name.name, held.mode.as_str()),
    )
    .object(name)
    .effect(format!(
        "{} on \"{}\", taken by {taken_by}, is held until this is done and committed: its {waiting} wait all that time.",
        held.mode.as_str(),
        name.name
    ))
    .instead("Put the schema change into a migration of its own, which takes moments, and the work before or after it.");
    // A guarded backfill locks on purpose, and `plan` shows for how long; so does one that is guarded by hand.
    if step.section().is_some() || step.is_of_toggle(held) {
        problem = problem.level(Level::Info);
    }
    problems.push(problem);
}

/// Returns the strongest lock of an earlier statement that keeps others from a table, one that is more than the switch of
/// a guard first. That of CREATE TABLE … REFERENCES is left out: the new table is still empty and what fills it is small
/// by custom.
fn lock_held<'a>(step: &Step<'a>) -> Option<&'a Held> {
    step.busy_locks(LockMode::Share)
        .filter(|held| {
            let action = step.migration.acts.get(held.statement).map(|act| &act.action);
            !matches!(action, Some(Action::CreateTable(_))) && keeps_others(step, held)
        })
        .max_by_key(|held| (!step.is_of_toggle(held), held.mode))
}

/// Nobody writes to a materialized view but REFRESH, so only readers can be kept from it.
fn keeps_others(step: &Step<'_>, held: &Held) -> bool {
    let is_matview = step
        .schema
        .relation_at(&held.relation)
        .is_some_and(|found| found.kind == RelationKind::MaterializedView);
    !is_matview || held.mode == LockMode::AccessExclusive
}

/// Says in words what a statement does at length, where no other rule says so of a lock that it takes itself.
fn work(step: &Step<'_>) -> Option<String> {
    let long = changes(&step.act.action)
        .into_iter()
        .find(|change| step.is_busy_name(&change.dml.target) && is_unbounded(step, *change));
    if let Some(change) = long {
        return Some(format!(
            "{} of all of \"{}\"",
            change.dml.action.as_str(),
            change.dml.target
        ));
    }
    match &step.act.action {
        Action::Dml(change) => {
            let source = change
                .source
                .as_deref()
                .filter(|_| change.action == DmlAction::Insert)?;
            reads_whole(step, source).map(|source| format!("rows of \"{source}\" copied"))
        }
        Action::Select(query) => reads_whole(step, query).map(|name| format!("\"{name}\" read whole")),
        Action::CreateTable(table) if !table.no_data => {
            let source = reads_whole(step, table.query.as_deref()?)?;
            Some(format!("\"{source}\" copied"))
        }
        Action::CreateView(view) if view.materialized && !view.no_data => {
            let source = reads_whole(step, &view.query)?;
            Some(format!(
                "materialized view \"{}\" filled from \"{source}\"",
                view.name
            ))
        }
        Action::Refresh {
            name,
            concurrently,
            no_data: false,
        } if *concurrently => Some(format!("materialized view \"{name}\" refreshed")),
        Action::AlterTable(table) => validation(step, table),
        _ => None,
    }
}

/// A validation of a table that is not itself locked; for one that is, there is a rule of its own.
fn validation(step: &Step<'_>, table: &crate::sql::act::AlterTable) -> Option<String> {
    let validates = table
        .commands
        .iter()
        .all(|(command, _)| matches!(command, AlterCommand::ValidateConstraint(_)));
    let is_locked = || {
        let held = step.transaction.holds(&step.key_of(&table.name));
        held.is_some_and(|held| held.mode >= LockMode::Share)
    };
    (validates && !is_locked() && step.busy_scans(step.effects).next().is_some())
        .then(|| format!("constraint of \"{}\" validated", table.name))
}

/// Returns the beginning of an earlier statement in one line, in backquotes.
fn beginning(step: &Step<'_>, statement: usize) -> String {
    const LENGTH: usize = 60;
    let text = step
        .migration
        .acts
        .get(statement)
        .map(|act| step.migration.text(act))
        .unwrap_or_default();
    let mut words = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let start: String = words.by_ref().take(LENGTH).collect();
    let more = if words.next().is_some() { "…" } else { "" };
    format!("`{start}{more}`")
}
