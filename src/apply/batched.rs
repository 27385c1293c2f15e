//! A backfill in keyset batches: each batch and its cursor commit together, so that no effect is ever repeated.
//!
//! ```text
//! key ─────────●━━━━━━━━━━━●───────────────●────────→
//!          position    boundary          upper (the maximum at the start)
//! ```
//!
//! Rows that appear meanwhile, below `upper` (random keys, late commits) or above it, are taken by one closing pass over
//! the whole key, up to the maximum at its start, so that it ends although rows keep arriving. It needs a condition that
//! tells new rows from those that are done: each batch counts the rows that it changed and would select again. Where
//! there are any (`n = n + 1 WHERE n < 5`), a second pass would repeat an effect, so only rows above `upper` are taken.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::batch_sql::BatchSql;
use super::error::{ApplyError, Failure};
use super::progress::{Event, Pace};
use super::retry::{self, Budget};
use super::work::{Trouble, Work};
use super::{batch_key, explain, section, transactional};
use crate::ledger::cursor::{self, Cursor};
use crate::ledger::{SectionRow, journal};
use crate::model::Outcome;
use crate::plan::Step;
use crate::sql::{Batched, Expect, Section, relations};

/// The largest batch that a target duration leads to.
const LARGEST: u64 = 100_000;

/// The part of the target duration that a batch is meant to take.
const ROOM: f64 = 0.6;

/// The part of the target duration after which the statement of a batch is ended, and the batch repeated with fewer rows:
/// what follows until the locks are given back, the cursor and the commit, needs time too.
const BOUND: f64 = 0.8;

