//! Revisions in transactions: the file, its guards, its verify file and its ledger rows commit together or not at all.

use std::time::{Duration, Instant};

use super::error::{ApplyError, Failure};
use super::progress::Event;
use super::retry::{self, Blocker, Budget};
use super::verify::Verify;
use super::work::{Rejected, Trouble, Work};
use super::{explain, rls_guard, row_security, section};
use crate::ledger::{Attempted, HistoryName, How, RevisionRow, SectionRow, refinery, revision};
use crate::model::{Finding, Level, Outcome};
use crate::plan::{Step, Unit};
use crate::sql::normal;

/// One revision and what belongs to it.
pub(super) struct Task {
    pub step: Step,
    pub verify: Option<Verify>,
}

/// What a revision did.
#[derive(Clone, Debug)]
pub struct Ran {
    /// How long it took.
    pub took: Duration,
    /// What its guarded sections did.
    pub sections: Vec<SectionRow>,
    /// How many attempts it took.
    pub attempts: u32,
}

/// What is done with the transaction at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Ledger rows are written and everything commits.
    Commit,
    /// Nothing is kept.
    RollBack,
    /// The revision is taken out of the ledger and everything commits.
    Revert,
}

/// Runs some revisions in one transaction, and repeats it as a whole where that may help.
pub(super) fn run(work: &mut Work<'_>, tasks: &[Task], end: End) -> Result<Vec<Ran>, ApplyError> {
    let mut budget = Budget::new(work.settings.retries);
    loop {
        let begun = Instant::now();
        let mut at = 0;
        let trouble = match attempt(work, tasks, end, &mut at) {
            Ok(mut ran) => {
                ran.iter_mut()
                    .for_each(|ran| ran.attempts = budget.attempts() + 1);
                return Ok(ran);
            }
            Err(trouble) => trouble,
        };
        let blockers = work.watch.take_blockers();
        work.rollback();
        let task = &tasks[at.min(tasks.len() - 1)];
        let rejected = match trouble {
            Trouble::Sql(rejected) => rejected,
            Trouble::Stop(error) => return Err(record(work, task, error)),
        };
        let worked = begun.elapsed().saturating_sub(rejected.ran);
        let outside = tasks.iter().any(|task| task.step.reaches_outside());
        let pause = budget.pause_after(rejected.error.sqlstate(), worked);
        match pause.filter(|_| !outside && work.settings.interrupt.raised().is_none()) {
            Some(pause) => again(work, task, &rejected, budget.attempts(), pause, &blockers),
            None => {
                let error = give_up(work, task, &rejected, budget.attempts(), &blockers);
                return Err(record(work, task, error));
            }
        }
    }
}

fn again(
    work: &mut Work<'_>,
    task: &Task,
    rejected: &Rejected,
    attempt: u32,
    pause: Duration,
    blockers: &[Blocker],
) {
    let error = rejected.error.to_string();
    let revision = &task.step.revision.id;
    work.progress.event(Event::Retrying {
        revision,
        error: &error,
        attempt,
        pause,
        blockers,
    });
    retry::sleep(pause, &work.settings.interrupt);
}

fn attempt(work: &mut Work<'_>, tasks: &[Task], end: End, at: &mut usize) -> Result<Vec<Ran>, Trouble> {
    let mut all = Vec::new();
    work.forget();
    let begin = format!("{}BEGIN;\n", work.reset());
    work.queue(&begin);
    for (index, task) in tasks.iter().enumerate() {
        *at = index;
        let begun = Instant::now();
        if index > 0 {
            let between = work.reset();
            work.queue(&between);
        }
        let settings = work.settings_sql("LOCAL ");
        work.queue(&settings);
        let sections = match end {
            End::Commit => apply(work, task, begun)?,
            End::RollBack => body(work, task)?,
            End::Revert => revert(work, task, begun)?,
        };
        all.push(Ran {
            took: begun.elapsed(),
            sections,
            attempts: 1,
        });
    }
    finish(work, end)?;
    for (task, ran) in tasks.iter().zip(&all) {
        work.progress.event(Event::Done {
            revision: &task.step.revision.id,
            took: ran.took,
        });
    }
    Ok(all)
}

/// Lets refinery apply a revision in our transaction.
fn apply(work: &mut Work<'_>, task: &Task, begun: Instant) -> Result<Vec<SectionRow>, Trouble> {
    let revision = &task.step.revision;
    let name = HistoryName::of(&revision.id, &revision.slug);
    let history = work.settings.history_table.clone();
    let mut sections = Vec::new();
    refinery::apply(&name, &task.step.source, &history, |_, insert| {
        sections = body(work, task)?;
        let ledger = ledger_rows(work, &task.step, insert, begun.elapsed(), &sections, How::Applied);
        work.queue(&ledger);
        check(work, task)
    })
    .map(|()| sections)
}

/// Returns the rows of a revision in all three tables.
pub(super) fn ledger_rows(
    work: &Work<'_>,
    step: &Step,
    history: &str,
    took: Duration,
    sections: &[SectionRow],
    how: How,
) -> String {
    let duration_ms = took.as_millis() as u64;
    let row = RevisionRow {
        revision: &step.revision,
        checksum: step.checksum,
        normalised: normal::checksum(&step.source),
        source: &step.source,
        how,
        commit: work.settings.commit.as_deref(),
        duration_ms,
        sections,
    };
    let outcome = if how == How::Stamped {
        Attempted::Stamped
    } else {
        Attempted::Applied
    };
    let mut attempt = work.attempt(Some(&step.revision.id), outcome);
    attempt.duration_ms = Some(duration_ms);
    format!("{history};\n{};\n{};\n", row.insert(), attempt.insert())
}

