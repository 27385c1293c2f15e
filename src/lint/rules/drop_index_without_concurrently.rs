//! DROP INDEX of a table in use, without CONCURRENTLY.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Found, RelationKind};
use crate::model::Level;
use crate::sql::WrittenName;
use crate::sql::act::{Action, ObjectKind, Span};

pub(super) static RULE: Rule = Rule {
    name: "drop-index-without-concurrently",
    level: Level::Warning,
    category: Category::Lock,
    summary: "an index of an existing table is dropped under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Drop(drop) = &step.act.action else {
        return;
    };
    if drop.concurrently {
        return;
    }
    let dropped: Vec<&WrittenName> = drop
        .objects
        .iter()
        .filter(|object| object.kind == ObjectKind::Index && blocks(step, &object.name))
        .map(|object| &object.name)
        .collect();
    let Some(first) = dropped.first() else {
        return;
    };
    let names: Vec<String> = dropped.iter().map(|name| format!("\"{name}\"")).collect();
    let statements: Vec<String> = dropped
        .iter()
        .map(|name| format!("DROP INDEX CONCURRENTLY {};", name.quoted()))
        .collect();
    let table = match step.schema.index(first) {
        Found::Known(index) => format!("\"{}\"", index.relation.name),
        _ => "its table".to_owned(),
    };
    let mut problem = Problem::new(
        step.act.span.clone(),
        format!("index {} dropped without CONCURRENTLY", names.join(", ")),
    )
    .object(first)
    .effect(format!(
        "ACCESS EXCLUSIVE on {table}: it waits for every running query, and everything that comes after waits behind it."
    ))
    .instead(format!(
        "Drop it in a file of its own with `transaction: false`:\n{}",
        statements.join("\n")
    ));
    let is_plain = drop.objects.len() == 1 && !drop.cascade;
    if is_plain
        && !step.is_in_transaction()
        && let Some(span) = after_index(step)
    {
        problem = problem.fix(span, " CONCURRENTLY");
    }
    problems.push(problem);
}

/// Says whether readers of a table in use wait for the index to go. Indexes of partitioned tables and of constraints
/// have no other way.
fn blocks(step: &Step<'_>, name: &WrittenName) -> bool {
    match step.schema.index(name) {
        Found::Known(index) => match step.schema.relation_at(&index.relation) {
            Some(found) => {
                step.is_busy(found)
                    && found.kind != RelationKind::PartitionedTable
                    && !index.constraint
                    && index.origin.migration() != Some(step.migration.number)
            }
            None => true,
        },
        Found::Unknown => true,
        Found::Absent | Found::System => false,
    }
}

fn after_index(step: &Step<'_>) -> Option<Span> {
    let text = step.migration.text(step.act);
    let token =
        crate::sql::parse::tokens(text).find(|token| token.text(text).eq_ignore_ascii_case("index"))?;
    let at = step.act.span.start + u32::try_from(token.range.end).ok()?;
    Some(at..at)
}
