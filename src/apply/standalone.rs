//! Revisions outside a transaction: each step commits by itself and is journalled.
//!
//! ```text
//! intent ── committed before the step, with the backend that will run it
//!   step ── what may run in a transaction commits together with its outcome: never in doubt
//! outcome ─ for the rest, written after the step: a crash in between leaves it in doubt
//! ```

use std::time::Instant;

use super::doubt::{EXCERPT, checksum, is_atomic, leaves_parts};
use super::error::ApplyError;
use super::explain::on_one_line;
use super::progress::Event;
use super::retry::{self, Budget};
use super::settle::{self, Settled};
use super::transactional::{self, Ran, Task};
use super::work::{Rejected, Trouble, Work};
use super::{batched, effect, explain, row_security, section};
use crate::ledger::{Applied, Entry, EntryOutcome, HistoryName, How, SectionRow, journal, refinery};
use crate::model::Outcome;
use crate::plan::{Step, Unit};
use crate::sql::transaction::{Nature, Refusal as InTransaction};

/// Runs what is not done yet.
pub(super) fn run(work: &mut Work<'_>, task: &Task, applied: &Applied) -> Result<Ran, ApplyError> {
    let begun = Instant::now();
    let step = &task.step;
    let mut sections = Vec::new();
    let mut attempts = 1;
    let mut changed = false;
    for number in 1..=step.units.len() {
        let done = applied
            .journal_of(&step.revision.id)
            .any(|entry| entry.number == number && entry.outcome == Some(EntryOutcome::Done));
        if !done {
            let tries = unit_with_retries(work, task, applied, number, changed, &mut sections)?;
            attempts = attempts.max(tries);
        }
        changed = true;
    }
    record_with_retries(work, task, begun, &sections)?;
    let took = begun.elapsed();
    work.progress.event(Event::Done {
        revision: &step.revision.id,
        took,
    });
    Ok(Ran {
        took,
        sections,
        attempts,
    })
}

fn unit_with_retries(
    work: &mut Work<'_>,
    task: &Task,
    applied: &Applied,
    number: usize,
    changed: bool,
    sections: &mut Vec<SectionRow>,
) -> Result<u32, ApplyError> {
    let step = &task.step;
    let unit = &step.units[number - 1];
    let mut budget = Budget::new(work.settings.retries);
    let mut begun = Instant::now();
    let mut result = first(work, step, applied, number);
    loop {
        let stopped = match result {
            Ok(row) => {
                sections.extend(row);
                return Ok(budget.attempts() + 1);
            }
            Err(stopped) => stopped,
        };
        let Stopped { trouble, ran } = *stopped;
        work.rollback();
        let Trouble::Sql(rejected) = &trouble else {
            if ran {
                failed(work, task, number, None);
            }
            return Err(ended(work, task, trouble, changed, false));
        };
        // What was not run again did not fail: what an earlier run wrote down about it stays true.
        if ran {
            failed(work, task, number, Some(rejected));
        }
        let worked = begun.elapsed().saturating_sub(rejected.ran);
        let pause = budget
            .pause_after(rejected.error.sqlstate(), worked)
            .filter(|_| work.settings.interrupt.raised().is_none() && !work.session.is_closed());
        let parts = match unit {
            Unit::Statement(index) => leaves_parts(step.statement(*index), step.text(*index)),
            Unit::Section(index) => step.script.sections[*index].batched.is_some(),
            Unit::Group(_) => false,
        };
        let Some(pause) = pause else {
            return Err(ended(work, task, trouble, changed, parts));
        };
        let blockers = work.watch.take_blockers();
        let error = rejected.error.to_string();
        work.progress.event(Event::Retrying {
            revision: &step.revision.id,
            error: &error,
            attempt: budget.attempts(),
            pause,
            blockers: &blockers,
        });
        retry::sleep(pause, &work.settings.interrupt);
        begun = Instant::now();
        result = again(work, step, number);
    }
}

/// Runs a step for the first time in this run: what an earlier run left of it is settled before.
fn first(
    work: &mut Work<'_>,
    step: &Step,
    applied: &Applied,
    number: usize,
) -> Result<Option<SectionRow>, Box<Stopped>> {
    match settle::resume(work, step, applied, number).map_err(Stopped::before)? {
        Some(Settled::Complete) => Ok(None),
        Some(Settled::Again) | None => {
            run_unit(work, step, &step.units[number - 1], number).map_err(Stopped::within)
        }
    }
}

/// Why a step did not get done.
struct Stopped {
    trouble: Trouble,
    /// Whether the step itself had begun.
    ran: bool,
}

