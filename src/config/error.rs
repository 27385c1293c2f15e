//! What can be wrong with a configuration.

use std::path::PathBuf;

use crate::model::{Finding, Level, Location};

/// Why there is no project.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No configuration file was found.
    #[error("no {name} in \"{directory}\" or above it", name = super::FILE_NAME, directory = directory.display())]
    NotFound {
        /// Where the search began.
        directory: PathBuf,
    },
    /// The file cannot be read.
    #[error("could not read \"{path}\": {cause}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The file is not what it has to be.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// What is allowed or meant.
        hint: Option<String>,
        /// Where.
        location: Location,
    },
}

impl ConfigError {
    /// Returns the error as a finding.
    pub fn finding(&self) -> Finding {
        let finding = Finding::new("configuration", Level::Error, self.to_string());
        match self {
            ConfigError::NotFound { .. } => finding
                .hint("Run \"zerodrift init\" to start a project here, or name its file with --config or its folder with -C."),
            ConfigError::Unreadable { path, .. } => finding.at(Location::file(path)),
            ConfigError::Invalid { hint, location, .. } => {
                Finding { hint: hint.clone(), location: Some(location.clone()), ..finding }
            }
        }
    }
}
