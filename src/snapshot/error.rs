//! What can go wrong with a snapshot folder.

use std::path::PathBuf;

use crate::model::Location;

/// Why a snapshot could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file system refused.
    #[error("could not {action} {}: {cause}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The folder is not a snapshot.
    #[error("{} holds no snapshot: there is no snapshot.yaml", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// A newer zerodrift wrote it.
    #[error("{} has snapshot format {found}; this version reads up to {known}", path.display())]
    Newer {
        /// The file that says so.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that is known.
        known: i64,
    },
    /// A file is not what it should be.
    #[error("{location}: {message}")]
    Content {
        /// Where.
        location: Location,
        /// What is wrong.
        message: String,
    },
}

impl SnapshotError {
    /// Returns the place in a file, if there is one.
    pub fn location(&self) -> Option<&Location> {
        match self {
            SnapshotError::Content { location, .. } => Some(location),
            _ => None,
        }
    }

    /// Returns what to do next, where that is one thing.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            SnapshotError::Missing { .. } => Some(
                "Run \"zerodrift schema snapshot migrations\" to write the snapshot that the migrations build.",
            ),
            SnapshotError::Newer { .. } => Some("Use the newer zerodrift that wrote it."),
            SnapshotError::File { .. } | SnapshotError::Content { .. } => None,
        }
    }
}
