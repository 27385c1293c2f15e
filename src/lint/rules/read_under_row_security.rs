//! `read-under-row-security`.

use crate::lint::context::Step;
use crate::lint::row_security::{
    Hold, has_chosen_tenant, hold, in_guarded_section, is_loud, relied_on, tables_below,
};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Key, Relation};
use crate::lint::walk::{relations_of_expr, relations_of_query};
use crate::model::Level;
use crate::sql::WrittenName;
use crate::sql::act::routine::{Body, BodyKind};
use crate::sql::act::{Action, CreateTable};

/// Rows that are read to move or to judge others, while row security may hide them.
pub(super) static RULE: Rule = Rule {
    name: "read-under-row-security",
    level: Level::Error,
    category: Category::RowSecurity,
    summary: "rows are copied, or counted to decide, from a table whose row security may hide them",
    check: Check::Statement(check),
};

/// What the rows are read for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Copy,
    Change,
    Decide,
    Fill,
}

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    if super::backfill_under_row_security::problem(step).is_some_and(|found| found.level > Some(Level::Info))
    {
        return;
    }
    let mut names: Vec<&WrittenName> = Vec::new();
    let (purpose, written) = match &step.act.action {
        Action::Dml(change) => {
            names.extend(step.act.uses.reads.iter().map(|(name, _)| name));
            let copies = change.source.is_some() && change.condition.is_none();
            let purpose = if copies { Purpose::Copy } else { Purpose::Change };
            (purpose, Some((&change.target, change.columns.as_slice())))
        }
        Action::CreateTable(table) if table.query.is_some() && !table.no_data => {
            names.extend(read_by(table));
            (Purpose::Copy, None)
        }
        Action::CreateView(view) if view.materialized && !view.no_data => {
            relations_of_query(&view.query, &mut names);
            (Purpose::Fill, None)
        }
        Action::Select(query) if step.inside.is_some() => {
            relations_of_query(query, &mut names);
            (Purpose::Decide, None)
        }
        Action::Do(body) => {
            conditions_of(body, &mut names);
            (Purpose::Decide, None)
        }
        _ => return,
    };
    let target = written
        .and_then(|(name, _)| step.relation(name).known())
        .map(|found| found.key.clone());
    let columns = written.map(|(_, columns)| columns).unwrap_or_default();
    for name in names {
        let Some(relation) = step.relation(name).known() else {
            continue;
        };
        if Some(&relation.key) == target.as_ref() {
            continue;
        }
        for table in tables_below(step.schema, relation) {
            let found = problem(step, purpose, table, target.as_ref(), columns);
            if found.is_some() {
                // One statement, one finding.
                return problems.extend(found);
            }
        }
    }
}

fn read_by(table: &CreateTable) -> Vec<&WrittenName> {
    let mut names = Vec::new();
    table
        .query
        .iter()
        .for_each(|query| relations_of_query(query, &mut names));
    names
}

/// Adds what conditions and assignments of a block read by subqueries.
fn conditions_of<'a>(body: &'a Body, names: &mut Vec<&'a WrittenName>) {
    for statement in &body.statements {
        statement
            .conditions
            .iter()
            .for_each(|condition| relations_of_expr(condition, names));
        if let BodyKind::Expression(expr) = &statement.kind {
            relations_of_expr(expr, names);
        }
    }
}

fn problem(
    step: &Step<'_>,
    purpose: Purpose,
    table: &Relation,
    target: Option<&Key>,
    columns: &[Box<str>],
) -> Option<Problem> {
    let held = hold(step, table);
    let is_empty = step.transaction.made(table.origin) && !table.may_have_rows;
    if held == Hold::None
        || is_empty
        || in_guarded_section(step, &table.key, false)
        || has_chosen_tenant(step, table)
        || (is_loud(step) && held == Hold::ByRole)
        || (purpose == Purpose::Fill && held == Hold::ByRole)
    {
        return None;
    }
    let relied = match target {
        Some(target) => relied_on(step, target, columns, std::slice::from_ref(&table.key)),
        None => relied_on(step, &table.key, &[], std::slice::from_ref(&table.key)),
    };
    let level = match (held, relied.is_some(), step.migration.revision.is_some()) {
        (Hold::Bound, ..) | (_, true, _) => Level::Error,
        (_, false, true) => Level::Info,
        (_, false, false) => Level::Warning,
    };
    let name = &table.key;
    let (message, effect) = match purpose {
        Purpose::Copy => (
            format!("rows of \"{name}\" are copied under its row security"),
            "is copied nothing and nobody is told",
        ),
        Purpose::Change => (
            format!("rows of \"{name}\" decide a change while its row security may hide them"),
            "finds no match there: what should change stays, and what NOT EXISTS protects goes",
        ),
        Purpose::Decide => (
            format!("rows of \"{name}\" are looked at under its row security to decide what happens"),
            "sees 0 rows, and the check passes",
        ),
        Purpose::Fill => (
            format!("a materialized view is filled from \"{name}\" under its row security"),
            "fills it with nothing",
        ),
    };
    Some(
        Problem::new(step.act.span.clone(), message)
            .object(name)
            .effect(format!(
                "Row security of \"{name}\" binds everybody but superusers and roles with BYPASSRLS; a role that it binds {effect}."
            ))
            .instead(format!(
                "--: backfill table={} reads={name}\n…;\n--: end",
                target.unwrap_or(name)
            ))
            .level(level),
    )
}
