//! What can go wrong at the border, with everything that the server said.

use std::fmt;

/// An error report of the server for one statement (manual, section 55.8 of major 15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlError {
    /// The five-character SQLSTATE.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// The DETAIL field.
    pub detail: Option<String>,
    /// The HINT field.
    pub hint: Option<String>,
    /// Position in the statement text as sent, in characters from 1.
    pub position: Option<usize>,
    /// The text of an internally generated statement and the position in it.
    pub internal: Option<(usize, String)>,
    /// The CONTEXT field: a call stack of functions.
    pub context: Option<String>,
    /// Schema, table, column and constraint that the server named.
    pub object: Option<String>,
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.sqlstate, self.message)
    }
}

impl std::error::Error for SqlError {}

/// Why something at the border failed.
#[derive(Debug, thiserror::Error)]
pub enum PgError {
    /// The connection string or its environment cannot be used.
    #[error("{message}")]
    Settings {
        /// What is wrong.
        message: String,
        /// What to write instead.
        hint: String,
    },
    /// The server could not be reached or refused the connection.
    #[error("could not connect to {target}: {cause}")]
    Connect {
        /// Host, port, database and user, without secrets.
        target: String,
        /// What the operating system or the server said.
        cause: String,
        /// The SQLSTATE if the server answered.
        sqlstate: Option<String>,
        /// What to do next.
        hint: Option<String>,
    },
    /// The connection ended in the middle of the work.
    #[error("lost the connection to {target}: {cause}")]
    Lost {
        /// Host, port, database and user, without secrets.
        target: String,
        /// What was seen.
        cause: String,
    },
    /// The server rejected a statement.
    #[error(transparent)]
    Sql(Box<SqlError>),
    /// A throw-away server could not be provided.
    #[error("{message}")]
    Cluster {
        /// What was tried and failed.
        message: String,
        /// What to do next.
        hint: String,
    },
}

impl PgError {
    /// Returns the server's report, if the server rejected a statement.
    pub fn sql(&self) -> Option<&SqlError> {
        match self {
            PgError::Sql(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the SQLSTATE, if a server answered with one.
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            PgError::Sql(error) => Some(&error.sqlstate),
            PgError::Connect { sqlstate, .. } => sqlstate.as_deref(),
            _ => None,
        }
    }
}