fn revert(work: &mut Work<'_>, task: &Task, begun: Instant) -> Result<Vec<SectionRow>, Trouble> {
    let sections = body(work, task)?;
    let id = &task.step.revision.id;
    let mut attempt = work.attempt(Some(id), Attempted::Reverted);
    attempt.duration_ms = Some(begun.elapsed().as_millis() as u64);
    let rows = format!(
        "{};\n{};\n",
        revision::remove(id, &work.settings.history_table),
        attempt.insert()
    );
    work.queue(&rows);
    check(work, task)?;
    Ok(sections)
}

/// Sends the file, guards and verify file included.
fn body(work: &mut Work<'_>, task: &Task) -> Result<Vec<SectionRow>, Trouble> {
    let step = &task.step;
    if !step.script.sections.is_empty() {
        rls_guard::lock_early(work, step)?;
    }
    let mut sections = Vec::new();
    for unit in &step.units {
        match unit {
            Unit::Section(index) => sections.push(section::run(work, step, &step.script.sections[*index])?),
            Unit::Statement(index) => {
                work.statement(step, *index, None)?;
            }
            // Groups are made for standalone files only.
            Unit::Group(range) => {
                for index in range.clone() {
                    work.statement(step, index, None)?;
                }
            }
        }
    }
    if let Some(verify) = &task.verify {
        verify.run(work)?;
    }
    Ok(sections)
}

/// Checks before the commit that the session is still what the run relies on.
fn check(work: &mut Work<'_>, task: &Task) -> Result<(), Trouble> {
    let sql = work.check_sql();
    let rows = work.rows(&sql, None, "write the ledger")?;
    let row = rows.last().cloned().unwrap_or_default();
    let is = |index: usize| row.get(index).and_then(Option::as_deref) == Some("true");
    let wrong = match (is(0), is(1), is(2)) {
        (true, true, true) => return Ok(()),
        (false, _, _) => (
            Outcome::RolledBack,
            "the role was switched",
            "A statement of the file changed the role of the session.",
        ),
        (_, false, _) => (
            Outcome::RolledBack,
            "row security was switched on",
            "A statement of the file changed row_security.",
        ),
        (_, _, false) => (
            Outcome::PartWay,
            "the migrator lock was lost",
            "A statement of the file released advisory locks.",
        ),
    };
    let finding = Finding::new(
        "session-switched",
        Level::Error,
        format!(
            "revision \"{}\" was rolled back: {}",
            task.step.revision.id, wrong.1
        ),
    )
    .object(task.step.revision.id.as_str())
    .detail(wrong.2)
    .hint("Look for SET, set_config and pg_advisory_unlock in functions that the file calls.")
    .at(crate::model::Location::file(&task.step.revision.path));
    Err(ApplyError::refused(wrong.0, finding).into())
}

fn finish(work: &mut Work<'_>, end: End) -> Result<(), Trouble> {
    let sql = match end {
        End::Commit | End::Revert => "COMMIT",
        End::RollBack => "ROLLBACK",
    };
    if let Some(outcome) = work.settings.interrupt.raised() {
        let finding = Finding::new(
            "interrupted",
            Level::Error,
            "run was interrupted before the commit",
        );
        return Err(ApplyError::refused(outcome, finding.hint("Run the same command again.")).into());
    }
    work.own(sql, None, "commit")
}

fn give_up(
    work: &mut Work<'_>,
    task: &Task,
    rejected: &Rejected,
    attempts: u32,
    blockers: &[Blocker],
) -> ApplyError {
    let interrupted = work
        .settings
        .interrupt
        .raised()
        .filter(|_| rejected.error.sqlstate() == Some("57014"));
    if let Some(outcome) = interrupted {
        return explain::interrupted(&task.step, outcome);
    }
    let lost_at_commit = rejected.error.sql().is_none() && rejected.doing.as_deref() == Some("commit");
    let outcome = if lost_at_commit {
        Outcome::PartWay
    } else {
        Outcome::RolledBack
    };
    let mut failure = explain::failure(&task.step, rejected, outcome);
    if lost_at_commit {
        failure.hint =
            Some("Whether it was committed is in the ledger: \"zerodrift status\" says so.".to_owned());
    }
    if retry::is_repeatable(rejected.error.sqlstate()) {
        failure.details.push(format!("Tried {attempts} times."));
        failure
            .details
            .extend(blockers.iter().map(|blocker| format!("Blocked by {blocker}.")));
    }
    row_security::explain(work, &task.step, rejected, &mut failure);
    ApplyError::Failed(Box::new(failure))
}

/// Writes the failure to the ledger, after the rollback.
pub(super) fn record(work: &mut Work<'_>, task: &Task, error: ApplyError) -> ApplyError {
    let (sqlstate, message, place) = match &error {
        ApplyError::Failed(failure) => {
            let Failure {
                sqlstate,
                message,
                place,
                ..
            } = &**failure;
            (
                sqlstate.clone(),
                message.clone(),
                place.as_ref().map(ToString::to_string),
            )
        }
        other => (None, other.to_string(), None),
    };
    let part_way = error.outcome() == Outcome::PartWay;
    let mut attempt = work.attempt(
        Some(&task.step.revision.id),
        if part_way {
            Attempted::PartWay
        } else {
            Attempted::Failed
        },
    );
    attempt.failure = Some(crate::ledger::attempt::Failure {
        sqlstate: sqlstate.as_deref(),
        error: &message,
        place: place.as_deref(),
    });
    let insert = attempt.insert();
    if !work.session.is_closed() && !work.settings.dry_run {
        // The failure itself is what the user has to know; that it could not be recorded adds nothing.
        let _ = work.session.run(&insert);
    }
    error
}
