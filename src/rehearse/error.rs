//! Why a rehearsal could not be held at all. What merely fails a proof is a finding of its step.

use std::path::PathBuf;

use crate::apply::ApplyError;
use crate::introspect::IntrospectError;
use crate::pg::PgError;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// The server refused or was lost.
    #[error(transparent)]
    Database(#[from] PgError),
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] IntrospectError),
    /// A seed file cannot be read.
    #[error("could not read seed \"{path}\": {cause}", path = path.display())]
    Seed {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A SQL file cannot be built.
    #[error("{message}")]
    Script {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A migration failed where the result was asked for.
    #[error(transparent)]
    Apply(#[from] Box<ApplyError>),
}
