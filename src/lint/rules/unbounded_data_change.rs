//! UPDATE or DELETE of a whole table in one go.

use crate::lint::context::Step;
use crate::lint::reach::{Change, changes, is_unbounded};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::Found;
use crate::model::{Level, quote_identifier};
use crate::sql::act::{Dml, DmlAction};

pub(super) static RULE: Rule = Rule {
    name: "unbounded-data-change",
    level: Level::Warning,
    category: Category::Lock,
    summary: "UPDATE or DELETE reaches as many rows of an existing table as there are, in one transaction",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for change in changes(&step.act.action) {
        if step.is_busy_name(&change.dml.target) && is_unbounded(step, change) {
            problems.extend(problem(step, change));
        }
    }
}

fn problem(step: &Step<'_>, change: Change<'_>) -> Option<Problem> {
    let change = change.dml;
    let section = step.section();
    // In batches it is the runner that bounds it; in a loop of a block, the block.
    if section.is_some_and(|section| section.batched.is_some()) || is_batched_loop(step, change) {
        return None;
    }
    let shown = format!("\"{}\"", change.target);
    let verb = change.action.as_str();
    let problem = Problem::new(
        step.act.span.clone(),
        format!(
            "{verb} of all of existing table \"{}\" in one transaction",
            change.target
        ),
    )
    .object(&change.target)
    .effect(format!(
        "Every row that it touches stays locked until the commit: other writers of these rows in {shown} wait; each leaves a dead version behind, and no VACUUM can clear any until it ends."
    ))
    .instead(batches(step, change));
    // A guarded backfill is planned, counted and shown with its time; one that is guarded by hand has to be whole.
    match section.is_some() || step.is_toggled(&change.target) {
        true => Some(problem.level(Level::Info)),
        false => Some(problem),
    }
}

fn is_batched_loop(step: &Step<'_>, change: &Dml) -> bool {
    step.inside.is_some_and(|inside| inside.in_loop)
        && change
            .condition
            .as_ref()
            .is_some_and(|condition| condition.any(|part| part.as_column().is_some()))
}

/// Writes the statement as one that a loop can repeat.
fn batches(step: &Step<'_>, change: &Dml) -> String {
    let table = change.target.quoted();
    let key = match step.relation(&change.target) {
        Found::Known(relation) => relation
            .primary_key()
            .and_then(|columns| columns.first())
            .map(|column| quote_identifier(column)),
        _ => None,
    }
    .unwrap_or_else(|| "id".to_owned());
    let set = match change.action {
        DmlAction::Update => format!("UPDATE {table} SET … "),
        _ => format!("DELETE FROM {table} "),
    };
    format!(
        "In batches that commit one by one (`--: backfill table={}` with `--: batched key={key} size=5000` in a file with `transaction: false`), or:\n{set}WHERE {key} IN (SELECT {key} FROM {table} WHERE … LIMIT 5000);  -- until it reaches no row",
        change.target
    )
}
