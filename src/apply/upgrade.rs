//! `upgrade`: everything pending for a target, in graph order.

use super::dry_run::{self, Untried};
use super::error::{ApplyError, Refusal};
use super::preflight::{self, Facts};
use super::progress::{Event, Progress};
use super::project::Project;
use super::settings::{Gaps, Settings, Transactions};
use super::transactional::{self, End, Ran, Task};
use super::verify::Verify;
use super::work::Work;
use super::{doubt, integrity, lock, planning, role_policy, snapshots, standalone, switching};
use crate::graph::target::{TargetError, resolve};
use crate::ledger::{Applied, Attempted, schema};
use crate::model::{Finding, Level, Location, Outcome, Revision, RevisionId};
use crate::pg::Session;
use crate::plan::{self, Mode, Step};

/// What an upgrade did.
#[derive(Clone, Debug, Default)]
pub struct Upgraded {
    /// The revisions that were applied, in order; in a dry run those that would have been.
    pub applied: Vec<(RevisionId, Ran)>,
    /// What a dry run could not try.
    pub untried: Vec<Untried>,
    /// Warnings and advice.
    pub findings: Vec<Finding>,
}

/// Brings a database to `target`: `head`, `heads`, a revision, a label, `+1`.
///
/// The session is left clean and without the migrator lock, whatever happens.
pub fn upgrade(
    session: &mut Session,
    project: &Project,
    target: &str,
    settings: &Settings,
    progress: &mut dyn Progress,
) -> Result<Upgraded, ApplyError> {
    let facts = preflight::fit(session, settings)?;
    let seen = Seen::look(session, project, target, settings, &facts)?;
    // Nothing to do needs no lock: whoever is at work has pending revisions.
    if seen.steps.is_empty() {
        planning::refuse_stale(session, project, &seen.steps, target, settings)?;
        progress.event(Event::Planned { revisions: 0 });
        session.give_back();
        return Ok(Upgraded {
            findings: seen.findings,
            ..Upgraded::default()
        });
    }
    let presence = preflight::exclusive(session, settings, progress)?;
    let result = locked(
        session,
        project,
        target,
        settings,
        progress,
        Facts { presence, ..facts },
        seen,
    );
    leave(session, settings);
    result
}

/// Finds what an upgrade to `target` would run, without the migrator lock and without changing anything.
pub fn planned(
    session: &mut Session,
    project: &Project,
    target: &str,
    settings: &Settings,
) -> Result<(Vec<Step>, Vec<Finding>), ApplyError> {
    let facts = preflight::look(session, settings)?;
    let seen = Seen::look(session, project, target, settings, &facts);
    session.give_back();
    seen.map(|seen| (seen.steps, seen.findings))
}

/// The ledger at one moment, and what is pending then.
pub(super) struct Seen {
    pub applied: Applied,
    pub steps: Vec<Step>,
    pub findings: Vec<Finding>,
}

impl Seen {
    pub(super) fn look(
        session: &mut Session,
        project: &Project,
        target: &str,
        settings: &Settings,
        facts: &Facts,
    ) -> Result<Self, ApplyError> {
        let applied = Applied::read(session, &settings.history_table, facts.presence)?;
        let findings = integrity::refuse_errors(integrity::compare(session, project, &applied)?)?;
        let steps = steps(project, target, settings, &applied, facts.major)?;
        Ok(Seen {
            applied,
            steps,
            findings,
        })
    }
}

