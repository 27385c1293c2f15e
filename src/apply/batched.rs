//! A backfill in keyset batches: each batch and its cursor commit together, so that no effect is ever repeated.
//!
//! ```text
//! key ─────────●━━━━━━━━━━━●───────────────●────────→
//!          position    boundary          upper (the maximum at the start)
//! ```
//!
//! Rows that are inserted meanwhile above `upper` are taken by one closing pass, if the statement has a condition that
//! still selects them; all other new rows belong to the new code.

use std::ops::Range;

use super::error::{ApplyError, Failure};
use super::progress::Event;
use super::work::{Trouble, Work};
use super::{batch_key, explain, retry, section, transactional};
use crate::ledger::cursor::{self, Cursor};
use crate::ledger::{SectionRow, journal};
use crate::model::{Outcome, quote_identifier, quote_literal};
use crate::plan::Step;
use crate::sql::{Batched, Dml, Expect, Section, relations};

/// A batched backfill at work.
struct Batches<'a> {
    step: &'a Step,
    number: usize,
    section: &'a Section,
    batched: &'a Batched,
    change: Dml,
    /// Types of the key columns, as SQL.
    types: Vec<String>,
    at: Range<usize>,
}

/// Runs what is left of a batched section.
pub(super) fn run(
    work: &mut Work<'_>,
    step: &Step,
    index: usize,
    section: &Section,
    batched: &Batched,
    number: usize,
) -> Result<SectionRow, Trouble> {
    let text = step.text(section.statements.start);
    let Some(change) = relations::dml(text) else {
        return Err(batch_key::unfit(
            step,
            section,
            "The statement was not understood.",
        ));
    };
    let at = section.range.clone();
    let types = batch_key::types(work, step, section, batched)?;
    let batches = Batches {
        step,
        number: index + 1,
        section,
        batched,
        change,
        types,
        at,
    };
    let mut cursor = batches.open(work)?;
    while !cursor.done {
        batches.next(work, &mut cursor)?;
        let table = section.backfill.table.to_string();
        let revision = &step.revision.id;
        work.progress.event(Event::Batch {
            revision,
            table: &table,
            rows: cursor.rows,
            batches: cursor.batches,
        });
        if let Some(outcome) = work.settings.interrupt.raised() {
            return Err(explain::interrupted(step, outcome).into());
        }
        if !cursor.done {
            retry::sleep(batched.pause, &work.settings.interrupt);
        }
    }
    let row = batches.row(&cursor);
    batches.compare(&row)?;
    work.own(
        &format!("{};", journal::done(&step.revision.id, number, cursor.rows)),
        None,
        "write the journal",
    )?;
    Ok(row)
}

