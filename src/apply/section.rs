//! A guarded section: its rows counted before, touched and compared.

use super::error::{ApplyError, Failure};
use super::progress::Event;
use super::rls_guard::Guard;
use super::work::{Trouble, Work};
use crate::ledger::SectionRow;
use crate::model::{Outcome, quote_literal};
use crate::plan::Step;
use crate::sql::{Dml, Expect, RowSecurity, Section, relations};

/// Runs a section inside an open transaction.
pub(super) fn run(work: &mut Work<'_>, step: &Step, section: &Section) -> Result<SectionRow, Trouble> {
    let way = step.row_security(section);
    let guard = match way {
        RowSecurity::Toggle => Some(Guard::enter(work, step, section)?),
        RowSecurity::Bypass => None,
    };
    let change = section
        .statements
        .clone()
        .find_map(|index| relations::dml(step.text(index)));
    let present = expected_rows(work, step, section, change.as_ref(), way)?;
    let mut touched = 0;
    for index in section.statements.clone() {
        let rows = work.statement(step, index)?;
        if relations::dml(step.text(index)).is_some() {
            touched += rows;
        }
    }
    let mut row = SectionRow {
        table: section.backfill.table.to_string(),
        touched,
        present,
        expected: section.backfill.expect.map(shown),
        rls: if way == RowSecurity::Toggle {
            "toggle"
        } else {
            "bypass"
        },
        warning: None,
        note: None,
    };
    compare(work, step, section, &row)?;
    // A section without INSERT, UPDATE, DELETE or MERGE guards what reads rows, such as ADD FOREIGN KEY.
    if change.is_some() {
        row.warning = nothing_touched(work, section, touched)?;
    }
    if let Some(guard) = guard {
        guard.leave(work, step)?;
    }
    work.progress.event(Event::Section {
        revision: &step.revision.id,
        row: &row,
    });
    Ok(row)
}

/// Writes an expectation as it stands in a directive.
pub fn shown(expect: Expect) -> String {
    match expect {
        Expect::All => "all".to_owned(),
        Expect::Matching => "matching".to_owned(),
        Expect::Some => ">0".to_owned(),
        Expect::Exactly(rows) => rows.to_string(),
        Expect::Any => "any".to_owned(),
    }
}

/// Counts what has to be touched, in the same transaction and under a lock that keeps the number true.
fn expected_rows(
    work: &mut Work<'_>,
    step: &Step,
    section: &Section,
    change: Option<&Dml>,
    way: RowSecurity,
) -> Result<Option<u64>, Trouble> {
    let Some(expect @ (Expect::All | Expect::Matching)) = section.backfill.expect else {
        return Ok(None);
    };
    let table = section.backfill.table.quoted();
    if way == RowSecurity::Bypass {
        let lock = format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE;");
        work.own(&lock, Some(&section.range), "lock the table of the backfill")?;
    }
    let query = match (expect, change) {
        (Expect::Matching, Some(change)) => {
            let statement = section
                .statements
                .clone()
                .find(|index| relations::dml(step.text(*index)).is_some());
            let text = statement.map_or("", |index| step.text(index));
            let condition = change.condition.clone().map_or("true", |range| &text[range]);
            volatile(work, step, section, condition)?;
            format!(
                "SELECT pg_catalog.count(*)::text FROM {} WHERE {condition}",
                change.source
            )
        }
        _ => format!("SELECT pg_catalog.count(*)::text FROM {table}"),
    };
    let rows = work.rows(&query, Some(&section.range), "count the rows of the backfill")?;
    Ok(first(&rows).and_then(|text| text.parse().ok()))
}

/// Refuses a condition that may select other rows when it is evaluated a second time.
fn volatile(work: &mut Work<'_>, step: &Step, section: &Section, condition: &str) -> Result<(), Trouble> {
    let calls = relations::touched(&format!("SELECT {condition}")).calls;
    if calls.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = calls.iter().map(|call| quote_literal(&call.name)).collect();
    let sql = format!(
        "SELECT p.oid::regprocedure::text\n\
         FROM pg_catalog.pg_proc AS p\n\
         WHERE p.provolatile = 'v' AND p.proname IN ({}) AND pg_catalog.pg_function_is_visible(p.oid)\n\
         ORDER BY 1",
        names.join(", ")
    );
    let rows = work.rows(
        &sql,
        Some(&section.range),
        "look up the functions of the condition",
    )?;
    let Some(function) = first(&rows) else {
        return Ok(());
    };
    Err(broken(
        step,
        section,
        format!("expect=matching cannot be counted: function {function} of the condition is volatile"),
        "It may select other rows each time it is evaluated.".to_owned(),
        "Expect a number or >0, or declare the function stable.",
    ))
}

fn compare(work: &mut Work<'_>, step: &Step, section: &Section, row: &SectionRow) -> Result<(), Trouble> {
    let touched = row.touched;
    let table = section.backfill.table.to_string();
    let met = match section.backfill.expect {
        Some(Expect::All | Expect::Matching) => row.present == Some(touched),
        Some(Expect::Exactly(rows)) => touched == rows,
        Some(Expect::Some) => touched > 0 || !has_rows(work, section)?,
        Some(Expect::Any) | None => true,
    };
    if !met {
        let expected = match (section.backfill.expect, row.present) {
            (Some(Expect::Matching), Some(rows)) => format!("{rows} that match its condition"),
            (_, Some(rows)) => format!("all {rows}"),
            (Some(Expect::Exactly(rows)), _) => format!("exactly {rows}"),
            _ => "at least one".to_owned(),
        };
        return Err(broken(
            step,
            section,
            format!("backfill of \"{table}\" touched {touched} rows, expected {expected}"),
            "The transaction was rolled back: the database is as it was before.".to_owned(),
            "Look at triggers that skip rows and at the condition, or correct expect=….",
        ));
    }
    Ok(())
}

fn nothing_touched(work: &mut Work<'_>, section: &Section, touched: u64) -> Result<Option<String>, Trouble> {
    if touched > 0 || section.backfill.expect == Some(Expect::Any) || !has_rows(work, section)? {
        return Ok(None);
    }
    let table = section.backfill.table.to_string();
    Ok(Some(format!(
        "0 rows touched in table \"{table}\", which is not empty"
    )))
}

fn has_rows(work: &mut Work<'_>, section: &Section) -> Result<bool, Trouble> {
    let sql = format!(
        "SELECT EXISTS (SELECT FROM {})::text",
        section.backfill.table.quoted()
    );
    let rows = work.rows(
        &sql,
        Some(&section.range),
        "look for rows in the table of the backfill",
    )?;
    Ok(first(&rows).is_some_and(|text| text == "true"))
}

fn first(rows: &[Vec<Option<String>>]) -> Option<String> {
    rows.first()?.first()?.clone()
}

fn broken(step: &Step, section: &Section, message: String, detail: String, hint: &str) -> Trouble {
    ApplyError::Failed(Box::new(Failure {
        outcome: Outcome::Unverified,
        revision: step.revision.id.clone(),
        rule: "row-expectation",
        message: format!("revision \"{}\" failed: {message}", step.revision.id),
        place: Some(step.place(section.range.clone())),
        excerpt: None,
        sqlstate: None,
        statement: None,
        details: vec![detail],
        hint: Some(hint.to_owned()),
    }))
    .into()
}
