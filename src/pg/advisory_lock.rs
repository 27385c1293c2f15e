//! Locks of applications (manual, section 13.3.5): held by a session, known by a number, in one database.
//!
//! Nothing here waits: a backend that waits holds a snapshot, and a concurrent index build that waits for that
//! snapshot while its session holds the lock is a deadlock.

use super::backend::{self, Backend};
use super::{PgError, Session};

/// Takes the lock for the rest of the session; false if another session holds it.
///
/// Taken twice it must be released twice: ask [`is_held`] first where that may happen.
pub fn try_lock(session: &mut Session, key: i64) -> Result<bool, PgError> {
    let rows = session.query("SELECT pg_catalog.pg_try_advisory_lock($1)", &[&key])?;
    Ok(rows.first().is_some_and(|row| row.get(0)))
}

/// Releases the lock; false if this session did not hold it.
pub fn unlock(session: &mut Session, key: i64) -> Result<bool, PgError> {
    // Asked first, since the server answers an unlock too many with a warning.
    if !is_held(session, key)? {
        return Ok(false);
    }
    let rows = session.query("SELECT pg_catalog.pg_advisory_unlock($1)", &[&key])?;
    Ok(rows.first().is_some_and(|row| row.get(0)))
}

/// Says whether our own backend holds the lock at this moment.
pub fn is_held(session: &mut Session, key: i64) -> Result<bool, PgError> {
    let pid = session.backend_pid();
    Ok(backend::holding(session, key)?
        .iter()
        .any(|holder| holder.pid == pid))
}

/// Names the sessions that hold the lock: at most one, ours included.
pub fn holders(session: &mut Session, key: i64) -> Result<Vec<Backend>, PgError> {
    backend::holding(session, key)
}
