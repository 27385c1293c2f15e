//! `upgrade --dry-run`: everything that can run in one transaction runs, and is rolled back; the rest is named.
//!
//! Of a file outside a transaction, the steps that could run in one are tried in their place. What comes after something
//! that was left out may fail for that reason alone: it is named then, and is no failure.

use std::time::{Duration, Instant};

use super::doubt::is_atomic;
use super::error::ApplyError;
use super::explain::on_one_line;
use super::retry::Budget;
use super::section;
use super::transactional::{self, Ran, Task};
use super::upgrade::{self, Upgraded};
use super::work::{Trouble, Work};
use crate::ledger::{Applied, SectionRow};
use crate::model::RevisionId;
use crate::plan::{Mode, Unit};

/// Something that a dry run could not try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untried {
    /// The revision.
    pub revision: RevisionId,
    /// The step of its file, from 1; none for the whole revision.
    pub step: Option<usize>,
    /// Why, as a part of a sentence.
    pub why: String,
}

/// Tries the tasks in order, in one transaction that is rolled back.
pub(super) fn run(
    work: &mut Work<'_>,
    tasks: &[Task],
    applied: &Applied,
    done: &mut Upgraded,
) -> Result<(), ApplyError> {
    let mut budget = Budget::new(work.settings.retries);
    loop {
        let begun = Instant::now();
        let mut at = 0;
        let mut tried = Upgraded::default();
        let trouble = match attempt(work, tasks, applied, &mut tried, &mut at) {
            Ok(()) => {
                done.applied = tried.applied;
                done.untried = tried.untried;
                done.findings.extend(tried.findings);
                return Ok(());
            }
            Err(trouble) => trouble,
        };
        let blockers = work.watch.take_blockers();
        work.rollback();
        let task = &tasks[at];
        let rejected = match trouble {
            Trouble::Sql(rejected) => rejected,
            Trouble::Stop(error) => return Err(error),
        };
        let worked = begun.elapsed().saturating_sub(rejected.ran);
        let pause = budget.pause_after(rejected.error.sqlstate(), worked);
        match pause.filter(|_| work.settings.interrupt.raised().is_none()) {
            Some(pause) => transactional::again(work, task, &rejected, budget.attempts(), pause, &blockers),
            None => {
                return Err(transactional::give_up(
                    work,
                    task,
                    &rejected,
                    budget.attempts(),
                    &blockers,
                ));
            }
        }
    }
}

fn attempt(
    work: &mut Work<'_>,
    tasks: &[Task],
    applied: &Applied,
    tried: &mut Upgraded,
    at: &mut usize,
) -> Result<(), Trouble> {
    let begin = format!("{}BEGIN;\n", work.reset());
    work.queue(&begin);
    for (index, task) in tasks.iter().enumerate() {
        *at = index;
        upgrade::began(work, task, index + 1);
        let begun = Instant::now();
        if task.step.reaches_outside() {
            untried(tried, task, None, "a rollback would not undo it".to_owned());
            continue;
        }
        let half_done = applied.journal_of(&task.step.revision.id).next().is_some();
        if half_done {
            untried(tried, task, None, "it is half-done".to_owned());
            continue;
        }
        let settings = format!("SAVEPOINT zerodrift_try;\n{}", work.settings_sql("LOCAL "));
        work.queue(&settings);
        work.flush(None)?;
        match body(work, task, tried) {
            Ok(sections) => tried_one(work, task, begun.elapsed(), sections, tried)?,
            Err(trouble) => {
                let why = left_out(tried, &trouble).ok_or(trouble)?;
                work.forget();
                work.own(
                    "ROLLBACK TO SAVEPOINT zerodrift_try;",
                    None,
                    "leave a revision out",
                )?;
                untried(tried, task, None, why);
            }
        }
    }
    // What would only be checked at the commit is checked now.
    work.own(
        "SET CONSTRAINTS ALL IMMEDIATE;",
        None,
        "check deferred constraints",
    )?;
    work.own("ROLLBACK;", None, "roll back")
}

fn tried_one(
    work: &mut Work<'_>,
    task: &Task,
    took: Duration,
    sections: Vec<SectionRow>,
    tried: &mut Upgraded,
) -> Result<(), Trouble> {
    let between = format!("RELEASE SAVEPOINT zerodrift_try;\n{}", work.reset());
    work.own(&between, None, "go on with the next revision")?;
    let ran = Ran {
        took,
        sections,
        attempts: 1,
    };
    tried.findings.extend(upgrade::warnings(&task.step, &ran));
    tried.applied.push((task.step.revision.id.clone(), ran));
    Ok(())
}

/// Says why a failure is none: something before it was left out.
fn left_out(tried: &Upgraded, trouble: &Trouble) -> Option<String> {
    let first = tried.untried.first()?;
    let said = match trouble {
        Trouble::Sql(rejected) => rejected.error.sql()?.to_string(),
        Trouble::Stop(ApplyError::Failed(failure)) => failure.message.clone(),
        Trouble::Stop(_) => return None,
    };
    Some(format!(
        "it failed ({said}), perhaps because of what was left out before it, first in \"{}\"",
        first.revision
    ))
}

/// Runs what can run of a revision.
fn body(work: &mut Work<'_>, task: &Task, tried: &mut Upgraded) -> Result<Vec<SectionRow>, Trouble> {
    let step = &task.step;
    if step.mode == Mode::Transaction {
        return transactional::body(work, task);
    }
    let mut sections = Vec::new();
    for (index, unit) in step.units.iter().enumerate() {
        let number = index + 1;
        let batched = matches!(unit, Unit::Section(at) if step.script.sections[*at].batched.is_some());
        if batched {
            untried(
                tried,
                task,
                Some(number),
                "its batches commit one by one".to_owned(),
            );
        } else if !is_atomic(step, unit) {
            let text = on_one_line(step.text(step.statements_of(unit).start));
            let shown: String = text.chars().take(80).collect();
            untried(
                tried,
                task,
                Some(number),
                format!("it cannot run in a transaction: {shown}"),
            );
        } else if let Unit::Section(at) = unit {
            sections.push(section::run(work, step, &step.script.sections[*at])?);
        } else {
            for statement in step.statements_of(unit) {
                work.statement(step, statement)?;
            }
        }
    }
    if let Some(verify) = &task.verify {
        verify.run(work)?;
    }
    Ok(sections)
}

fn untried(tried: &mut Upgraded, task: &Task, step: Option<usize>, why: String) {
    tried.untried.push(Untried {
        revision: task.step.revision.id.clone(),
        step,
        why,
    });
}
