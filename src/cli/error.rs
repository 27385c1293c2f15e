//! Why a command could not give a report.

use crate::model::{Finding, Level, Outcome};
use crate::pg::PgError;

/// An error that ends a command, with its exit code.
#[derive(Debug)]
pub struct CommandError {
    /// What, where, why and what to do next.
    pub findings: Vec<Finding>,
    /// The exit code.
    pub outcome: Outcome,
}

impl CommandError {
    /// Makes an error of one finding.
    pub fn new(outcome: Outcome, finding: Finding) -> Self {
        CommandError {
            findings: vec![finding],
            outcome,
        }
    }

    /// Makes a usage error.
    pub fn usage(message: impl Into<String>) -> Self {
        CommandError::new(Outcome::Usage, Finding::new("usage", Level::Error, message))
    }

    /// Makes a usage error that says what to write instead.
    pub fn usage_with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        CommandError::new(
            Outcome::Usage,
            Finding::new("usage", Level::Error, message).hint(hint),
        )
    }
}

impl From<PgError> for CommandError {
    fn from(error: PgError) -> Self {
        let mut finding = Finding::new("database", Level::Error, error.to_string());
        let outcome = match &error {
            PgError::Settings { hint, .. } => {
                finding = finding.hint(hint.clone());
                Outcome::Usage
            }
            PgError::Connect { hint, .. } => {
                finding.hint = hint.clone();
                Outcome::Unfit
            }
            PgError::Cluster { hint, .. } => {
                finding = finding.hint(hint.clone());
                Outcome::Unfit
            }
            PgError::Sql(sql) => {
                finding.detail = sql.detail.clone();
                finding.hint = sql.hint.clone();
                Outcome::Unfit
            }
            PgError::Lost { .. } => Outcome::Unfit,
        };
        CommandError::new(outcome, finding)
    }
}

impl From<crate::config::ConfigError> for CommandError {
    fn from(error: crate::config::ConfigError) -> Self {
        CommandError::new(Outcome::Usage, error.finding())
    }
}

impl From<crate::load::LoadError> for CommandError {
    fn from(error: crate::load::LoadError) -> Self {
        CommandError::new(Outcome::Usage, error.finding())
    }
}

impl From<crate::graph::target::TargetError> for CommandError {
    fn from(error: crate::graph::target::TargetError) -> Self {
        let finding = Finding::new("target", Level::Error, error.to_string());
        CommandError::new(Outcome::Usage, finding.hint(error.hint()))
    }
}

impl From<crate::apply::ApplyError> for CommandError {
    fn from(error: crate::apply::ApplyError) -> Self {
        CommandError {
            findings: error.findings(),
            outcome: error.outcome(),
        }
    }
}

impl From<crate::introspect::IntrospectError> for CommandError {
    fn from(error: crate::introspect::IntrospectError) -> Self {
        CommandError::new(
            Outcome::Unfit,
            Finding::new("catalog", Level::Error, error.to_string()),
        )
    }
}

impl From<crate::snapshot::SnapshotError> for CommandError {
    fn from(error: crate::snapshot::SnapshotError) -> Self {
        let mut finding = Finding::new("snapshot", Level::Error, error.to_string());
        finding.location = error.location().cloned();
        finding.hint = error.hint().map(str::to_owned);
        CommandError::new(Outcome::Usage, finding)
    }
}

impl From<crate::rehearse::RehearseError> for CommandError {
    fn from(error: crate::rehearse::RehearseError) -> Self {
        use crate::rehearse::RehearseError;
        match error {
            RehearseError::Database(error) => error.into(),
            RehearseError::Catalog(error) => error.into(),
            RehearseError::Apply(error) => (*error).into(),
            RehearseError::Script { line, message, hint } => {
                CommandError::usage_with_hint(format!("line {line}: {message}"), hint)
            }
            RehearseError::Seed { .. } => CommandError::usage(error.to_string()),
        }
    }
}
