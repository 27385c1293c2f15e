//! What was tried: rows that are only ever added.

use crate::model::{RevisionId, quote_literal};

/// A row of `zerodrift.attempt`.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// The run that it belongs to.
    pub run: &'a str,
    /// The verb: `upgrade`, `downgrade`, `stamp`, `repair`.
    pub action: &'a str,
    /// The revision; none for the row of the run itself.
    pub revision: Option<&'a RevisionId>,
    /// How it ended.
    pub outcome: Attempted,
    /// The target as the user wrote it.
    pub target: Option<&'a str>,
    /// The commit of the project, if known.
    pub commit: Option<&'a str>,
    /// How long it took.
    pub duration_ms: Option<u64>,
    /// SQLSTATE, message and place of a failure.
    pub failure: Option<Failure<'a>>,
    /// What an accepted edit replaced, as JSON.
    pub before: Option<&'a str>,
}

/// What failed, without secrets.
#[derive(Clone, Debug)]
pub struct Failure<'a> {
    /// The SQLSTATE, if the server gave one.
    pub sqlstate: Option<&'a str>,
    /// The message.
    pub error: &'a str,
    /// File, line and column.
    pub place: Option<&'a str>,
    /// The statement, on one line.
    pub statement: Option<&'a str>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempted {
    /// The run began.
    Started,
    /// The revision was applied.
    Applied,
    /// The revision was stamped.
    Stamped,
    /// The revision was taken back.
    Reverted,
    /// The revision failed and was rolled back.
    Failed,
    /// The revision stopped part-way.
    PartWay,
    /// An edit of the revision's file was accepted.
    Reblessed,
    /// A half-done step was settled.
    Settled,
}

impl Attempted {
    fn as_str(self) -> &'static str {
        match self {
            Attempted::Started => "started",
            Attempted::Applied => "applied",
            Attempted::Stamped => "stamped",
            Attempted::Reverted => "reverted",
            Attempted::Failed => "failed",
            Attempted::PartWay => "part-way",
            Attempted::Reblessed => "reblessed",
            Attempted::Settled => "settled",
        }
    }
}

impl Attempt<'_> {
    /// Returns the INSERT.
    pub fn insert(&self) -> String {
        let duration = self.duration_ms.map(|millis| millis.to_string());
        self.insert_with(duration.as_deref().unwrap_or("NULL"))
    }

    /// Returns the INSERT with an SQL expression for the duration, for what is known only when it runs.
    pub fn insert_with(&self, duration_ms: &str) -> String {
        format!(
            "INSERT INTO zerodrift.attempt ({COLUMNS}) VALUES ({})",
            self.values(duration_ms)
        )
    }

    /// Returns the call of a statement that [`prepare`] made.
    pub fn execute(&self, name: &str) -> String {
        let duration = self.duration_ms.map(|millis| millis.to_string());
        format!(
            "EXECUTE {name} ({})",
            self.values(duration.as_deref().unwrap_or("NULL"))
        )
    }

    fn values(&self, duration_ms: &str) -> String {
        let text = |value: Option<&str>| value.map_or_else(|| "NULL".to_owned(), quote_literal);
        let failure = self.failure.as_ref();
        format!(
            "{}, {}, {}, '{}', {}, {}, {}, {}, {}, {}, {}, {}, {}",
            quote_literal(self.run),
            quote_literal(self.action),
            text(self.revision.map(RevisionId::as_str)),
            self.outcome.as_str(),
            text(self.target),
            quote_literal(env!("CARGO_PKG_VERSION")),
            text(self.commit),
            duration_ms,
            text(failure.and_then(|failure| failure.sqlstate)),
            text(failure.map(|failure| failure.error)),
            text(failure.and_then(|failure| failure.place)),
            text(failure.and_then(|failure| failure.statement)),
            text(self.before),
        )
    }
}

/// The columns that are written, and below in the same order their types.
const COLUMNS: &str = "run, action, revision, outcome, target, tool_version, commit, duration_ms, sqlstate, error, place, \
                       statement, before";
const TYPES: [&str; 13] = [
    "text", "text", "text", "text", "text", "text", "text", "bigint", "text", "text", "text", "text", "jsonb",
];

/// Returns the statement that prepares the INSERT: planned once for all rows of a run.
pub fn prepare(name: &str) -> String {
    super::prepare(name, "zerodrift.attempt", COLUMNS, &TYPES)
}
