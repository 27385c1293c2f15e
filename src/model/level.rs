//! How bad a finding is, and from where on it fails a run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The level of a finding: the same scale for lint, graph, drift and gates.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Switched off: the finding is not reported at all.
    Off,
    /// Advice: shown with `-v` and in machine formats, never changes an exit code.
    Info,
    /// Fails a run at the default threshold.
    Warning,
    /// Fails a run unless `--fail-on never`.
    Error,
}

impl Level {
    /// Returns the word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The threshold of `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FailOn {
    /// Only errors fail the run.
    Error,
    /// Warnings and errors fail the run.
    #[default]
    Warning,
    /// Advice fails the run too.
    Info,
    /// Nothing that is merely found fails the run.
    Never,
}

impl FailOn {
    /// Says whether a finding of `level` reaches the threshold.
    pub fn reached_by(self, level: Level) -> bool {
        match self {
            FailOn::Error => level >= Level::Error,
            FailOn::Warning => level >= Level::Warning,
            FailOn::Info => level >= Level::Info,
            FailOn::Never => false,
        }
    }
}

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "error" => Ok(FailOn::Error),
            "warning" => Ok(FailOn::Warning),
            "info" => Ok(FailOn::Info),
            "never" => Ok(FailOn::Never),
            other => Err(format!("\"{other}\" is not one of error, warning, info, never")),
        }
    }
}
