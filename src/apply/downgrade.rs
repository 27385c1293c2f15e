//! `downgrade`: takes revisions back with their down files, newest first.

use std::collections::{BTreeSet, HashSet};

use super::error::{ApplyError, Refusal};
use super::preflight::{self, Facts};
use super::progress::{Event, Progress};
use super::project::Project;
use super::settings::{DataLoss, Settings};
use super::transactional::{self, End, Ran, Task};
use super::work::Work;
use super::{data_loss, integrity, role_policy, switching, upgrade};
use crate::ledger::Applied;
use crate::load::read_sql;
use crate::model::{Checksum, Finding, Level, Location, Outcome, Revision, RevisionId};
use crate::pg::Session;
use crate::plan::Step;

/// What was taken back.
#[derive(Clone, Debug, Default)]
pub struct Downgraded {
    /// The revisions, newest first.
    pub reverted: Vec<(RevisionId, Ran)>,
    /// Warnings.
    pub findings: Vec<Finding>,
}

/// Takes back what stands above `target`: for a revision its applied descendants, for `-N` the last N, for `base` all.
///
/// Each revision is one transaction: its down file and the removal of its ledger rows. Attempts stay. Everything is
/// checked before the first one runs: a missing down file refuses the whole run.
pub fn downgrade(
    session: &mut Session,
    project: &Project,
    target: &str,
    settings: &Settings,
    progress: &mut dyn Progress,
) -> Result<Downgraded, ApplyError> {
    let facts = preflight::enter(session, settings, progress)?;
    let result = locked(session, project, target, settings, progress, facts);
    upgrade::leave(session, settings);
    result
}

fn locked(
    session: &mut Session,
    project: &Project,
    target: &str,
    settings: &Settings,
    progress: &mut dyn Progress,
    facts: Facts,
) -> Result<Downgraded, ApplyError> {
    let applied = Applied::read(session, &settings.history_table, facts.presence)?;
    let findings = integrity::refuse_errors(integrity::compare(session, project, &applied)?)?;
    let above = above(project, target, settings, &applied)?;
    half_done(project, &above, &applied)?;
    let tasks = tasks(project, &above, facts.major)?;
    progress.event(Event::Planned {
        revisions: tasks.len(),
    });
    let mut done = Downgraded {
        findings,
        ..Downgraded::default()
    };
    if tasks.is_empty() {
        return Ok(done);
    }
    let steps: Vec<Step> = tasks.iter().map(|task| task.step.clone()).collect();
    role_policy::check(session, &facts, settings, &steps)?;
    switching::check(session, &facts, &steps)?;
    if settings.data_loss == DataLoss::Refuse {
        data_loss::refuse(session, settings, &steps)?;
    }
    let mut work = Work::new(session, settings, progress, facts, "downgrade", target);
    if settings.dry_run {
        let ran = transactional::run(&mut work, &tasks, End::RollBack)?;
        done.reverted = above
            .iter()
            .map(|revision| revision.id.clone())
            .zip(ran)
            .collect();
        return Ok(done);
    }
    upgrade::ledger(&mut work, applied.format)?;
    upgrade::start(&mut work)?;
    for (index, task) in tasks.iter().enumerate() {
        let statements = task.step.script.statements.len();
        let revision = &task.step.revision.id;
        work.progress.event(Event::Began {
            revision,
            number: index + 1,
            statements,
        });
        for ran in transactional::run(&mut work, std::slice::from_ref(task), End::Revert)? {
            done.findings.extend(upgrade::warnings(&task.step, &ran));
            done.reverted.push((revision.clone(), ran));
        }
    }
    Ok(done)
}

