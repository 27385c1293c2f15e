//! What was applied: refinery's history and our own schema.
//!
//! In: revisions and what happened to them. Out: SQL text for rows that commit together with the migration, and what
//! earlier runs wrote. The truth is schema `zerodrift`; `refinery_schema_history` is kept beside it, row for row, so
//! that plain refinery can read it. Nothing is decided here: [`crate::apply`] does that.
//!
//! Every change of the tables is a new ledger format: add a step to `schema.rs`, never edit one.

pub mod applied;
pub mod attempt;
pub mod cursor;
pub mod error;
pub mod history;
pub mod journal;
pub mod refinery;
pub mod revision;
pub mod schema;

pub use applied::{Applied, AppliedRevision, How};
pub use attempt::{Attempt, Attempted};
pub use error::LedgerError;
pub use history::{DEFAULT_HISTORY_TABLE, HistoryName};
pub use journal::{Entry, EntryOutcome};
pub use revision::{RevisionRow, SectionRow};

/// Prepares the INSERT of a row: planning it each time costs the server more than the row does.
fn prepare(name: &str, table: &str, columns: &str, types: &[&str]) -> String {
    let values: Vec<String> = (1..=types.len()).map(|number| format!("${number}")).collect();
    format!(
        "PREPARE {name} ({}) AS INSERT INTO {table} ({columns}) VALUES ({})",
        types.join(", "),
        values.join(", ")
    )
}
