//! Revisions in transactions: the file, its guards, its verify file and its ledger rows commit together or not at all.

use std::time::{Duration, Instant};

use super::error::{ApplyError, Failure};
use super::prepared::{Names, Prepared};
use super::progress::Event;
use super::retry::{self, Blocker, Budget};
use super::verify::Verify;
use super::work::{Rejected, Switched, Trouble, Work, switched};
use super::{explain, rls_guard, row_security, section};
use crate::ledger::{Attempt, Attempted, HistoryName, How, RevisionRow, SectionRow, refinery, revision};
use crate::model::{Finding, Level, Location, Outcome};
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
        if Prepared::were_dropped(&rejected) && !outside {
            // The next attempt prepares them after the file's last statement.
            continue;
        }
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

pub(super) fn again(
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
    let alone = tasks.len() == 1;
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
            End::Commit => apply(work, task, begun, alone)?,
            End::RollBack => body(work, task)?,
            End::Revert => revert(work, task, begun, alone)?,
        };
        all.push(Ran {
            took: begun.elapsed(),
            sections,
            attempts: 1,
        });
    }
    if !alone || end == End::RollBack {
        finish(work, end)?;
    }
    for (task, ran) in tasks.iter().zip(&all) {
        work.progress.event(Event::Done {
            revision: &task.step.revision.id,
            took: ran.took,
        });
    }
    Ok(all)
}

/// Lets refinery apply a revision in our transaction.
fn apply(work: &mut Work<'_>, task: &Task, begun: Instant, alone: bool) -> Result<Vec<SectionRow>, Trouble> {
    let revision = &task.step.revision;
    let name = HistoryName::of(&revision.id, &revision.slug);
    let history = work.settings.history_table.clone();
    let mut sections = Vec::new();
    refinery::apply(&name, &task.step.source, &history, |_, insert| {
        sections = body(work, task)?;
        let names = work.at_end_of(&task.step);
        let rows = rows(work, &task.step, begun.elapsed(), &sections, How::Applied);
        let (revision, attempt) = (
            rows.revision.execute(&names.revision),
            rows.attempt.execute(&names.attempt),
        );
        let ledger = format!("{insert};\n{revision};\n{attempt};\n");
        conclude(work, task, &names, &ledger, alone)
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
    let rows = rows(work, step, took, sections, how);
    format!(
        "{history};\n{};\n{};\n",
        rows.revision.insert(),
        rows.attempt.insert()
    )
}

/// The rows of a revision in our own tables.
struct Rows<'a> {
    revision: RevisionRow<'a>,
    attempt: Attempt<'a>,
}

fn rows<'a>(
    work: &'a Work<'_>,
    step: &'a Step,
    took: Duration,
    sections: &'a [SectionRow],
    how: How,
) -> Rows<'a> {
    let duration_ms = took.as_millis() as u64;
    let revision = RevisionRow {
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
    Rows { revision, attempt }
}

fn revert(work: &mut Work<'_>, task: &Task, begun: Instant, alone: bool) -> Result<Vec<SectionRow>, Trouble> {
    let sections = body(work, task)?;
    let id = &task.step.revision.id;
    let mut attempt = work.attempt(Some(id), Attempted::Reverted);
    attempt.duration_ms = Some(begun.elapsed().as_millis() as u64);
    let rows = format!(
        "{};\n{};\n",
        revision::remove(id, &work.settings.history_table),
        attempt.insert()
    );
    let names = work.at_end_of(&task.step);
    conclude(work, task, &names, &rows, alone)?;
    Ok(sections)
}