fn locked(
    session: &mut Session,
    project: &Project,
    target: &str,
    settings: &Settings,
    progress: &mut dyn Progress,
    facts: Facts,
    seen: Seen,
) -> Result<Upgraded, ApplyError> {
    // Another migrator may have finished between the look and the lock.
    let unchanged = Applied::read(session, &settings.history_table, facts.presence)? == seen.applied;
    let seen = if unchanged {
        seen
    } else {
        Seen::look(session, project, target, settings, &facts)?
    };
    let Seen {
        applied,
        steps,
        mut findings,
    } = seen;
    progress.event(Event::Planned {
        revisions: steps.len(),
    });
    planning::refuse_stale(session, project, &steps, target, settings)?;
    if steps.is_empty() {
        return Ok(Upgraded {
            findings,
            ..Upgraded::default()
        });
    }
    findings.extend(steps.iter().flat_map(|step| step.notes.iter().cloned()));
    role_policy::check(session, &facts, settings, &steps)?;
    switching::check(session, &facts, &steps)?;
    if settings.transactions == Transactions::All && !settings.dry_run {
        one_transaction(&steps)?;
    }
    let mut done = Upgraded {
        findings,
        ..Upgraded::default()
    };
    let mut work = Work::new(session, settings, progress, facts, "upgrade", target);
    if settings.dry_run {
        let major = work.facts.major;
        let tasks = tasks(project, steps, major)?;
        dry_run::run(&mut work, &tasks, &applied, &mut done)?;
        return Ok(done);
    }
    ledger(&mut work, applied.format)?;
    let applied = doubt::wait(&mut work, applied)?;
    doubt::refuse(&mut work, &steps, &applied)?;
    let major = work.facts.major;
    let tasks = tasks(project, steps, major)?;
    start(&mut work)?;
    let pending: Vec<&Step> = tasks.iter().map(|task| &task.step).collect();
    done.findings.extend(snapshots::warn(&mut work, &pending)?);
    run(&mut work, &tasks, &applied, &mut done)?;
    Ok(done)
}

/// Puts each revision together with its verify file.
fn tasks(project: &Project, steps: Vec<Step>, major: u32) -> Result<Vec<Task>, ApplyError> {
    let task = |step: Step| {
        let verify = Verify::read(&project.root, &step.revision, major)?;
        Ok(Task { step, verify })
    };
    steps.into_iter().map(task).collect()
}

/// Creates the ledger where it is missing, and brings an older one to our format.
pub(super) fn ledger(work: &mut Work<'_>, format: i32) -> Result<(), ApplyError> {
    let presence = work.facts.presence;
    let current = presence.ledger && format == schema::newest_format();
    if !current || !presence.history {
        let format = if presence.ledger { format } else { 0 };
        schema::create(work.session, &work.settings.history_table, format)?;
        work.facts.presence.ledger = true;
        work.facts.presence.schema = true;
        work.facts.presence.history = true;
    }
    Ok(())
}

/// Writes down that a run begins.
pub(super) fn start(work: &mut Work<'_>) -> Result<(), ApplyError> {
    let insert = work.attempt(None, Attempted::Started).insert();
    work.session.run(&insert).map_err(|error| ApplyError::Database {
        doing: "write the ledger",
        error,
    })?;
    Ok(())
}

/// Gives the session back as it was found.
pub(super) fn leave(session: &mut Session, settings: &Settings) {
    lock::release(session, settings);
    session.give_back();
}

fn run(
    work: &mut Work<'_>,
    tasks: &[Task],
    applied: &Applied,
    done: &mut Upgraded,
) -> Result<(), ApplyError> {
    let together = work.settings.transactions == Transactions::All;
    let groups: Vec<&[Task]> = if together {
        vec![tasks]
    } else {
        tasks.chunks(1).collect()
    };
    for (index, group) in groups.into_iter().enumerate() {
        for (inner, task) in group.iter().enumerate() {
            began(work, task, index + inner + 1);
        }
        let ran = match group {
            [task] if task.step.mode == Mode::Standalone => {
                standalone::run(work, task, applied).map(|ran| vec![ran])
            }
            group => transactional::run(work, group, End::Commit),
        };
        let ran = ran.map_err(|error| with_applied(error, done))?;
        for (task, ran) in group.iter().zip(ran) {
            done.findings.extend(warnings(&task.step, &ran));
            done.applied.push((task.step.revision.id.clone(), ran));
        }
    }
    Ok(())
}

/// Says which revisions of this run are done and stay.
fn with_applied(mut error: ApplyError, done: &Upgraded) -> ApplyError {
    if let (ApplyError::Failed(failure), Some((last, _))) = (&mut error, done.applied.last()) {
        let count = done.applied.len();
        let plural = if count == 1 {
            "revision was"
        } else {
            "revisions were"
        };
        failure.details.push(format!(
            "{count} {plural} applied before it in this run and stay, up to \"{last}\"."
        ));
    }
    error
}

pub(super) fn began(work: &mut Work<'_>, task: &Task, number: usize) {
    let statements = task.step.script.statements.len();
    work.progress.event(Event::Began {
        revision: &task.step.revision.id,
        number,
        statements,
    });
}

