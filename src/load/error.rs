//! What stops loading altogether.

use std::io;
use std::path::PathBuf;

use crate::graph::rules;
use crate::model::{Finding, Location};

/// Why files could not be read or written. Mistakes inside of a file are findings, not errors.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder of the migrations does not exist.
    #[error("folder \"{}\" of the migrations does not exist", path.display())]
    FolderMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What should be a folder is something else.
    #[error("\"{}\" is not a folder", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A file or folder could not be read.
    #[error("could not read \"{}\": {cause}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// A path names something that has no content to read: a folder, a pipe, a device.
    #[error("\"{}\" is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A file is not text in UTF-8.
    #[error("file \"{}\" is not UTF-8: {found} at line {}, column {}", place.file.display(), place.line, place.column)]
    NotUtf8 {
        /// The first place that is not.
        place: Location,
        /// What stands there.
        found: String,
    },
    /// A file that should be written is there already.
    #[error("file \"{}\" exists already", path.display())]
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error("could not write \"{}\": {cause}", path.display())]
    Unwritable {
        /// The path.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
}

impl LoadError {
    /// Returns what to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            LoadError::FolderMissing { .. } => {
                "Create it with \"zerodrift init\", or name the folder under \"migrations\" in zerodrift.yaml."
            }
            LoadError::NotAFolder { .. } => {
                "Name the folder of the migrations under \"migrations\" in zerodrift.yaml."
            }
            LoadError::Unreadable { .. } => "Check that the file exists and that this user may read it.",
            LoadError::NotAFile { .. } => "Put a file with SQL in its place.",
            LoadError::NotUtf8 { .. } => "Save the file as UTF-8; a byte order mark may stay.",
            LoadError::Exists { .. } => {
                "Nothing was overwritten. Choose another name, or remove the file first."
            }
            LoadError::Unwritable { .. } => {
                "Check that the folder exists and that this user may write into it."
            }
        }
    }

    /// Returns the error as a finding, for files that do not stop the others.
    pub fn finding(&self) -> Finding {
        let finding = rules::UNREADABLE_FILE.finding(self.to_string()).hint(self.hint());
        match self {
            LoadError::NotUtf8 { place, .. } => finding.at(place.clone()),
            LoadError::FolderMissing { path }
            | LoadError::NotAFolder { path }
            | LoadError::Unreadable { path, .. }
            | LoadError::NotAFile { path }
            | LoadError::Exists { path }
            | LoadError::Unwritable { path, .. } => finding.at(Location::file(path)),
        }
    }
}