/// Sends the file, guards and verify file included.
pub(super) fn body(work: &mut Work<'_>, task: &Task) -> Result<Vec<SectionRow>, Trouble> {
    let step = &task.step;
    if !step.script.sections.is_empty() {
        rls_guard::lock_early(work, step)?;
    }
    let mut sections = Vec::new();
    for unit in &step.units {
        match unit {
            Unit::Section(index) => sections.push(section::run(work, step, &step.script.sections[*index])?),
            Unit::Statement(index) => {
                work.statement(step, *index)?;
            }
            // Groups are made for standalone files only.
            Unit::Group(range) => {
                for index in range.clone() {
                    work.statement(step, index)?;
                }
            }
        }
    }
    if let Some(verify) = &task.verify {
        verify.run(work)?;
    }
    Ok(sections)
}

/// Makes the refusal of a file that switched the session.
fn session_switched(step: &Step, switched: Switched) -> Trouble {
    let (outcome, what, why) = match switched {
        Switched::Role => (
            Outcome::RolledBack,
            "the role was switched",
            "A statement of the file changed the role of the session.",
        ),
        Switched::RowSecurity => (
            Outcome::RolledBack,
            "row security was switched on",
            "A statement of the file changed row_security.",
        ),
        Switched::Lock => (
            Outcome::PartWay,
            "the migrator lock was lost",
            "A statement of the file released advisory locks.",
        ),
    };
    let revision = &step.revision;
    let finding = Finding::new(
        "session-switched",
        Level::Error,
        format!("revision \"{}\" was rolled back: {what}", revision.id),
    )
    .object(revision.id.as_str())
    .detail(why)
    .hint("Look for SET, set_config and pg_advisory_unlock in functions that the file calls.")
    .at(Location::file(&revision.path));
    ApplyError::refused(outcome, finding).into()
}

/// Writes ledger rows, checks the session and, for a revision alone in its transaction, commits: one message.
fn conclude(
    work: &mut Work<'_>,
    task: &Task,
    names: &Names,
    ledger: &str,
    alone: bool,
) -> Result<(), Trouble> {
    interrupted(work)?;
    work.queue(ledger);
    work.queue(&format!("EXECUTE {};\n", names.check));
    let result = if alone {
        work.own("COMMIT", None, COMMIT)
    } else {
        work.flush(None)
    };
    result.map_err(|trouble| explained(&task.step, trouble))
}

/// Says what [`Work::check_sql`] found, if that is what the server rejected.
pub(super) fn explained(step: &Step, trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Sql(rejected) => match switched(&rejected.error) {
            Some(switched) => session_switched(step, switched),
            None => Trouble::Sql(rejected),
        },
        stop => stop,
    }
}

fn interrupted(work: &Work<'_>) -> Result<(), Trouble> {
    let Some(outcome) = work.settings.interrupt.raised() else {
        return Ok(());
    };
    let finding = Finding::new(
        "interrupted",
        Level::Error,
        "run was interrupted before the commit",
    );
    Err(ApplyError::refused(outcome, finding.hint("Run the same command again.")).into())
}

/// How the commit is called in messages.
const COMMIT: &str = "commit";

fn finish(work: &mut Work<'_>, end: End) -> Result<(), Trouble> {
    interrupted(work)?;
    work.own(
        if end == End::RollBack { "ROLLBACK" } else { COMMIT },
        None,
        COMMIT,
    )
}

pub(super) fn give_up(
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
    let lost_at_commit = rejected.error.sql().is_none() && rejected.doing.as_deref() == Some(COMMIT);
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
    let (sqlstate, message, place, statement) = match &error {
        ApplyError::Failed(failure) => {
            let Failure {
                sqlstate,
                message,
                place,
                statement,
                ..
            } = &**failure;
            (
                sqlstate.clone(),
                message.clone(),
                place.as_ref().map(ToString::to_string),
                statement.clone(),
            )
        }
        other => (other.sqlstate().map(str::to_owned), other.to_string(), None, None),
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
        statement: statement.as_deref(),
    });
    let insert = attempt.insert();
    if !work.session.is_closed() && !work.settings.dry_run {
        // The failure itself is what the user has to know; that it could not be recorded adds nothing.
        let _ = work.session.run(&insert);
    }
    error
}
