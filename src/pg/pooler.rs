//! Whether a connection has a backend of its own.
//!
//! Behind a pooler in transaction mode, each transaction may run on another backend: session-level locks and settings
//! are lost without a word. Watching our own backend's id is blind, because an idle pool gives back the same one.

use super::{PgError, Session};

/// Two clients that start at the same moment may hide the sharing; three rounds in a row hardly.
const ROUNDS: usize = 3;

/// Says whether the session's backend is shared with other clients between transactions.
///
/// A second connection opens a transaction, which ties a backend to it for as long as that lasts: that must not be
/// ours. Our session must not be in a transaction, which would tie its backend to it as well. Pooling of sessions passes, rightly: there a backend belongs to one client until it leaves.
pub fn shares_backend(session: &mut Session) -> Result<bool, PgError> {
    for _ in 0..ROUNDS {
        let ours = pid(session)?;
        let mut other = Session::open(session.target(), "zerodrift pooler check")?;
        other.run("BEGIN")?;
        let theirs = pid(&mut other)?;
        // Not a question more in this case: a pool of one backend would never answer us.
        if theirs == ours {
            return Ok(true);
        }
        // While the other one keeps its backend, ours must still be the same.
        let still_ours = pid(session)?;
        other.run("ROLLBACK")?;
        if theirs == still_ours || ours != still_ours {
            return Ok(true);
        }
    }
    Ok(false)
}

fn pid(session: &mut Session) -> Result<String, PgError> {
    let rows = session.text_rows("SELECT pg_catalog.pg_backend_pid()")?;
    Ok(rows.into_iter().flatten().flatten().next().unwrap_or_default())
}
