//! Whether a half-done file may go on: what its journal leaves open, and what an edit would run a second time.

use super::error::{ApplyError, Refusal};
use crate::ledger::{Applied, Entry, EntryOutcome};
use crate::model::{Checksum, Finding, Level, Location, Outcome};
use crate::plan::{Mode, Step, Unit};
use crate::sql::Statement;
use crate::sql::transaction::Nature;

/// Refuses to run beside a half-done revision whose state nobody knows.
pub(super) fn refuse(steps: &[Step], applied: &Applied) -> Result<(), ApplyError> {
    let mut outcome = Outcome::Clean;
    let mut findings = Vec::new();
    for step in steps {
        let entries = applied.journal_of(&step.revision.id);
        let doubts: Vec<_> = match step.mode {
            Mode::Standalone => entries.filter_map(|entry| doubt(step, entry)).collect(),
            Mode::Transaction => entries
                .filter_map(|entry| repeated(step, entry))
                .take(1)
                .collect(),
        };
        let batched = applied.batched.iter().filter(|(id, _)| *id == step.revision.id);
        for (code, finding) in doubts
            .into_iter()
            .chain(batched.filter_map(|(_, section)| unbatched(step, *section)))
        {
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

fn doubt(step: &Step, entry: &Entry) -> Option<(Outcome, Finding)> {
    let id = &step.revision.id;
    let finding = |rule, message: String| {
        let unit = step.units.get(entry.number.wrapping_sub(1));
        let place = match unit {
            Some(unit) => {
                let start = step.statement(step.statements_of(unit).start).range.start;
                step.place(start..start)
            }
            None => Location::file(&step.revision.path),
        };
        Finding::new(rule, Level::Error, message)
            .object(id.as_str())
            .at(place)
    };
    if entry.outcome.is_none() && entry.running {
        let message = format!("step {} of revision \"{id}\" is still running", entry.number);
        let running = finding("step-running", message)
            .detail(format!(
                "Backend {} works on: {}",
                entry.backend_pid, entry.excerpt
            ))
            .hint("Wait for it, or end it with SELECT pg_terminate_backend(pid).");
        return Some((Outcome::Locked, running));
    }
    let unit = step.units.get(entry.number.wrapping_sub(1));
    let same = unit.is_some_and(|unit| checksum(step, unit).to_string() == entry.checksum);
    if !same && entry.outcome == Some(EntryOutcome::Done) {
        let message = format!("step {} of half-done revision \"{id}\" was edited", entry.number);
        let edited = finding("half-done-revision-edited", message)
            .detail(format!("It ran as: {}", entry.excerpt))
            .hint("Restore the file as it was when it began to run.");
        return Some((Outcome::Integrity, edited));
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
    if !half_done {
        return None;
    }
    let message = format!("step {} of revision \"{id}\" is in doubt", entry.number);
    let in_doubt = finding("step-in-doubt", message)
        .detail(format!(
            "It ran as: {}. {}",
            entry.excerpt,
            match entry.outcome {
                None => "Whether it finished before its backend ended was not written down.",
                _ => "It failed half-way and may have left something behind: an invalid index, or what a procedure committed.",
            }
        ))
        .hint(format!(
            "Look at the object and remove what is half-done. Then say which it is: UPDATE zerodrift.statement SET outcome \
             = 'done' WHERE revision = '{id}' AND number = {n} if the step is complete, DELETE FROM zerodrift.statement \
             WHERE revision = '{id}' AND number = {n} to run it again.",
            n = entry.number
        ));
    Some((Outcome::PartWay, in_doubt))
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
        || statement.is("CALL")
        || statement.is("DO") && commits()
}

/// SHA-256 of what a unit sends.
pub(super) fn checksum(step: &Step, unit: &Unit) -> Checksum {
    let statements = step.statements_of(unit);
    let text: Vec<&str> = statements.map(|index| step.text(index)).collect();
    Checksum::of(text.join(";\n"))
}
