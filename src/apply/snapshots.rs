//! Sessions that a concurrent index build will wait for, told before it starts.
//!
//! CREATE INDEX CONCURRENTLY waits for every transaction that may use the table or holds an older snapshot in the same
//! database (manual, CREATE INDEX, "Building Indexes Concurrently"). Somebody who forgot a session holds it up for hours.

use super::error::ApplyError;
use super::progress::Event;
use super::retry::Blocker;
use super::work::Work;
use crate::model::{Finding, Level};
use crate::pg::backend;
use crate::plan::{Mode, Step};
use crate::sql::transaction::Nature;

/// Warns of sessions that are idle in a transaction or hold an old snapshot, if a step builds or drops concurrently.
pub(super) fn warn(work: &mut Work<'_>, steps: &[&Step]) -> Result<Vec<Finding>, ApplyError> {
    let waits = |step: &&&Step| {
        step.mode == Mode::Standalone
            && step.script.statements.iter().any(|statement| {
                statement
                    .refuses_transaction(u32::MAX)
                    .is_some_and(|refusal| refusal.nature == Nature::Concurrent)
            })
    };
    let Some(first) = steps.iter().find(waits) else {
        return Ok(Vec::new());
    };
    let mut findings = Vec::new();
    let holding = backend::holding_snapshots(work.session).map_err(|error| ApplyError::Database {
        doing: "look for old snapshots",
        error,
    })?;
    for holder in holding.into_iter().map(Blocker::from) {
        work.progress.event(Event::WillWaitFor {
            revision: &first.revision.id,
            holder: &holder,
        });
        findings.push(
            Finding::new(
                "old-snapshot",
                Level::Warning,
                format!(
                    "revision \"{}\" will wait for a session with an open transaction",
                    first.revision.id
                ),
            )
            .object(first.revision.id.as_str())
            .detail(format!("It is {holder}."))
            .hint("Look at its client, or end it with SELECT pg_terminate_backend(pid)."),
        );
    }
    Ok(findings)
}
