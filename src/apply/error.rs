//! Why a run did not do what was asked.

use crate::ledger::LedgerError;
use crate::model::{Finding, Level, Location, Outcome, RevisionId};
use crate::pg::PgError;

/// Why a run did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The server or the connection failed outside of a migration.
    #[error("could not {doing}: {error}")]
    Database {
        /// What was attempted.
        doing: &'static str,
        /// What was said.
        error: PgError,
    },
    /// The ledger could not be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A guard refused; nothing was run.
    #[error("{}", .0.findings.first().map_or("refused", |finding| finding.message.as_str()))]
    Refused(Refusal),
    /// A migration failed.
    #[error("{}", .0.message)]
    Failed(Box<Failure>),
}

/// What a guard saw.
#[derive(Debug)]
pub struct Refusal {
    /// The exit code.
    pub outcome: Outcome,
    /// Reasons and remedies.
    pub findings: Vec<Finding>,
}

/// A migration that failed.
#[derive(Debug)]
pub struct Failure {
    /// The exit code: rolled back, part-way, unverified, interrupted.
    pub outcome: Outcome,
    /// The revision.
    pub revision: RevisionId,
    /// The rule of the finding.
    pub rule: &'static str,
    /// One line.
    pub message: String,
    /// Where in which file.
    pub place: Option<Location>,
    /// The lines around it, numbered, with a mark below; secrets are masked.
    pub excerpt: Option<String>,
    /// The SQLSTATE.
    pub sqlstate: Option<String>,
    /// The statement, on one line and without secrets.
    pub statement: Option<String>,
    /// What the server said beside its message, and what was measured afterwards.
    pub details: Vec<String>,
    /// What to do next.
    pub hint: Option<String>,
}

impl ApplyError {
    /// Makes a refusal of one finding.
    pub fn refused(outcome: Outcome, finding: Finding) -> Self {
        ApplyError::Refused(Refusal {
            outcome,
            findings: vec![finding],
        })
    }

    /// Returns the exit code.
    pub fn outcome(&self) -> Outcome {
        match self {
            ApplyError::Database { .. } => Outcome::Unfit,
            ApplyError::Ledger(error) => match error {
                LedgerError::Database { .. } | LedgerError::Foreign | LedgerError::Newer { .. } => {
                    Outcome::Unfit
                }
                LedgerError::History { .. } | LedgerError::Row { .. } => Outcome::Integrity,
            },
            ApplyError::Refused(refusal) => refusal.outcome,
            ApplyError::Failed(failure) => failure.outcome,
        }
    }

    /// Returns the revision that failed, or that a guard refused.
    pub fn revision(&self) -> Option<RevisionId> {
        match self {
            ApplyError::Failed(failure) => Some(failure.revision.clone()),
            ApplyError::Refused(refusal) => refusal
                .findings
                .iter()
                .find_map(|finding| RevisionId::new(finding.object.clone()?).ok()),
            ApplyError::Database { .. } | ApplyError::Ledger(_) => None,
        }
    }

    /// Returns the SQLSTATE, if the server gave one.
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            ApplyError::Failed(failure) => failure.sqlstate.as_deref(),
            ApplyError::Database { error, .. } | ApplyError::Ledger(LedgerError::Database { error, .. }) => {
                error.sqlstate()
            }
            ApplyError::Refused(_) | ApplyError::Ledger(_) => None,
        }
    }

    /// Returns what to report.
    pub fn findings(&self) -> Vec<Finding> {
        match self {
            ApplyError::Database { error, .. } => vec![of_database(self.to_string(), error)],
            ApplyError::Ledger(LedgerError::Database { error, .. }) => {
                vec![of_database(self.to_string(), error)]
            }
            ApplyError::Ledger(error) => {
                vec![Finding::new("ledger", Level::Error, error.to_string()).hint(ledger_hint(error))]
            }
            ApplyError::Refused(refusal) => refusal.findings.clone(),
            ApplyError::Failed(failure) => vec![failure.finding()],
        }
    }
}

impl Failure {
    fn finding(&self) -> Finding {
        let mut finding =
            Finding::new(self.rule, Level::Error, self.message.clone()).object(self.revision.as_str());
        // The excerpt is left out: formats show the place from the file.
        finding.detail = (!self.details.is_empty()).then(|| self.details.join("\n"));
        finding.hint = self.hint.clone();
        finding.location = self.place.clone();
        finding
    }
}

fn of_database(message: String, error: &PgError) -> Finding {
    let mut finding = Finding::new("database", Level::Error, message);
    match error {
        PgError::Sql(sql) => {
            finding.detail.clone_from(&sql.detail);
            finding.hint.clone_from(&sql.hint);
        }
        PgError::Connect { hint, .. } => finding.hint.clone_from(hint),
        _ => {}
    }
    if error.sqlstate() == Some("42501") && finding.hint.is_none() {
        finding.hint = Some(
            "The role needs CREATE on the database and on the schema of the history table, and must own both.".to_owned(),
        );
    }
    finding
}

fn ledger_hint(error: &LedgerError) -> &'static str {
    match error {
        LedgerError::Newer { .. } => "Use the newer zerodrift that wrote it.",
        LedgerError::Foreign => {
            "zerodrift keeps its ledger in a schema of this name: rename the existing one."
        }
        LedgerError::History { .. } => "Rename the revision's slug.",
        LedgerError::Row { .. } | LedgerError::Database { .. } => "Restore the row, or remove it by hand.",
    }
}
