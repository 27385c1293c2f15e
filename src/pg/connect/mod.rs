//! From what a user wrote to where the driver connects, as libpq does it (manual, chapter 34).
//!
//! ```text
//! --database-url │ MIGRATION_DATABASE_URL │ DATABASE_URL │ PG* ──► source
//!     ──► text (URL, keywords) + service file + environment ──► parameters
//!     ──► Target ──► host after host, encryption as sslmode says ──► client
//! ```
//!
//! The environment comes in as a value, so that tests need not change their own. Secrets are in no error, and
//! nothing here prints. A parameter that libpq knows is one line in `keyword.rs`.

mod attempt;
mod explain;
mod host;
mod keyword;
mod passfile;
mod service;
mod source;
mod target;
mod text;
mod tls;

pub(super) use attempt::{Encryption, NoticeSink};
pub use source::{Environment, Purpose, process_environment, resolve};
pub use target::Target;

use super::PgError;

/// Makes the error for settings that cannot be used.
fn settings(message: impl Into<String>, hint: impl Into<String>) -> PgError {
    PgError::Settings {
        message: message.into(),
        hint: hint.into(),
    }
}
