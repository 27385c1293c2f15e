//! What can go wrong with the ledger.

use crate::pg::PgError;

/// Why the ledger could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The server rejected a statement of ours.
    #[error("could not {doing} the ledger: {error}")]
    Database {
        /// What was attempted: `create`, `read`.
        doing: &'static str,
        /// What the server said.
        error: PgError,
    },
    /// The ledger was written by a newer zerodrift.
    #[error("ledger has format {found}, this zerodrift knows up to {known}")]
    Newer {
        /// The format found.
        found: i32,
        /// The newest that this program knows.
        known: i32,
    },
    /// A schema called `zerodrift` exists, but it is not ours.
    #[error("schema \"zerodrift\" exists without table \"zerodrift.meta\"")]
    Foreign,
    /// refinery refused the migration.
    #[error("revision \"{revision}\" cannot be recorded in refinery's history: {message}")]
    History {
        /// The revision.
        revision: String,
        /// What refinery said.
        message: String,
    },
    /// A row holds what no zerodrift writes.
    #[error("ledger row of \"{revision}\" cannot be read: {message}")]
    Row {
        /// The revision as stored.
        revision: String,
        /// What is wrong.
        message: String,
    },
}
