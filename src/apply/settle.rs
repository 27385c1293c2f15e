//! Settles a step in doubt: writes down that it is complete, finishes it, or removes what it left so that it runs again.

use super::doubt::{self, State};
use super::effect::{self, Found, Subject};
use super::work::{Trouble, Work};
use crate::ledger::{Applied, Entry, journal};
use crate::model::RevisionId;
use crate::plan::{Step, Unit};
use crate::sql::Statement;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// The step is complete.
    Complete,
    /// The step runs again.
    Again,
}

/// Looks at what a half-done step did.
///
/// An edited step is judged by what ran, as far as that was written down.
pub(super) fn find(work: &mut Work<'_>, step: &Step, entry: &Entry) -> Result<Found, Trouble> {
    let unit = step.units.get(entry.number.wrapping_sub(1));
    let same = unit.filter(|unit| doubt::checksum(step, unit).to_string() == entry.checksum);
    let before = before(work, &entry.revision, entry.number)?;
    if let Some(unit) = same {
        let Unit::Statement(index) = unit else {
            return Ok(Found::Unclear("Several statements ran as one.".to_owned()));
        };
        let subject = Subject {
            statement: step.statement(*index),
            text: step.text(*index),
            before,
            at: step.statement(*index).range.clone(),
        };
        return effect::find(work, &subject);
    }
    if entry.excerpt.chars().count() >= doubt::EXCERPT {
        let why =
            "The file was edited, and the statement that ran was too long to be written down as a whole.";
        return Ok(Found::Unclear(why.to_owned()));
    }
    let statement = Statement::read(&entry.excerpt, 0..entry.excerpt.len());
    let subject = Subject {
        statement: &statement,
        text: &entry.excerpt,
        before,
        at: 0..0,
    };
    Ok(match effect::find(work, &subject)? {
        Found::Complete(what) | Found::Unfinished { what, .. } => Found::Unclear(format!(
            "{what} The file was edited since: restore it as it was, or say that the new statement shall run."
        )),
        other => other,
    })
}

/// Reads what was written down before a step ran.
fn before(
    work: &mut Work<'_>,
    revision: &RevisionId,
    number: usize,
) -> Result<Option<serde_json::Value>, Trouble> {
    let rows = work.rows(&journal::before(revision, number), None, "read the journal")?;
    let text = rows
        .into_iter()
        .next()
        .and_then(|row| row.into_iter().next().flatten());
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Does what `found` asks for, and writes it down.
pub(super) fn mend(
    work: &mut Work<'_>,
    revision: &RevisionId,
    number: usize,
    found: &Found,
) -> Result<Settled, Trouble> {
    let session = format!("{}{}", work.reset(), work.settings_sql(""));
    work.queue(&session);
    let (row, settled) = match found {
        Found::Complete(why) => (journal::settled(revision, number, why), Settled::Complete),
        Found::Unfinished { what, sql } => {
            // With the usual lock_timeout: it takes ACCESS EXCLUSIVE at once.
            work.flush(None)?;
            work.own(sql, None, "finish what an earlier run began")?;
            (journal::settled(revision, number, what), Settled::Complete)
        }
        Found::Leftover { sql, .. } => {
            work.own("SET lock_timeout = 0;", None, "set the timeouts")?;
            work.own("SET statement_timeout = 0;", None, "set the timeouts")?;
            for sql in sql {
                work.patient(sql, "remove what an earlier run left")?;
            }
            (journal::forget(revision, number), Settled::Again)
        }
        Found::Nothing(_) | Found::Unclear(_) => (journal::forget(revision, number), Settled::Again),
    };
    work.own(&format!("{row};"), None, "write the journal")?;
    Ok(settled)
}

/// Settles one step before it may run again; none if nothing is in doubt about it.
pub(super) fn resume(
    work: &mut Work<'_>,
    step: &Step,
    applied: &Applied,
    number: usize,
) -> Result<Option<Settled>, Trouble> {
    let mut entries = applied.journal_of(&step.revision.id);
    let Some(entry) = entries.find(|entry| entry.number == number) else {
        return Ok(None);
    };
    if doubt::state(step, entry) != State::HalfDone {
        return Ok(None);
    }
    settle(work, step, entry).map(Some)
}

/// Settles a step that is in doubt, or refuses.
pub(super) fn settle(work: &mut Work<'_>, step: &Step, entry: &Entry) -> Result<Settled, Trouble> {
    let found = find(work, step, entry)?;
    if let Found::Unclear(why) = &found {
        return Err(doubt::unclear(step, entry, why).into());
    }
    let event = super::progress::Event::Settling {
        revision: &step.revision.id,
        number: entry.number,
        found: &doubt::told(&found),
    };
    work.progress.event(event);
    mend(work, &step.revision.id, entry.number, &found)
}