/// A batched backfill at work.
struct Batches<'a> {
    step: &'a Step,
    number: usize,
    section: &'a Section,
    batched: &'a Batched,
    sql: BatchSql<'a>,
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
    let facts = batch_key::facts(work, step, section, batched)?;
    let batches = Batches {
        step,
        number: index + 1,
        section,
        batched,
        sql: BatchSql {
            text,
            change: &change,
            table: &section.backfill.table,
            key: &batched.key,
            types: &facts.types,
            has_rules: facts.has_rules,
        },
        at: section.range.clone(),
    };
    let mut cursor = batches.open(work)?;
    let (begun, walked_before) = (Instant::now(), cursor.walked);
    let mut passed = 0;
    while !cursor.done {
        let before = cursor.walked;
        batches.next_with_retries(work, &mut cursor)?;
        passed += cursor.walked.saturating_sub(before);
        let pace = Pace {
            walked: cursor.walked,
            of: facts.rows.max(walked_before),
            rate: passed as f64 / begun.elapsed().as_secs_f64().max(0.001),
            size: cursor.size,
        };
        let table = section.backfill.table.to_string();
        work.progress.event(Event::Batch {
            revision: &step.revision.id,
            table: &table,
            rows: cursor.rows,
            batches: cursor.batches,
            pace,
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
    work.progress.event(Event::Section {
        revision: &step.revision.id,
        row: &row,
    });
    Ok(row)
}

impl Batches<'_> {
    /// Reads the cursor, or makes it with the upper bound and the rows to expect.
    fn open(&self, work: &mut Work<'_>) -> Result<Cursor, Trouble> {
        let id = &self.step.revision.id;
        let read = cursor::select(id, self.number);
        let rows = work.rows(&read, Some(&self.at), "read the cursor of the backfill")?;
        if let Some(row) = rows.first() {
            let mut cursor = Cursor::of(row);
            // A zerodrift that did not count yet began it.
            cursor.repeats |= cursor.size == 0 && cursor.batches > 0;
            if cursor.size == 0 || self.batched.target.is_none() {
                cursor.size = self.batched.size;
            }
            return Ok(cursor);
        }
        self.begin(work);
        let upper = self.key(work, &self.sql.last(None), "find the end of the backfill")?;
        let cursor = Cursor {
            done: upper.is_none(),
            present: self.present(work)?,
            upper,
            size: self.batched.size,
            ..Cursor::default()
        };
        let insert = format!("{};\nCOMMIT;", cursor.insert(id, self.number));
        work.own(&insert, Some(&self.at), "write the cursor of the backfill")?;
        Ok(cursor)
    }

    fn begin(&self, work: &mut Work<'_>) {
        let begin = format!("BEGIN;\n{}", work.settings_sql("LOCAL "));
        work.queue(&begin);
    }

    /// Reads one key, in the open transaction.
    fn key(&self, work: &mut Work<'_>, query: &str, doing: &str) -> Result<Option<Vec<String>>, Trouble> {
        let rows = work.rows_at_once(&BatchSql::pinned(query), Some(&self.at), doing)?;
        Ok(rows.first().and_then(|row| cursor::key(row.first()?.as_deref())))
    }

    /// Counts what has to be touched, if the section expects it.
    fn present(&self, work: &mut Work<'_>) -> Result<Option<u64>, Trouble> {
        let query = match self.section.backfill.expect {
            Some(Expect::All) => format!(
                "SELECT pg_catalog.count(*)::text FROM {}",
                self.section.backfill.table.quoted()
            ),
            Some(Expect::Matching) => {
                let condition = self.sql.change.condition.clone();
                format!(
                    "SELECT pg_catalog.count(*)::text FROM {} WHERE {}",
                    self.sql.change.source,
                    condition.map_or("true", |range| &self.sql.text[range])
                )
            }
            _ => return Ok(None),
        };
        let rows = work.rows(&query, Some(&self.at), "count the rows of the backfill")?;
        Ok(rows.first().and_then(|row| row.first()?.as_ref()?.parse().ok()))
    }

    /// Runs one batch, and repeats it where that may help. Each batch has attempts of its own: a backfill of hours must
    /// not end because of ten short waits.
    fn next_with_retries(&self, work: &mut Work<'_>, cursor: &mut Cursor) -> Result<(), Trouble> {
        let mut budget = Budget::new(work.settings.retries);
        loop {
            let begun = Instant::now();
            let rejected = match self.next(work, cursor) {
                Err(Trouble::Sql(rejected)) => rejected,
                other => return other,
            };
            if self.was_too_large(work, cursor, rejected.error.sqlstate()) {
                work.rollback();
                cursor.size = (cursor.size / 2).max(1);
                continue;
            }
            let worked = begun.elapsed().saturating_sub(rejected.ran);
            let pause = budget
                .pause_after(rejected.error.sqlstate(), worked)
                .filter(|_| work.settings.interrupt.raised().is_none());
            let Some(pause) = pause else {
                return Err(Trouble::Sql(rejected));
            };
            work.rollback();
            if self.batched.target.is_some() {
                cursor.size = (cursor.size / 2).max(1);
            }
            let blockers = work.watch.take_blockers();
            work.progress.event(Event::Retrying {
                revision: &self.step.revision.id,
                error: &rejected.error.to_string(),
                attempt: budget.attempts(),
                pause,
                blockers: &blockers,
            });
            retry::sleep(pause, &work.settings.interrupt);
        }
    }

    /// Returns how long the statement of a batch may run; a single row takes as long as it takes.
    fn bound(&self, size: u64) -> Option<Duration> {
        let target = self.batched.target.filter(|_| size > 1)?;
        Some(target.mul_f64(BOUND).max(Duration::from_millis(1)))
    }

    /// Says whether a batch was ended because it would have held its locks for longer than its target.
    fn was_too_large(&self, work: &Work<'_>, cursor: &Cursor, sqlstate: Option<&str>) -> bool {
        let bound = self.bound(cursor.size);
        sqlstate == Some("57014")
            && bound.is_some_and(|bound| bound < work.settings.statement_timeout)
            && work.settings.interrupt.raised().is_none()
    }

    /// Runs one batch in one transaction with its cursor.
    fn next(&self, work: &mut Work<'_>, cursor: &mut Cursor) -> Result<(), Trouble> {
        let Some(upper) = cursor.upper.clone() else {
            cursor.done = true;
            return Ok(());
        };
        // An earlier run ended between its last batch and the look for rows that appeared meanwhile.
        if cursor.position.as_ref() == Some(&upper) {
            return self.close(work, cursor, &upper);
        }
        self.begin(work);
        let position = cursor.position.as_deref();
        let query = self.sql.boundary(position, &upper, cursor.size);
        let boundary = self
            .key(work, &query, "find the next batch")?
            .filter(|key| *key != upper);
        let last = boundary.is_none();
        let to = boundary.unwrap_or_else(|| upper.clone());
        // Rows are locked from here to the commit.
        let begun = Instant::now();
        let usual = work.settings.statement_timeout;
        let bound = self.bound(cursor.size).map(|bound| bound.min(usual));
        if let Some(bound) = bound {
            work.queue(&statement_timeout(bound));
        }
        let (rows, again) = self.change(work, position, &to)?;
        if bound.is_some() {
            work.queue(&statement_timeout(usual));
        }
        let mut after = Cursor {
            position: Some(to),
            rows: cursor.rows + rows,
            batches: cursor.batches + 1,
            walked: cursor.walked + if last { rows } else { cursor.size },
            repeats: cursor.repeats || again > 0,
            size: self.next_size(cursor.size, begun.elapsed()),
            ..cursor.clone()
        };
        after.done = last && !self.may_close(&after);
        let cursor_row = after.update(&self.step.revision.id, self.number);
        let update = format!("{cursor_row};\n{}COMMIT;", work.check_sql());
        work.own(&update, Some(&self.at), "write the cursor of the backfill")
            .map_err(|trouble| transactional::explained(self.step, trouble))?;
        *cursor = after;
        // In a transaction of its own: it may look at the whole table, and the batch's rows are free by then.
        if last && !cursor.done {
            self.close(work, cursor, &upper)?;
        }
        Ok(())
    }

    /// Changes the rows of a batch; returns how many, and how many of them the condition still selects.
    fn change(
        &self,
        work: &mut Work<'_>,
        from: Option<&[String]>,
        to: &[String],
    ) -> Result<(u64, u64), Trouble> {
        let index = self.section.statements.start;
        let sql = self.sql.statement(from, to);
        if !self.sql.watches() {
            return Ok((work.rewritten(self.step, index, &sql)?, 0));
        }
        let rows = work.rewritten_rows(self.step, index, &sql)?;
        let number = |at: usize| -> u64 {
            let text = rows.first().and_then(|row| row.get(at)?.as_deref());
            text.and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        Ok((number(0), number(1)))
    }

    /// Follows the target duration with some room below it, since no two batches take the same time: up in steps, down at
    /// once.
    fn next_size(&self, size: u64, took: Duration) -> u64 {
        let Some(target) = self.batched.target else {
            return size;
        };
        let factor = (ROOM * target.as_secs_f64() / took.as_secs_f64().max(0.000_1)).clamp(0.1, 1.5);
        ((size as f64 * factor) as u64).clamp(1, LARGEST.max(self.batched.size))
    }

    /// Says whether a closing pass may follow the first one.
    ///
    /// Only one, because a pass that follows every insert would never end; none where rows were counted at the start,
    /// because the sum is compared with that number.
    fn may_close(&self, cursor: &Cursor) -> bool {
        !cursor.closing && self.sql.change.condition.is_some() && cursor.present.is_none()
    }

    /// Begins the closing pass, if there is anything left for it.
    fn close(&self, work: &mut Work<'_>, cursor: &mut Cursor, upper: &[String]) -> Result<(), Trouble> {
        let everywhere = self.sql.tells() && !cursor.repeats;
        let mut after = Cursor {
            done: true,
            ..cursor.clone()
        };
        self.begin(work);
        work.queue("SET LOCAL statement_timeout = 0;\n");
        if !everywhere || self.is_left(work)? {
            let query = self.sql.last((!everywhere).then_some(upper));
            if let Some(end) = self.key(work, &query, "look for rows inserted meanwhile")? {
                after.upper = Some(end);
                after.closing = true;
                after.done = false;
                if everywhere {
                    after.position = None;
                    after.walked = 0;
                }
            }
        }
        let cursor_row = after.update(&self.step.revision.id, self.number);
        let update = format!("{cursor_row};\nCOMMIT;");
        work.own(&update, Some(&self.at), "write the cursor of the backfill")?;
        *cursor = after;
        Ok(())
    }

    /// Looks whether the condition selects any row: mostly none, and one look is much less than a second pass.
    fn is_left(&self, work: &mut Work<'_>) -> Result<bool, Trouble> {
        let Some(query) = self.sql.any() else {
            return Ok(true);
        };
        let rows = work.rows_at_once(&query, Some(&self.at), "look for rows that appeared meanwhile")?;
        Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("true"))
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
            note: Some(self.about_new_rows(cursor).to_owned()),
            table,
        }
    }

    fn about_new_rows(&self, cursor: &Cursor) -> &'static str {
        if self.sql.change.condition.is_none() {
            "rows that appeared while it ran were left to the new code: without a condition nothing tells them from those \
             that are done"
        } else if cursor.present.is_some() {
            "rows that appeared while it ran were left to the new code, because the rows were counted at the start"
        } else if self.sql.tells() && !cursor.repeats {
            "rows that appeared while it ran were taken by one closing pass; later ones belong to the new code"
        } else {
            "rows that appeared while it ran were taken above its first end only: the condition still selects rows that \
             are done"
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
            statement: None,
            details: vec!["The batches are committed.".to_owned()],
            hint: Some(
                "Look at what changed the table meanwhile; correct expect=… and run it again to go on."
                    .to_owned(),
            ),
        };
        Err(ApplyError::Failed(Box::new(failure)).into())
    }
}

fn statement_timeout(limit: Duration) -> String {
    format!("SET LOCAL statement_timeout = {};\n", limit.as_millis())
}
