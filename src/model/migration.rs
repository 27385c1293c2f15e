//! A revision: one node of the graph and the files that belong to it.

use std::borrow::Borrow;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The id of a revision: opaque text of 1 to 128 characters of `[0-9A-Za-z_.-]`, compared byte by byte.
///
/// `202511151410`, `1e10`, `0123` and `null` are all text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RevisionId(String);

/// Why a text is not a revision id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevisionIdError {
    /// The text is empty or longer than 128 characters.
    #[error("revision id \"{text}\" has {length} characters; an id has 1 to 128")]
    Length {
        /// The text as written.
        text: String,
        /// Its length in characters.
        length: usize,
    },
    /// The text holds a character that ids do not have.
    #[error(
        "revision id \"{text}\" contains {character:?}; an id is made of 0-9, A-Z, a-z, \"_\", \".\" and \"-\""
    )]
    Character {
        /// The text as written.
        text: String,
        /// The first character that does not belong.
        character: char,
    },
}

impl RevisionId {
    /// Checks a text and makes it an id.
    pub fn new(text: impl Into<String>) -> Result<Self, RevisionIdError> {
        let text = text.into();
        let length = text.chars().count();
        if let Some(character) = text
            .chars()
            .find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.' | '-'))
        {
            return Err(RevisionIdError::Character { text, character });
        }
        if length == 0 || length > 128 {
            return Err(RevisionIdError::Length { text, length });
        }
        Ok(RevisionId(text))
    }

    /// Returns the text as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for RevisionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for RevisionId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RevisionId {
    type Error = RevisionIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        RevisionId::new(text)
    }
}

impl From<RevisionId> for String {
    fn from(id: RevisionId) -> String {
        id.0
    }
}

/// A lint finding that a revision's header accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AcceptedFinding {
    /// The rule.
    pub rule: String,
    /// Why it is accepted.
    pub because: String,
}

/// One revision as its files declare it. The SQL itself stays in the file until somebody needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The id, unique in the project.
    pub id: RevisionId,
    /// Revisions that this one follows; none for a root, two or more for a merge.
    pub parents: Vec<RevisionId>,
    /// Declared edges to other branches: ordering only.
    pub depends_on: Vec<RevisionId>,
    /// Names that descendants inherit.
    pub labels: Vec<String>,
    /// One line about the change.
    pub message: String,
    /// Whether the file runs in one transaction with its ledger row.
    pub transaction: bool,
    /// Lint findings accepted here.
    pub allow: Vec<AcceptedFinding>,
    /// Reference of the recorded approval for destructive statements.
    pub approval: Option<String>,
    /// The branch folder; empty in a flat layout.
    pub branch: String,
    /// What follows the id in the file name.
    pub slug: String,
    /// The file, relative to the project.
    pub path: PathBuf,
    /// The down file, relative to the project.
    pub down: Option<PathBuf>,
    /// The verify file, relative to the project.
    pub verify: Option<PathBuf>,
}

impl Revision {
    /// Returns parents and `depends-on` together: everything that must run before.
    pub fn prerequisites(&self) -> impl Iterator<Item = &RevisionId> {
        self.parents.iter().chain(&self.depends_on)
    }

    /// Says whether the revision joins two or more parents.
    pub fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }
}
