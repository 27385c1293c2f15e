//! `stamp`: records revisions without running them.

use super::error::ApplyError;
use super::preflight::{self, Facts};
use super::progress::{Event, Progress};
use super::project::Project;
use super::settings::Settings;
use super::transactional::ledger_rows;
use super::work::{Trouble, Work};
use super::{integrity, upgrade};
use crate::ledger::{Applied, HistoryName, How, refinery};
use crate::model::{Finding, RevisionId};
use crate::pg::Session;
use crate::plan;

/// What was recorded.
#[derive(Clone, Debug, Default)]
pub struct Stamped {
    /// The revisions, in graph order.
    pub revisions: Vec<RevisionId>,
    /// Warnings.
    pub findings: Vec<Finding>,
}

/// Records `target` and all its ancestors that have no row yet, in one transaction.
///
/// Gaps and rows of plain refinery are no reason to refuse: to record them is what stamping is for.
pub fn stamp(
    session: &mut Session,
    project: &Project,
    target: &str,
    settings: &Settings,
    progress: &mut dyn Progress,
) -> Result<Stamped, ApplyError> {
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
) -> Result<Stamped, ApplyError> {
    let applied = Applied::read(session, &settings.history_table, facts.presence)?;
    let compared = integrity::compare(session, project, &applied)?;
    let findings = compared
        .into_iter()
        .filter(|finding| finding.rule != "history-row-unknown")
        .collect();
    let findings = integrity::refuse_errors(findings)?;
    let is_applied = |id: &RevisionId| applied.contains(id);
    let targets = upgrade::targets(project, target, settings, &is_applied)?;
    let pending = plan::pending(&project.graph, &targets, &is_applied);
    progress.event(Event::Planned {
        revisions: pending.revisions.len(),
    });
    if pending.revisions.is_empty() {
        return Ok(Stamped {
            findings,
            ..Stamped::default()
        });
    }
    let steps = pending
        .revisions
        .iter()
        .map(|revision| project.step(revision, facts.major))
        .collect::<Result<Vec<_>, _>>()?;
    let mut work = Work::new(session, settings, progress, facts, "stamp", target);
    upgrade::ledger(&mut work, applied.format)?;
    upgrade::start(&mut work)?;
    let mut sql = String::from("BEGIN;\nSET LOCAL lock_timeout = '5s';\n");
    for step in &steps {
        let name = HistoryName::of(&step.revision.id, &step.revision.slug);
        let history = &work.settings.history_table;
        let mut insert = refinery::stamp(&name, &step.source, history)?;
        // Plain refinery may have recorded it already.
        insert.push_str(" ON CONFLICT (version) DO NOTHING");
        sql.push_str(&ledger_rows(
            &work,
            step,
            &insert,
            Default::default(),
            &[],
            How::Stamped,
        ));
    }
    sql.push_str("COMMIT;");
    if let Err(trouble) = work.own(&sql, None, "write the ledger") {
        work.rollback();
        return Err(match trouble {
            Trouble::Stop(error) => error,
            Trouble::Sql(rejected) => ApplyError::Database {
                doing: "write the ledger",
                error: rejected.error,
            },
        });
    }
    Ok(Stamped {
        revisions: steps.into_iter().map(|step| step.revision.id).collect(),
        findings,
    })
}