impl Batches<'_> {
    /// Reads the cursor, or makes it with the upper bound and the rows to expect.
    fn open(&self, work: &mut Work<'_>) -> Result<Cursor, Trouble> {
        let id = &self.step.revision.id;
        let read = cursor::select(id, self.number);
        let rows = work.rows(&read, Some(&self.at), "read the cursor of the backfill")?;
        if let Some(row) = rows.first() {
            return Ok(Cursor::of(row));
        }
        let upper = format!(
            "SELECT {} FROM {} ORDER BY {} LIMIT 1",
            self.key_text(),
            self.table(),
            self.descending()
        );
        let found = work.rows(&upper, Some(&self.at), "find the end of the backfill")?;
        let upper = found.first().and_then(|row| cursor::key(row.first()?.as_deref()));
        let cursor = Cursor {
            done: upper.is_none(),
            present: self.present(work)?,
            upper,
            ..Cursor::default()
        };
        let insert = format!("{};", cursor.insert(id, self.number));
        work.own(&insert, Some(&self.at), "write the cursor of the backfill")?;
        Ok(cursor)
    }

    /// Counts what has to be touched, if the section expects it.
    fn present(&self, work: &mut Work<'_>) -> Result<Option<u64>, Trouble> {
        let text = self.step.text(self.section.statements.start);
        let query = match self.section.backfill.expect {
            Some(Expect::All) => format!("SELECT pg_catalog.count(*)::text FROM {}", self.table()),
            Some(Expect::Matching) => {
                let condition = self.change.condition.clone().map_or("true", |range| &text[range]);
                format!(
                    "SELECT pg_catalog.count(*)::text FROM {} WHERE {condition}",
                    self.change.source
                )
            }
            _ => return Ok(None),
        };
        let rows = work.rows(&query, Some(&self.at), "count the rows of the backfill")?;
        Ok(rows.first().and_then(|row| row.first()?.as_ref()?.parse().ok()))
    }

    /// Runs one batch in one transaction with its cursor.
    fn next(&self, work: &mut Work<'_>, cursor: &mut Cursor) -> Result<(), Trouble> {
        let Some(upper) = cursor.upper.clone() else {
            cursor.done = true;
            return Ok(());
        };
        let begin = format!("BEGIN;\n{}", work.settings_sql("LOCAL "));
        work.queue(&begin);
        let boundary = self.boundary(work, cursor.position.as_deref(), &upper)?;
        let last = boundary.is_none();
        let to = boundary.unwrap_or_else(|| upper.clone());
        let index = self.section.statements.start;
        let sql = self.statement(cursor.position.as_deref(), &to);
        let rows = work.rewritten(self.step, index, &sql)?;
        let mut after = Cursor {
            position: Some(to),
            rows: cursor.rows + rows,
            batches: cursor.batches + 1,
            ..cursor.clone()
        };
        if last {
            self.close(work, &mut after, &upper)?;
        }
        let cursor_row = after.update(&self.step.revision.id, self.number);
        let update = format!("{cursor_row};\n{}COMMIT;", work.check_sql());
        work.own(&update, Some(&self.at), "write the cursor of the backfill")
            .map_err(|trouble| transactional::explained(self.step, trouble))?;
        *cursor = after;
        Ok(())
    }

    /// Finds the key of the last row of the next batch; none if the rest fits into one.
    fn boundary(
        &self,
        work: &mut Work<'_>,
        from: Option<&[String]>,
        upper: &[String],
    ) -> Result<Option<Vec<String>>, Trouble> {
        let sql = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {} OFFSET {} LIMIT 1",
            self.key_text(),
            self.table(),
            self.between("", from, upper),
            self.columns(""),
            self.batched.size - 1
        );
        let rows = work.rows(&sql, Some(&self.at), "find the next batch")?;
        Ok(rows
            .first()
            .and_then(|row| cursor::key(row.first()?.as_deref()))
            .filter(|key| key != upper))
    }

    /// At the end: one closing pass above the old end, if the statement's own condition tells new rows apart.
    ///
    /// Only one, because a pass that follows every insert would never end; none where rows were counted at the start,
    /// because the sum is compared with that number.
    fn close(&self, work: &mut Work<'_>, cursor: &mut Cursor, upper: &[String]) -> Result<(), Trouble> {
        cursor.done = true;
        if cursor.closing || self.change.condition.is_none() || cursor.present.is_some() {
            return Ok(());
        }
        let sql = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT 1",
            self.key_text(),
            self.table(),
            self.above("", upper),
            self.descending()
        );
        let rows = work.rows(&sql, Some(&self.at), "look for rows inserted meanwhile")?;
        if let Some(end) = rows.first().and_then(|row| cursor::key(row.first()?.as_deref())) {
            cursor.upper = Some(end);
            cursor.closing = true;
            cursor.done = false;
        }
        Ok(())
    }

    /// The statement with the bounds of a batch in its WHERE.
    fn statement(&self, from: Option<&[String]>, to: &[String]) -> String {
        let text = self.step.text(self.section.statements.start);
        let bounds = self.between(&format!("{}.", self.change.qualifier), from, to);
        match &self.change.condition {
            Some(range) => {
                format!(
                    "{}({}) AND {bounds}{}",
                    &text[..range.start],
                    &text[range.clone()],
                    &text[range.end..]
                )
            }
            None => {
                let end = self.change.condition_end;
                format!("{}\nWHERE {bounds}\n{}", &text[..end], &text[end..])
            }
        }
    }

    fn between(&self, qualifier: &str, from: Option<&[String]>, to: &[String]) -> String {
        let upper = format!("({}) <= ({})", self.columns(qualifier), self.values(to));
        match from {
            Some(from) => format!("{} AND {upper}", self.above(qualifier, from)),
            None => upper,
        }
    }

    fn above(&self, qualifier: &str, from: &[String]) -> String {
        format!("({}) > ({})", self.columns(qualifier), self.values(from))
    }

    fn columns(&self, qualifier: &str) -> String {
        let columns: Vec<String> = self
            .batched
            .key
            .iter()
            .map(|column| format!("{qualifier}{}", quote_identifier(column)))
            .collect();
        columns.join(", ")
    }

    /// The key of a row as one JSON value.
    fn key_text(&self) -> String {
        let columns: Vec<String> = self
            .batched
            .key
            .iter()
            .map(|column| format!("{}::text", quote_identifier(column)))
            .collect();
        format!("pg_catalog.to_json(ARRAY[{}])::text", columns.join(", "))
    }

    fn descending(&self) -> String {
        let columns: Vec<String> = self
            .batched
            .key
            .iter()
            .map(|column| format!("{} DESC", quote_identifier(column)))
            .collect();
        columns.join(", ")
    }

    fn values(&self, key: &[String]) -> String {
        let values: Vec<String> = key
            .iter()
            .zip(&self.types)
            .map(|(value, kind)| format!("{}::{kind}", quote_literal(value)))
            .collect();
        values.join(", ")
    }

    fn table(&self) -> String {
        self.section.backfill.table.quoted()
    }

    fn row(&self, cursor: &Cursor) -> SectionRow {
        let table = self.section.backfill.table.to_string();
        let expect = self.section.backfill.expect;
        let nothing = cursor.rows == 0 && cursor.upper.is_some() && expect != Some(Expect::Any);
        SectionRow {
            touched: cursor.rows,
            present: cursor.present,
            expected: expect.map(section::shown),
            rls: "bypass",
            warning: nothing.then(|| format!("0 rows touched in table \"{table}\", which was not empty")),
            table,
        }
    }

    /// Compares the sum; the batches are committed, so a difference cannot be rolled back.
    fn compare(&self, row: &SectionRow) -> Result<(), Trouble> {
        let met = match self.section.backfill.expect {
            Some(Expect::All | Expect::Matching) => row.present == Some(row.touched),
            Some(Expect::Exactly(rows)) => rows == row.touched,
            Some(Expect::Some) => row.touched > 0 || row.warning.is_none(),
            Some(Expect::Any) | None => true,
        };
        if met {
            return Ok(());
        }
        let expected = row.present.map_or_else(
            || row.expected.clone().unwrap_or_default(),
            |rows| rows.to_string(),
        );
        let id = &self.step.revision.id;
        let failure = Failure {
            outcome: Outcome::Unverified,
            revision: id.clone(),
            rule: "row-expectation",
            message: format!(
                "revision \"{id}\" stopped: batched backfill of \"{}\" touched {} rows, expected {expected}",
                row.table, row.touched
            ),
            place: Some(self.step.place(self.at.clone())),
            excerpt: None,
            sqlstate: None,
            details: vec!["The batches are committed.".to_owned()],
            hint: Some(
                "Look at what changed the table meanwhile; correct expect=… and run it again to go on."
                    .to_owned(),
            ),
        };
        Err(ApplyError::Failed(Box::new(failure)).into())
    }
}