impl Stopped {
    fn before(trouble: Trouble) -> Box<Self> {
        Box::new(Stopped { trouble, ran: false })
    }

    fn within(trouble: Trouble) -> Box<Self> {
        Box::new(Stopped { trouble, ran: true })
    }
}

/// Runs a step once more after a failure: what the failure left of it is settled before.
fn again(work: &mut Work<'_>, step: &Step, number: usize) -> Result<Option<SectionRow>, Box<Stopped>> {
    let unit = &step.units[number - 1];
    if !is_atomic(step, unit) {
        let entry = Entry {
            revision: step.revision.id.clone(),
            number,
            checksum: checksum(step, unit).to_string(),
            excerpt: excerpt(step, unit),
            backend_pid: work.session.backend_pid(),
            outcome: Some(EntryOutcome::Failed),
            running: false,
        };
        if settle::settle(work, step, &entry).map_err(Stopped::before)? == Settled::Complete {
            return Ok(None);
        }
    }
    run_unit(work, step, unit, number).map_err(Stopped::within)
}

/// Writes the failure of a step down. A journal that cannot be written leaves the step in doubt, which is true then.
fn failed(work: &mut Work<'_>, task: &Task, number: usize, rejected: Option<&Rejected>) {
    let sqlstate = rejected
        .and_then(|rejected| rejected.error.sqlstate())
        .unwrap_or_default();
    let error = rejected
        .map(|rejected| rejected.error.to_string())
        .unwrap_or_default();
    let sql = journal::failed(&task.step.revision.id, number, sqlstate, &error);
    if !work.session.is_closed() {
        let _ = work.session.run(&sql);
    }
}

/// Returns the statement that writes down a step before it runs, with what its effect is told by after a crash.
pub(super) fn intent(step: &Step, unit: &Unit, number: usize) -> String {
    let before = match unit {
        Unit::Statement(index) if !is_atomic(step, unit) => {
            effect::before(step.statement(*index), step.text(*index))
        }
        _ => "NULL".to_owned(),
    };
    journal::intent(
        &step.revision.id,
        number,
        checksum(step, unit),
        &excerpt(step, unit),
        &before,
    )
}

fn run_unit(
    work: &mut Work<'_>,
    step: &Step,
    unit: &Unit,
    number: usize,
) -> Result<Option<SectionRow>, Trouble> {
    let id = &step.revision.id;
    let intent = intent(step, unit, number);
    let session = format!("{}{}", work.reset(), work.settings_sql(""));
    work.queue(&session);
    work.own(&format!("{intent};"), None, "write the journal")?;
    if is_atomic(step, unit) {
        return atomic(work, step, unit, number);
    }
    let statements = step.statements_of(unit);
    let nature = nature(step, unit);
    let unlimited = matches!(nature, Some(Nature::Concurrent | Nature::Long));
    if unlimited {
        // A lock timeout would leave an invalid index; the budget ends the wait instead. Both as messages of their
        // own: in one message with the statement they would be one transaction.
        if !step.statement(statements.start).is("ALTER TABLE") {
            work.own("SET lock_timeout = 0;", None, "set the timeouts")?;
        }
        work.own("SET statement_timeout = 0;", None, "set the timeouts")?;
    }
    let mut rows = 0;
    for index in statements {
        rows = work.statement_alone(step, index, unlimited)?;
    }
    work.own(
        &format!("{};", journal::done(id, number, rows)),
        None,
        "write the journal",
    )?;
    Ok(None)
}

/// Runs a step and its outcome in one transaction.
fn atomic(
    work: &mut Work<'_>,
    step: &Step,
    unit: &Unit,
    number: usize,
) -> Result<Option<SectionRow>, Trouble> {
    if let Unit::Section(index) = unit {
        let section = &step.script.sections[*index];
        if let Some(batches) = &section.batched {
            return batched::run(work, step, *index, section, batches, number).map(Some);
        }
    }
    let begin = format!("BEGIN;\n{}", work.settings_sql("LOCAL "));
    work.queue(&begin);
    let mut rows = 0;
    let mut row = None;
    match unit {
        Unit::Section(index) => {
            let done = section::run(work, step, &step.script.sections[*index])?;
            rows = done.touched;
            row = Some(done);
        }
        unit => {
            for index in step.statements_of(unit) {
                rows = work.statement(step, index)?;
            }
        }
    }
    let done = journal::done(&step.revision.id, number, rows);
    let check = work.check_sql();
    work.own(&format!("{done};\n{check}COMMIT;"), None, "write the journal")
        .map_err(|trouble| transactional::explained(step, trouble))?;
    Ok(row)
}

