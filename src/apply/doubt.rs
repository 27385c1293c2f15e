//! Whether a half-done file may go on: what its journal leaves open, and what an edit would run a second time.

use std::time::Instant;

use super::effect::Found;
use super::error::{ApplyError, Refusal};
use super::settle;
use super::work::{Trouble, Work};
use super::{lock, retry};
use crate::ledger::{Applied, Entry, EntryOutcome};
use crate::model::{Checksum, Finding, Level, Location, Outcome};
use crate::plan::{Mode, Step, Unit};
use crate::sql::Statement;
use crate::sql::transaction::Nature;

/// How many characters of a statement the journal keeps.
pub(super) const EXCERPT: usize = 200;

/// What a journal entry means for the file as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is done, or nothing of it happened.
    Settled,
    /// Its backend still lives.
    Running,
    /// It is done, but the file says something else now.
    Edited,
    /// Whether it took effect is not written down, or it failed and may have left something behind.
    HalfDone,
}

/// Waits for backends of an earlier run that still work, as long as the user said.
pub(super) fn wait(work: &mut Work<'_>, mut applied: Applied) -> Result<Applied, ApplyError> {
    let begun = Instant::now();
    loop {
        let running = applied
            .journal
            .iter()
            .find(|entry| entry.outcome.is_none() && entry.running);
        let (Some(entry), Some(wait)) = (running, work.settings.wait) else {
            return Ok(applied);
        };
        let waited = begun.elapsed();
        if waited >= wait || work.settings.interrupt.raised().is_some() {
            return Ok(applied);
        }
        let holder = format!("pid {} works on: {}", entry.backend_pid, entry.excerpt);
        work.progress.event(super::progress::Event::WaitingForMigrator {
            holder: &holder,
            waited,
        });
        retry::sleep(lock::POLL, &work.settings.interrupt);
        applied = Applied::read(work.session, &work.settings.history_table, work.facts.presence)?;
    }
}

/// Refuses to run beside a half-done revision whose state nobody knows.
///
/// What the catalog tells is settled later, when the step's turn comes.
pub(super) fn refuse(work: &mut Work<'_>, steps: &[Step], applied: &Applied) -> Result<(), ApplyError> {
    let mut outcome = Outcome::Clean;
    let mut findings = Vec::new();
    for step in steps {
        let mut found = Vec::new();
        for entry in applied.journal_of(&step.revision.id) {
            match step.mode {
                Mode::Standalone => found.extend(doubt(work, step, entry)?),
                Mode::Transaction if found.is_empty() => found.extend(repeated(step, entry)),
                Mode::Transaction => {}
            }
        }
        let batched = applied.batched.iter().filter(|(id, _)| *id == step.revision.id);
        found.extend(batched.filter_map(|(_, section)| unbatched(step, *section)));
        for (code, finding) in found {
            outcome = outcome.and(code);
            findings.push(finding);
        }
    }
    if findings.is_empty() {
        Ok(())
    } else {
        Err(ApplyError::Refused(Refusal { outcome, findings }))
    }
}

/// A half-done file that has become transactional would run its done steps a second time.
fn repeated(step: &Step, entry: &Entry) -> Option<(Outcome, Finding)> {
    let nothing = match entry.outcome {
        Some(EntryOutcome::Done) => false,
        None => commits_with_its_outcome(&ran(entry)),
        Some(EntryOutcome::Failed) => !leaves_parts(&ran(entry), &entry.excerpt),
    };
    if nothing {
        return None;
    }
    let message = format!("half-done revision \"{}\" is transactional now", step.revision.id);
    let finding = edited(step, message).detail(format!(
        "Step {} was run outside a transaction and would be run again: {}",
        entry.number, entry.excerpt
    ));
    Some((Outcome::Integrity, finding))
}

/// Committed batches that a section without batches would run a second time.
fn unbatched(step: &Step, section: usize) -> Option<(Outcome, Finding)> {
    let now = section
        .checked_sub(1)
        .and_then(|index| step.script.sections.get(index));
    if now.is_some_and(|section| section.batched.is_some()) {
        return None;
    }
    let message = format!(
        "half-done backfill {section} of revision \"{}\" is not batched any more",
        step.revision.id
    );
    let finding = edited(step, message).detail("Its committed batches would be run again.");
    Some((Outcome::Integrity, finding))
}

fn edited(step: &Step, message: String) -> Finding {
    Finding::new("half-done-revision-edited", Level::Error, message)
        .object(step.revision.id.as_str())
        .hint("Restore the file as it was when it began to run.")
        .at(Location::file(&step.revision.path))
}

/// What a journal entry says that was run.
fn ran(entry: &Entry) -> Statement {
    Statement::read(&entry.excerpt, 0..entry.excerpt.len())
}

/// Says what an entry means for the file as it is now.
pub(super) fn state(step: &Step, entry: &Entry) -> State {
    if entry.outcome.is_none() && entry.running {
        return State::Running;
    }
    let unit = step.units.get(entry.number.wrapping_sub(1));
    let same = unit.is_some_and(|unit| checksum(step, unit).to_string() == entry.checksum);
    if !same && entry.outcome == Some(EntryOutcome::Done) {
        return State::Edited;
    }
    let half_done = match (entry.outcome, unit.filter(|_| same)) {
        (Some(EntryOutcome::Done), _) => false,
        // The outcome of an atomic step commits with it: no outcome means that nothing happened.
        (None, Some(unit)) => !is_atomic(step, unit),
        (Some(EntryOutcome::Failed), Some(Unit::Statement(index))) => {
            leaves_parts(step.statement(*index), step.text(*index))
        }
        (Some(EntryOutcome::Failed), Some(_)) => false,
        // What was edited since is judged by what was written down.
        (None, None) => !commits_with_its_outcome(&ran(entry)),
        (Some(EntryOutcome::Failed), None) => leaves_parts(&ran(entry), &entry.excerpt),
    };
    if half_done {
        State::HalfDone
    } else {
        State::Settled
    }
}

