//! The journal of files that run outside a transaction.

use crate::model::{Checksum, RevisionId, quote_literal};

/// A row of `zerodrift.statement` as an earlier run left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The revision.
    pub revision: RevisionId,
    /// The step of its file, from 1.
    pub number: usize,
    /// SHA-256 of the statement.
    pub checksum: String,
    /// Its first line, without secrets.
    pub excerpt: String,
    /// The backend that ran it.
    pub backend_pid: i32,
    /// How it ended; none if nobody wrote that down.
    pub outcome: Option<EntryOutcome>,
    /// Whether that backend still lives.
    pub running: bool,
}

/// How a journalled statement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryOutcome {
    /// It committed.
    Done,
    /// The server reported an error.
    Failed,
}

/// Returns the statement that writes down what is about to run.
///
/// An earlier failure of the same step is overwritten; the attempt table keeps it.
/// `before` is an SQL expression of type jsonb: what the effect is told by after a crash.
pub fn intent(
    revision: &RevisionId,
    number: usize,
    checksum: Checksum,
    excerpt: &str,
    before: &str,
) -> String {
    format!(
        "INSERT INTO zerodrift.statement (revision, number, checksum, excerpt, backend_start, before)\n\
         SELECT {}, {number}, '{checksum}', {}, activity.backend_start, {before}\n\
         FROM pg_catalog.pg_stat_activity AS activity\n\
         WHERE activity.pid = pg_catalog.pg_backend_pid()\n\
         ON CONFLICT (revision, number) DO UPDATE SET\n\
         checksum = excluded.checksum, excerpt = excluded.excerpt, backend_pid = excluded.backend_pid,\n\
         backend_start = excluded.backend_start, intended_at = excluded.intended_at, before = excluded.before,\n\
         outcome = NULL, finished_at = NULL, rows = NULL, sqlstate = NULL, error = NULL, settled = NULL",
        quote_literal(revision.as_str()),
        quote_literal(excerpt),
    )
}

/// Returns the statement that writes down that a step is done. `rows` is a number or an expression for it.
pub fn done(revision: &RevisionId, number: usize, rows: impl std::fmt::Display) -> String {
    format!(
        "UPDATE zerodrift.statement SET outcome = 'done', finished_at = pg_catalog.clock_timestamp(), rows = {rows} \
         WHERE revision = {} AND number = {number}",
        quote_literal(revision.as_str()),
    )
}

/// Returns the statement that writes down that the server rejected a step.
pub fn failed(revision: &RevisionId, number: usize, sqlstate: &str, error: &str) -> String {
    format!(
        "UPDATE zerodrift.statement SET outcome = 'failed', finished_at = pg_catalog.clock_timestamp(), \
         sqlstate = {}, error = {} WHERE revision = {} AND number = {number}",
        quote_literal(sqlstate),
        quote_literal(error),
        quote_literal(revision.as_str()),
    )
}

/// Returns the query of what was seen before a step, as JSON text.
pub fn before(revision: &RevisionId, number: usize) -> String {
    format!(
        "SELECT before::text FROM zerodrift.statement WHERE revision = {} AND number = {number}",
        quote_literal(revision.as_str()),
    )
}

/// Returns the statement that writes down that a step in doubt is complete, and how that is known.
pub fn settled(revision: &RevisionId, number: usize, how: &str) -> String {
    format!(
        "UPDATE zerodrift.statement SET outcome = 'done', finished_at = pg_catalog.clock_timestamp(), settled = {} \
         WHERE revision = {} AND number = {number}",
        quote_literal(how),
        quote_literal(revision.as_str()),
    )
}

/// Returns the statement that forgets a step, so that it runs again.
pub fn forget(revision: &RevisionId, number: usize) -> String {
    format!(
        "DELETE FROM zerodrift.statement WHERE revision = {} AND number = {number}",
        quote_literal(revision.as_str()),
    )
}
