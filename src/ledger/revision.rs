//! The row of an applied revision.

use serde::Serialize;

use super::applied::How;
use super::history::version_of;
use crate::model::{Checksum, QualifiedName, Revision, RevisionId, quote_literal};
use crate::sql::mask;

/// What is written about a revision that was applied or stamped.
#[derive(Clone, Debug)]
pub struct RevisionRow<'a> {
    /// The revision.
    pub revision: &'a Revision,
    /// SHA-256 of the file.
    pub checksum: Checksum,
    /// SHA-256 of its tokens.
    pub normalised: Checksum,
    /// The text of the file; kept without secrets unless it is large.
    pub source: &'a str,
    /// Applied or stamped.
    pub how: How,
    /// The commit of the project, if known.
    pub commit: Option<&'a str>,
    /// How long it took.
    pub duration_ms: u64,
    /// What its guarded sections did.
    pub sections: &'a [SectionRow],
}

/// What a guarded section did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SectionRow {
    /// The table as written.
    pub table: String,
    /// Rows touched by its statements that change rows.
    pub touched: u64,
    /// Rows of the table before, where they were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present: Option<u64>,
    /// What the section expected, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// `toggle` or `bypass`.
    pub rls: &'static str,
    /// What a reader of the ledger should know: a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// What a reader of the ledger should know: advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl RevisionRow<'_> {
    /// Returns the INSERT.
    pub fn insert(&self) -> String {
        self.insert_with(&self.duration_ms.to_string(), &self.sections())
    }

    /// Returns the INSERT with SQL expressions for what is known only when it runs.
    pub fn insert_with(&self, duration_ms: &str, sections: &str) -> String {
        format!(
            "INSERT INTO zerodrift.revision ({COLUMNS}) VALUES ({})",
            self.values(duration_ms, sections)
        )
    }

    /// Returns the call of a statement that [`prepare`] made.
    pub fn execute(&self, name: &str) -> String {
        let values = self.values(&self.duration_ms.to_string(), &self.sections());
        format!("EXECUTE {name} ({values})")
    }

    fn sections(&self) -> String {
        quote_literal(&serde_json::to_string(self.sections).unwrap_or_else(|_| "[]".to_owned()))
    }

    fn values(&self, duration_ms: &str, sections: &str) -> String {
        format!(
            "{}, {}, {}, {}, {}, {}, '{}', '{}', {}, '{}', {}, {}, {duration_ms}, {sections}",
            quote_literal(self.revision.id.as_str()),
            version_of(&self.revision.id),
            array(&self.revision.parents),
            array(&self.revision.depends_on),
            quote_literal(&self.revision.branch),
            quote_literal(&self.revision.message),
            self.checksum,
            self.normalised,
            kept(self.source),
            self.how.as_str(),
            quote_literal(env!("CARGO_PKG_VERSION")),
            self.commit.map_or_else(|| "NULL".to_owned(), quote_literal),
        )
    }
}

/// The columns that are written, and below in the same order their types.
const COLUMNS: &str = "id, version, parents, depends_on, branch, message, checksum, normalised, source, how, tool_version, \
                       commit, duration_ms, sections";
const TYPES: [&str; 14] = [
    "text", "bigint", "text[]", "text[]", "text", "text", "text", "text", "text", "text", "text", "text",
    "bigint", "jsonb",
];

/// Returns the statement that prepares the INSERT: planned once for all rows of a run.
pub fn prepare(name: &str) -> String {
    super::prepare(name, "zerodrift.revision", COLUMNS, &TYPES)
}

/// Returns the statement that accepts a file as it is now for what was applied.
pub fn rebless(id: &RevisionId, checksum: Checksum, normalised: Checksum, source: &str) -> String {
    format!(
        "UPDATE zerodrift.revision SET checksum = '{checksum}', normalised = '{normalised}', source = {} WHERE id = {}",
        kept(source),
        quote_literal(id.as_str())
    )
}

/// Returns the query of what the ledger has of a revision, as one JSON text: checksum, normalised, source.
pub fn written(id: &RevisionId) -> String {
    format!(
        "SELECT pg_catalog.jsonb_build_object('checksum', checksum, 'normalised', normalised, 'source', source)::text \
         FROM zerodrift.revision WHERE id = {}",
        quote_literal(id.as_str())
    )
}

/// Returns the statements that take a revision out of the ledger. Its attempts stay.
pub fn remove(id: &RevisionId, history: &QualifiedName) -> String {
    let literal = quote_literal(id.as_str());
    format!(
        "DELETE FROM zerodrift.revision WHERE id = {literal};\n\
         DELETE FROM zerodrift.statement WHERE revision = {literal};\n\
         DELETE FROM zerodrift.cursor WHERE revision = {literal};\n\
         DELETE FROM {} WHERE version = {}",
        history.quoted(),
        version_of(id),
    )
}

/// Files above this size are not kept in the ledger.
const KEPT: usize = 256 * 1024;

fn kept(source: &str) -> String {
    if source.len() > KEPT {
        "NULL".to_owned()
    } else {
        quote_literal(&mask::secrets(source))
    }
}

fn array(ids: &[RevisionId]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| quote_literal(id.as_str())).collect();
    format!("ARRAY[{}]::text[]", ids.join(", "))
}