fn doubt(work: &mut Work<'_>, step: &Step, entry: &Entry) -> Result<Option<(Outcome, Finding)>, ApplyError> {
    let id = &step.revision.id;
    Ok(match state(step, entry) {
        State::Settled => None,
        State::Running => Some((Outcome::Locked, running(step, entry))),
        State::Edited => {
            let message = format!("step {} of half-done revision \"{id}\" was edited", entry.number);
            let edited = finding(step, entry, "half-done-revision-edited", message)
                .detail(format!("It ran as: {}", entry.excerpt))
                .hint("Restore the file as it was when it began to run.");
            Some((Outcome::Integrity, edited))
        }
        State::HalfDone => match settle::find(work, step, entry).map_err(|trouble| stopped(work, trouble))? {
            Found::Unclear(why) => Some((Outcome::PartWay, in_doubt(step, entry, &why))),
            _ => None,
        },
    })
}

/// Makes the error of something that could not be looked up.
pub(super) fn stopped(work: &mut Work<'_>, trouble: Trouble) -> ApplyError {
    work.rollback();
    match trouble {
        Trouble::Stop(error) => error,
        Trouble::Sql(rejected) => ApplyError::Database {
            doing: "settle a step in doubt",
            error: rejected.error,
        },
    }
}

/// Makes the finding of a step that still runs.
pub(super) fn running(step: &Step, entry: &Entry) -> Finding {
    let message = format!(
        "step {} of revision \"{}\" is still running",
        entry.number, step.revision.id
    );
    finding(step, entry, "step-running", message)
        .detail(format!(
            "Backend {} works on: {}",
            entry.backend_pid, entry.excerpt
        ))
        .hint("Wait for it with --wait 10min, or end it: \"zerodrift repair\" asks before it does.")
}

/// Refuses to go on with a step of which the catalog tells nothing.
pub(super) fn unclear(step: &Step, entry: &Entry, why: &str) -> ApplyError {
    ApplyError::refused(Outcome::PartWay, in_doubt(step, entry, why))
}

fn in_doubt(step: &Step, entry: &Entry, why: &str) -> Finding {
    let id = &step.revision.id;
    let number = entry.number;
    let message = format!("step {number} of revision \"{id}\" is in doubt");
    finding(step, entry, "step-in-doubt", message)
        .detail(format!(
            "It ran as: {}. {} {why}",
            entry.excerpt,
            match entry.outcome {
                None => "Whether it finished before its backend ended was not written down.",
                _ => "It failed half-way and may have left something behind.",
            }
        ))
        .hint(format!(
            "Look at the object and remove what is half-done. Then say which it is: \"zerodrift repair --done \
             {id}:{number}\" if the step is complete, \"zerodrift repair --retry {id}:{number}\" to run it again."
        ))
}

fn finding(step: &Step, entry: &Entry, rule: &'static str, message: String) -> Finding {
    let unit = step.units.get(entry.number.wrapping_sub(1));
    let place = match unit {
        Some(unit) => {
            let start = step.statement(step.statements_of(unit).start).range.start;
            step.place(start..start)
        }
        None => Location::file(&step.revision.path),
    };
    Finding::new(rule, Level::Error, message)
        .object(step.revision.id.as_str())
        .at(place)
}

/// Says for people what was found and what follows from it.
pub(super) fn told(found: &Found) -> String {
    match found {
        Found::Complete(what) => format!("{what} The step is complete."),
        Found::Nothing(what) => format!("{what} It runs again."),
        Found::Leftover { what, sql } => format!(
            "{what} It is removed ({}), and the step runs again.",
            sql.join("; ")
        ),
        Found::Unfinished { what, sql } => format!("{what} It is finished: {sql}."),
        Found::Unclear(why) => why.clone(),
    }
}

/// Says whether a unit and its outcome can commit together.
pub(super) fn is_atomic(step: &Step, unit: &Unit) -> bool {
    let Unit::Statement(index) = unit else { return true };
    commits_with_its_outcome(step.statement(*index))
}

fn commits_with_its_outcome(statement: &Statement) -> bool {
    // Procedures and DO blocks may commit; REINDEX refuses a transaction where the relation is partitioned.
    statement.refuses_transaction(u32::MAX).is_none()
        && !statement.is("CALL|DO|REINDEX|CLUSTER")
        && !statement.is("DROP SUBSCRIPTION")
}

/// Says whether a statement that failed may have left something behind: a concurrent build its invalid index, a
/// procedure what it committed before.
pub(super) fn leaves_parts(statement: &Statement, text: &str) -> bool {
    let commits = || {
        let text = text.to_ascii_lowercase();
        text.contains("commit") || text.contains("call")
    };
    statement
        .refuses_transaction(u32::MAX)
        .is_some_and(|refusal| refusal.nature == Nature::Concurrent)
        || statement.is("ALTER TABLE * DETACH PARTITION * CONCURRENTLY")
        || statement.is("CALL")
        || statement.is("DO") && commits()
}

/// SHA-256 of what a unit sends.
pub(super) fn checksum(step: &Step, unit: &Unit) -> Checksum {
    let statements = step.statements_of(unit);
    let text: Vec<&str> = statements.map(|index| step.text(index)).collect();
    Checksum::of(text.join(";\n"))
}
