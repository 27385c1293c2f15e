//! `status`: the ledger against the graph.

use super::error::ApplyError;
use super::integrity;
use super::lock;
use super::preflight;
use super::project::Project;
use super::retry::Blocker;
use super::settings::Settings;
use crate::ledger::{Applied, AppliedRevision, Entry};
use crate::model::{Finding, RevisionId};
use crate::pg::Session;
use crate::plan;

/// The ledger against the graph.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Applied revisions that the graph knows, in graph order.
    pub applied: Vec<(RevisionId, AppliedRevision)>,
    /// Revisions without a ledger row, in graph order.
    pub pending: Vec<RevisionId>,
    /// Those of the pending ones that lie below an applied revision.
    pub gaps: Vec<RevisionId>,
    /// Applied revisions that the graph does not know.
    pub unknown: Vec<RevisionId>,
    /// Applied revisions whose file means something else now.
    pub edited: Vec<RevisionId>,
    /// Applied revisions whose file was only reformatted.
    pub reformatted: Vec<RevisionId>,
    /// Steps of revisions that are half-done.
    pub journal: Vec<Entry>,
    /// Sessions that hold the migrator lock now.
    pub migrators: Vec<Blocker>,
    /// Everything above that is worth reporting.
    pub findings: Vec<Finding>,
}

/// Compares the ledger with the graph. Takes no lock and changes nothing.
pub fn status(session: &mut Session, project: &Project, settings: &Settings) -> Result<Status, ApplyError> {
    let facts = preflight::look(session, settings)?;
    let applied = Applied::read(session, &settings.history_table, facts.presence)?;
    let findings = integrity::compare(session, project, &applied)?;
    let migrators = lock::holders(session, settings.lock_key())?;
    session.give_back();
    let is_applied = |id: &RevisionId| applied.contains(id);
    let found = |rule: &str| -> Vec<RevisionId> {
        let named = findings
            .iter()
            .filter(|finding| finding.rule == rule)
            .filter_map(|finding| finding.object.clone());
        named.filter_map(|id| RevisionId::new(id).ok()).collect()
    };
    let mut status = Status {
        unknown: found(integrity::UNKNOWN),
        edited: found(integrity::EDITED),
        reformatted: found(integrity::REFORMATTED),
        migrators,
        ..Status::default()
    };
    for revision in project.graph.revisions() {
        match applied.revisions.get(&revision.id) {
            Some(row) => status.applied.push((revision.id.clone(), row.clone())),
            None => status.pending.push(revision.id.clone()),
        }
    }
    let gaps = plan::gaps(&project.graph, &is_applied);
    status.findings = findings;
    status
        .findings
        .extend(gaps.iter().map(|revision| integrity::gap(revision)));
    status.gaps = gaps.into_iter().map(|revision| revision.id.clone()).collect();
    status.journal = applied.journal;
    Ok(status)
}