/// Verifies and records, and repeats both where that may help.
fn record_with_retries(
    work: &mut Work<'_>,
    task: &Task,
    begun: Instant,
    sections: &[SectionRow],
) -> Result<(), ApplyError> {
    let mut budget = Budget::new(work.settings.retries);
    loop {
        let tried = Instant::now();
        let rejected = match record(work, task, begun, sections) {
            Ok(()) => return Ok(()),
            Err(Trouble::Sql(rejected)) => rejected,
            Err(stop) => return Err(ended(work, task, stop, true, false)),
        };
        let worked = tried.elapsed().saturating_sub(rejected.ran);
        let pause = budget
            .pause_after(rejected.error.sqlstate(), worked)
            .filter(|_| work.settings.interrupt.raised().is_none() && !work.session.is_closed());
        let Some(pause) = pause else {
            return Err(ended(work, task, Trouble::Sql(rejected), true, false));
        };
        work.rollback();
        let blockers = work.watch.take_blockers();
        let error = rejected.error.to_string();
        work.progress.event(Event::Retrying {
            revision: &task.step.revision.id,
            error: &error,
            attempt: budget.attempts(),
            pause,
            blockers: &blockers,
        });
        retry::sleep(pause, &work.settings.interrupt);
    }
}

/// Runs the verify file and writes the ledger rows, in one transaction.
fn record(work: &mut Work<'_>, task: &Task, begun: Instant, sections: &[SectionRow]) -> Result<(), Trouble> {
    let step = &task.step;
    let name = HistoryName::of(&step.revision.id, &step.revision.slug);
    let history = work.settings.history_table.clone();
    let begin = format!("{}BEGIN;\n{}", work.reset(), work.settings_sql("LOCAL "));
    work.queue(&begin);
    refinery::apply(&name, &step.source, &history, |_, insert| {
        if let Some(verify) = &task.verify {
            verify.run(work)?;
        }
        let rows = transactional::ledger_rows(work, step, insert, begun.elapsed(), sections, How::Applied);
        let check = work.check_sql();
        work.own(&format!("{rows}{check}COMMIT;"), None, "write the ledger")
            .map_err(|trouble| transactional::explained(step, trouble))
    })
}

/// Makes the error of a file that stopped. `changed` says that steps before are done, `parts` that the step itself may
/// have left something behind.
fn ended(work: &mut Work<'_>, task: &Task, trouble: Trouble, changed: bool, parts: bool) -> ApplyError {
    work.rollback();
    let outcome = if changed || parts {
        Outcome::PartWay
    } else {
        Outcome::RolledBack
    };
    let error = match trouble {
        Trouble::Stop(ApplyError::Failed(mut failure)) => {
            if changed && failure.outcome == Outcome::RolledBack {
                failure.outcome = outcome;
            }
            if changed {
                failure
                    .details
                    .push("The steps before it are done and stay done.".to_owned());
            }
            ApplyError::Failed(failure)
        }
        Trouble::Stop(ApplyError::Refused(mut refusal)) => {
            if refusal.outcome == Outcome::RolledBack {
                refusal.outcome = outcome;
            }
            ApplyError::Refused(refusal)
        }
        Trouble::Stop(error) => error,
        Trouble::Sql(rejected) => {
            let interrupted = work
                .settings
                .interrupt
                .raised()
                .filter(|_| rejected.error.sqlstate() == Some("57014"));
            let mut failure = explain::failure(&task.step, &rejected, interrupted.unwrap_or(outcome));
            if changed {
                failure.details.push(
                    "The steps before it are done and stay done; the next upgrade goes on here.".to_owned(),
                );
            }
            failure.details.extend(work.watch.told());
            let blockers = work.watch.take_blockers();
            failure
                .details
                .extend(blockers.iter().map(|blocker| format!("Blocked by {blocker}.")));
            row_security::explain(work, &task.step, &rejected, &mut failure);
            ApplyError::Failed(Box::new(failure))
        }
    };
    transactional::record(work, task, error)
}

fn in_transaction(step: &Step, unit: &Unit) -> Option<&'static InTransaction> {
    let Unit::Statement(index) = unit else { return None };
    step.statement(*index).refuses_transaction(u32::MAX)
}

pub(super) fn nature(step: &Step, unit: &Unit) -> Option<Nature> {
    in_transaction(step, unit).map(|refusal| refusal.nature)
}

/// Returns the first statement of a unit on one line, without secrets.
pub(super) fn excerpt(step: &Step, unit: &Unit) -> String {
    let first = step.statements_of(unit).start;
    let text = step
        .script
        .statements
        .get(first)
        .map_or("", |statement| statement.text(&step.source));
    on_one_line(text).chars().take(EXCERPT).collect()
}