/// Turns what the ledger was warned about into findings.
pub(super) fn warnings(step: &Step, ran: &Ran) -> Vec<Finding> {
    step.script
        .sections
        .iter()
        .zip(&ran.sections)
        .filter_map(|(section, row)| {
            let warning = row.warning.clone()?;
            // Where an expectation was written and met, no row was the right number.
            let level = if section.backfill.expect.is_some() { Level::Info } else { Level::Warning };
            Some(
                Finding::new("backfill-touched-nothing", level, warning)
                    .object(step.revision.id.as_str())
                    .detail("The statements ran without an error and changed no row.")
                    .hint("Look at the condition; write expect=any if this is right, or expect=>0 to make it an error.")
                    .at(step.place(section.range.clone())),
            )
        })
        .collect()
}

/// Finds the pending steps of a target, or refuses.
fn steps(
    project: &Project,
    target: &str,
    settings: &Settings,
    applied: &Applied,
    major: u32,
) -> Result<Vec<Step>, ApplyError> {
    let is_applied = |id: &RevisionId| applied.contains(id);
    let targets = targets(project, target, settings, &is_applied)?;
    let pending = plan::pending(&project.graph, &targets, &is_applied);
    if settings.gaps == Gaps::Refuse {
        let gaps = plan::gaps(&project.graph, &is_applied);
        if !gaps.is_empty() {
            let findings = gaps.into_iter().map(integrity::gap).collect();
            return Err(ApplyError::Refused(Refusal {
                outcome: Outcome::Integrity,
                findings,
            }));
        }
    }
    build(project, &pending.revisions, major)
}

/// Takes the files of revisions apart, or says of all of them together why they cannot run.
pub(super) fn build(project: &Project, revisions: &[&Revision], major: u32) -> Result<Vec<Step>, ApplyError> {
    let mut steps = Vec::with_capacity(revisions.len());
    let mut findings = Vec::new();
    for revision in revisions {
        match project.step(revision, major) {
            Ok(step) => steps.push(step),
            Err(ApplyError::Refused(refusal)) if refusal.outcome == Outcome::Findings => {
                findings.extend(refusal.findings);
            }
            Err(error) => return Err(error),
        }
    }
    if findings.is_empty() {
        return Ok(steps);
    }
    Err(ApplyError::Refused(Refusal {
        outcome: Outcome::Findings,
        findings,
    }))
}

/// Resolves a target. `head` means the one head beside those that labels keep by design: a contract branch runs when it
/// is named, never because the expand branch did.
pub(super) fn targets(
    project: &Project,
    target: &str,
    settings: &Settings,
    applied: &dyn Fn(&RevisionId) -> bool,
) -> Result<Vec<RevisionId>, ApplyError> {
    if target == "head" && !settings.allowed_heads.is_empty() {
        let kept = |revision: &&Revision| {
            let labels = project.graph.labels(&revision.id);
            !labels
                .iter()
                .any(|label| settings.allowed_heads.iter().any(|allowed| allowed == label))
        };
        let heads = project.graph.heads();
        let mut ordinary = heads.iter().filter(|revision| kept(revision));
        if let (Some(head), None) = (ordinary.next(), ordinary.next()) {
            return Ok(vec![head.id.clone()]);
        }
    }
    resolve(&project.graph, target, applied).map_err(|error| {
        let (rule, outcome) = match &error {
            TargetError::SeveralHeads { .. } => ("several-heads", Outcome::Findings),
            _ => ("target", Outcome::Usage),
        };
        let finding = Finding::new(rule, Level::Error, error.to_string()).hint(error.hint());
        ApplyError::refused(outcome, finding)
    })
}

/// Refuses steps that cannot share a transaction with others.
pub(super) fn one_transaction(steps: &[Step]) -> Result<(), ApplyError> {
    let Some(step) = steps.iter().find(|step| step.mode == Mode::Standalone) else {
        return Ok(());
    };
    let finding = Finding::new(
        "standalone-in-one-transaction",
        Level::Error,
        format!(
            "revision \"{}\" cannot run in one transaction with the others",
            step.revision.id
        ),
    )
    .object(step.revision.id.as_str())
    .detail("Its header says \"transaction: false\".")
    .hint("Run with --tx each, or upgrade to the revision before it first.")
    .at(Location::file(&step.revision.path));
    Err(ApplyError::refused(Outcome::Usage, finding))
}
