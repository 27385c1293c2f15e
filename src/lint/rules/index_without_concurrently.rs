//! CREATE INDEX on a table in use, without CONCURRENTLY.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Found, RelationKind};
use crate::model::{Level, quote_identifier};
use crate::sql::act::{Action, CreateIndex, Span};

pub(super) static RULE: Rule = Rule {
    name: "index-without-concurrently",
    level: Level::Warning,
    category: Category::Lock,
    summary: "an index is built on an existing table while writers wait",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::CreateIndex(index) = &step.act.action else {
        return;
    };
    if index.concurrently || is_partitioned(step, index) || !builds_on_busy(step, index) {
        return;
    }
    let shown = format!("\"{}\"", index.relation);
    let how = concurrently(step, index);
    let mut problem = Problem::new(
        step.act.span.clone(),
        format!(
            "index on existing {} \"{}\" without CONCURRENTLY",
            kind(step, index),
            index.relation
        ),
    )
    .object(&index.relation)
    .effect(format!(
        "SHARE on {shown}: INSERT, UPDATE and DELETE wait for the whole build, which reads every row."
    ))
    .instead(format!(
        "Build it in a file of its own with `transaction: false`:\n{how};"
    ));
    // Inside a transaction CONCURRENTLY would fail, so there the file has to be divided by hand.
    if !step.is_in_transaction()
        && let Some((span, text)) = fix(step)
    {
        problem = problem.fix(span, text);
    }
    problems.push(problem);
}

/// Says whether the index is built over rows that others work with, and not one that is there already.
pub(super) fn builds_on_busy(step: &Step<'_>, index: &CreateIndex) -> bool {
    step.is_busy_name(&index.relation)
        && !is_there(step, index)
        && step.busy_scans(step.effects).next().is_some()
}

/// Says whether the index is on a table that is partitioned, where CONCURRENTLY is refused.
pub(super) fn is_partitioned(step: &Step<'_>, index: &CreateIndex) -> bool {
    matches!(step.relation(&index.relation), Found::Known(found) if found.kind == RelationKind::PartitionedTable)
}

fn is_there(step: &Step<'_>, index: &CreateIndex) -> bool {
    let Some(name) = index.name.as_ref().filter(|_| index.if_not_exists) else {
        return false;
    };
    let mut key = step.key_of(&index.relation);
    key.name = name.as_ref().into();
    step.schema.index_at(&key).is_some()
}

fn kind(step: &Step<'_>, index: &CreateIndex) -> &'static str {
    match step.relation(&index.relation) {
        Found::Known(found) if found.kind == RelationKind::MaterializedView => "materialized view",
        _ => "table",
    }
}

/// Returns the statement with CONCURRENTLY, in one line and without IF NOT EXISTS, which would hide a failed build.
fn concurrently(step: &Step<'_>, index: &CreateIndex) -> String {
    let text = step.migration.text(step.act);
    let from = index.relation_span.end.saturating_sub(step.act.span.start) as usize;
    let rest = text.get(from..).unwrap_or_default().split_whitespace();
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = index.name.as_deref().map_or_else(
        || quote_identifier(&format!("{}_idx", index.relation.name)),
        quote_identifier,
    );
    format!(
        "CREATE {unique}INDEX CONCURRENTLY {name} ON {} {}",
        index.relation.quoted(),
        rest.collect::<Vec<_>>().join(" ")
    )
}

/// Returns the place after the word INDEX and what to write there.
fn fix(step: &Step<'_>) -> Option<(Span, String)> {
    let text = step.migration.text(step.act);
    let token =
        crate::sql::parse::tokens(text).find(|token| token.text(text).eq_ignore_ascii_case("index"))?;
    let at = step.act.span.start + u32::try_from(token.range.end).ok()?;
    Some((at..at, " CONCURRENTLY".to_owned()))
}
