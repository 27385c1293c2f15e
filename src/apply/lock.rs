//! The migrator lock: at most one migrator works on a database.
//!
//! A session-level advisory lock on the work connection itself: it lives exactly as long as the backend that can still
//! change the database, also when the client is dead. It is only ever tried: a waiting backend would hold a snapshot
//! and deadlock with concurrent index builds.

use std::time::{Duration, Instant};

use super::error::ApplyError;
use super::progress::{Event, Progress};
use super::retry::{self, Blocker};
use super::settings::Settings;
use crate::ledger::applied::Presence;
use crate::model::{Finding, Level, Outcome};
use crate::pg::{Session, advisory_lock};

/// How often a held lock is tried again.
pub(super) const POLL: Duration = Duration::from_millis(250);

/// Takes the lock, and looks under it which ledger tables exist.
pub fn take(
    session: &mut Session,
    settings: &Settings,
    progress: &mut dyn Progress,
) -> Result<Presence, ApplyError> {
    let key = settings.lock_key();
    let begun = Instant::now();
    loop {
        // Two statements: the second takes its snapshot after the lock is ours.
        let sql = format!(
            "SELECT pg_catalog.pg_try_advisory_lock({key})::text; SELECT {}",
            Presence::columns(&settings.history_table)
        );
        let rows = session.text_rows(&sql).map_err(|error| ApplyError::Database {
            doing: "take the migrator lock",
            error,
        })?;
        let first = rows.first().and_then(|row| row.first().cloned().flatten());
        if first.as_deref() == Some("true") {
            return Ok(Presence::of(rows.get(1).map(Vec::as_slice).unwrap_or_default()));
        }
        let holders = holders(session, key)?;
        let waited = begun.elapsed();
        let shown = holders
            .first()
            .map_or_else(|| "a session that just ended".to_owned(), ToString::to_string);
        if settings.interrupt.raised().is_some() || settings.wait.is_none_or(|wait| waited >= wait) {
            return Err(held(&shown, settings, waited));
        }
        progress.event(Event::WaitingForMigrator {
            holder: &shown,
            waited,
        });
        retry::sleep(POLL, &settings.interrupt);
    }
}

/// Gives the lock back. A lost connection has given it back already.
pub fn release(session: &mut Session, settings: &Settings) {
    if !session.is_closed() {
        let _ = session.run(&format!(
            "SELECT pg_catalog.pg_advisory_unlock({})",
            settings.lock_key()
        ));
    }
}

/// Returns an expression that is true while this session holds the lock (manual, section 54.12).
pub fn held_expression(key: i64) -> String {
    let (class, object) = halves(key);
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_locks AS l WHERE l.locktype = 'advisory' AND l.pid = pg_catalog.pg_backend_pid() \
         AND l.classid = {class} AND l.objid = {object} AND l.objsubid = 1 AND l.granted)"
    )
}

/// Names the sessions that hold the lock in this database.
pub fn holders(session: &mut Session, key: i64) -> Result<Vec<Blocker>, ApplyError> {
    advisory_lock::holders(session, key)
        .map(|holders| holders.into_iter().map(Blocker::from).collect())
        .map_err(|error| ApplyError::Database {
            doing: "ask who holds the migrator lock",
            error,
        })
}

/// `pg_locks` shows an 8-byte key as two halves: the high one in `classid`, the low one in `objid`.
fn halves(key: i64) -> (u32, u32) {
    ((key as u64 >> 32) as u32, key as u32)
}

fn held(holder: &str, settings: &Settings, waited: Duration) -> ApplyError {
    let outcome = settings.interrupt.raised().unwrap_or(Outcome::Locked);
    let waited = match settings.wait {
        Some(_) => format!(" It was waited for {} s.", waited.as_secs()),
        None => String::new(),
    };
    let finding = Finding::new("migrator-locked", Level::Error, "another migrator holds the lock")
        .detail(format!(
            "The holder is {holder}.{waited} A backend keeps working and keeps the lock after its client died."
        ))
        .hint("Wait for it with --wait 10min, or end it: \"zerodrift repair\" asks before it does.");
    ApplyError::refused(outcome, finding)
}