/// Finds the applied revisions above a target, newest first.
fn above<'a>(
    project: &'a Project,
    target: &str,
    settings: &Settings,
    applied: &Applied,
) -> Result<Vec<&'a Revision>, ApplyError> {
    let is_applied = |id: &RevisionId| applied.contains(id);
    let targets = upgrade::targets(project, target, settings, &is_applied)?;
    let relative = target.starts_with('-');
    if targets.is_empty() && !relative && target != "base" {
        let finding = Finding::new(
            "target",
            Level::Error,
            format!("target \"{target}\" means an empty database"),
        )
        .hint("Write \"base\" to take everything back.");
        return Err(ApplyError::refused(Outcome::Usage, finding));
    }
    let kept: HashSet<RevisionId> = if targets.is_empty() || relative {
        project.graph.ancestors(&targets)
    } else {
        // Only what needs the target goes: other branches stay as they are.
        let gone = project.graph.descendants(&targets);
        let stays = |id: &RevisionId| !gone.contains(id) || targets.contains(id);
        project
            .graph
            .revisions()
            .map(|revision| &revision.id)
            .filter(|id| stays(id))
            .cloned()
            .collect()
    };
    Ok(project
        .graph
        .revisions()
        .rev()
        .filter(|revision| is_applied(&revision.id) && !kept.contains(&revision.id))
        .collect())
}

/// A half-done revision stands on what it follows: neither its own parts nor their down files know of each other.
fn half_done(project: &Project, above: &[&Revision], applied: &Applied) -> Result<(), ApplyError> {
    let journalled = applied.journal.iter().map(|entry| &entry.revision);
    let begun: BTreeSet<&RevisionId> = journalled
        .chain(applied.batched.iter().map(|(id, _)| id))
        .collect();
    let gone: HashSet<RevisionId> = above
        .iter()
        .flat_map(|revision| {
            let targets = std::slice::from_ref(&revision.id);
            project.graph.descendants(targets)
        })
        .collect();
    let findings: Vec<Finding> = begun
        .into_iter()
        .filter(|id| gone.contains(*id))
        .map(|id| {
            let finding = Finding::new(
                "half-done-revision-above",
                Level::Error,
                format!("revision \"{id}\" is half-done"),
            )
            .object(id.as_str())
            .detail("It follows what would be taken back, and its own steps are in the database. Nothing was taken back.")
            .hint("Finish it with \"zerodrift upgrade\"; \"zerodrift repair\" shows what it left.");
            match project.graph.get(id) {
                Some(revision) => finding.at(Location::file(&revision.path)),
                None => finding,
            }
        })
        .collect();
    if findings.is_empty() {
        return Ok(());
    }
    Err(ApplyError::Refused(Refusal {
        outcome: Outcome::PartWay,
        findings,
    }))
}

fn tasks(project: &Project, above: &[&Revision], major: u32) -> Result<Vec<Task>, ApplyError> {
    let mut findings = Vec::new();
    let mut tasks = Vec::new();
    for revision in above {
        match down(project, revision, major) {
            Ok(step) => tasks.push(Task { step, verify: None }),
            Err(ApplyError::Refused(refusal)) => findings.extend(refusal.findings),
            Err(error) => return Err(error),
        }
    }
    if findings.is_empty() {
        return Ok(tasks);
    }
    Err(ApplyError::Refused(Refusal {
        outcome: Outcome::Findings,
        findings,
    }))
}

/// Takes the down file of a revision apart; a revision without statements needs none.
fn down(project: &Project, revision: &Revision, major: u32) -> Result<Step, ApplyError> {
    let refused = |findings| {
        ApplyError::Refused(Refusal {
            outcome: Outcome::Findings,
            findings,
        })
    };
    let Some(path) = &revision.down else {
        let up = project.step(revision, major)?;
        if up.script.statements.is_empty() {
            let step = Step::build(
                &in_transaction(revision, &revision.path),
                up.source,
                up.checksum,
                major,
            );
            return step.map_err(refused);
        }
        let finding = Finding::new(
            "down-file-missing",
            Level::Error,
            format!("revision \"{}\" has no down file", revision.id),
        )
        .object(revision.id.as_str())
        .detail("Nothing was taken back.")
        .hint(format!(
            "Write {}.",
            revision.path.with_extension("down.sql").display()
        ))
        .at(Location::file(&revision.path));
        return Err(refused(vec![finding]));
    };
    let file = read_sql(&project.root, path)
        .map_err(|error| ApplyError::refused(Outcome::Usage, error.finding()))?;
    Step::build(
        &in_transaction(revision, path),
        file.text,
        Checksum::of([]),
        major,
    )
    .map_err(refused)
}

fn in_transaction(revision: &Revision, path: &std::path::Path) -> Revision {
    Revision {
        path: path.to_path_buf(),
        transaction: true,
        ..revision.clone()
    }
}
