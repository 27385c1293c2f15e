//! Other sessions, as far as the server shows them to us.

use std::fmt;
use std::time::Duration;

use super::{PgError, Session};

/// One backend with what it does. A role without `pg_read_all_stats` sees only pid, database and user of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The process id.
    pub pid: i32,
    /// When it started, as the server writes it: tells it from a later process with the same id.
    pub started: String,
    /// The role.
    pub user: Option<String>,
    /// The database.
    pub database: Option<String>,
    /// The program, as it named itself.
    pub application: Option<String>,
    /// The client's address, none for a Unix socket.
    pub client: Option<String>,
    /// `active`, `idle`, `idle in transaction`, ….
    pub state: Option<String>,
    /// The statement that runs or ran last.
    pub query: Option<String>,
    /// How long it is in that state.
    pub state_age: Duration,
    /// How long its transaction has been open.
    pub transaction_age: Option<Duration>,
}

macro_rules! columns {
    ($from:literal) => {
        concat!(
            "
SELECT
    a.pid,
    a.backend_start::pg_catalog.text,
    a.usename::pg_catalog.text,
    a.datname::pg_catalog.text,
    NULLIF(a.application_name, ''),
    pg_catalog.host(a.client_addr),
    a.state,
    a.query,
    EXTRACT(epoch FROM pg_catalog.clock_timestamp() - COALESCE(a.state_change, a.backend_start))::pg_catalog.float8,
    EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::pg_catalog.float8
FROM pg_catalog.pg_stat_activity a
",
            $from,
            "
ORDER BY a.pid"
        )
    };
}

const BY_PID: &str = columns!("WHERE a.pid = ANY ($1)");
const BLOCKING: &str = columns!("WHERE a.pid = ANY (pg_catalog.pg_blocking_pids($1))");
// A backend without a database is no client: the snapshots of VACUUM are not waited for.
const SNAPSHOTS: &str = columns!(
    "WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
    AND a.backend_type = 'client backend'
    AND (a.state LIKE 'idle in transaction%' OR a.backend_xmin IS NOT NULL)
    AND a.xact_start < pg_catalog.clock_timestamp() - interval '1 second'"
);
// One 8-byte key is stored in two halves, with 1 in objsubid (manual, section 53.13, pg_locks).
const HOLDING: &str = columns!(
    "JOIN pg_catalog.pg_locks l ON l.pid = a.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    AND l.classid::pg_catalog.int8 = $1 AND l.objid::pg_catalog.int8 = $2"
);

/// Describes the backends among `pids` that still live.
pub fn living(session: &mut Session, pids: &[i32]) -> Result<Vec<Backend>, PgError> {
    rows(session, BY_PID, &[&pids])
}

/// Describes who keeps `pid` waiting for a lock.
pub fn blocking(session: &mut Session, pid: i32) -> Result<Vec<Backend>, PgError> {
    rows(session, BLOCKING, &[&pid])
}

/// Describes who is idle in a transaction or holds a snapshot in the current database since before the last second.
pub fn holding_snapshots(session: &mut Session) -> Result<Vec<Backend>, PgError> {
    rows(session, SNAPSHOTS, &[])
}

/// Describes who holds the advisory lock with this key in the current database.
pub(super) fn holding(session: &mut Session, key: i64) -> Result<Vec<Backend>, PgError> {
    let (high, low) = halves(key);
    rows(session, HOLDING, &[&high, &low])
}

/// Splits a key as `pg_locks` shows it.
pub(super) fn halves(key: i64) -> (i64, i64) {
    (
        i64::from((key >> 32).cast_unsigned() as u32),
        i64::from(key.cast_unsigned() as u32),
    )
}

fn rows(
    session: &mut Session,
    query: &str,
    parameters: &[&(dyn postgres::types::ToSql + Sync)],
) -> Result<Vec<Backend>, PgError> {
    let age = |seconds: f64| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default();
    let rows = session.query(query, parameters)?;
    let backend = |row: &super::Row| Backend {
        pid: row.get(0),
        started: row.get::<_, Option<String>>(1).unwrap_or_default(),
        user: row.get(2),
        database: row.get(3),
        application: row.get(4),
        client: row.get(5),
        state: row.get(6),
        query: row.get(7),
        state_age: row.get::<_, Option<f64>>(8).map(age).unwrap_or_default(),
        transaction_age: row.get::<_, Option<f64>>(9).map(age),
    };
    Ok(rows.iter().map(backend).collect())
}

impl fmt::Display for Backend {
    /// Names the backend in one line; the query is left to the caller, since it may be long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}", self.pid)?;
        if let Some(user) = &self.user {
            write!(f, ", role \"{user}\"")?;
        }
        if let Some(application) = &self.application {
            write!(f, ", application \"{application}\"")?;
        }
        if let Some(client) = &self.client {
            write!(f, ", from {client}")?;
        }
        match &self.state {
            Some(state) => write!(f, ", {state} for {} s", self.state_age.as_secs()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_split_as_the_server_shows_it() {
        assert_eq!(halves(1), (0, 1));
        assert_eq!(halves(-1), (0xffff_ffff, 0xffff_ffff));
        assert_eq!(halves(0x0123_4567_89ab_cdef), (0x0123_4567, 0x89ab_cdef));
    }
}
