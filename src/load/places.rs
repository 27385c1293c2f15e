//! Finds words in headers again, for findings about edges.

use std::path::PathBuf;

use super::comment::{self, Comment};
use super::header::{self, Header};
use super::{file, reader};
use crate::graph::{Places, Token};
use crate::model::{Location, Revision};

/// Reads a header once more when a finding wants to point into it.
///
/// Spans of 100,000 headers would be kept for nothing in a project without mistakes. If the file has changed meanwhile
/// the place is the file as a whole.
#[derive(Clone, Debug)]
pub struct HeaderPlaces {
    root: PathBuf,
}

impl HeaderPlaces {
    /// Looks into files relative to `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        HeaderPlaces { root: root.into() }
    }

    fn find(&self, revision: &Revision, token: Token<'_>) -> Option<Location> {
        let text = file::read_beginning(&self.root, &revision.path).ok()?;
        let Comment::Header { yaml, .. } = comment::find(&text) else {
            return None;
        };
        let (header, _) = reader::read(&text, yaml);
        let range = range(&header, token)?;
        Some(Location::of_bytes(&revision.path, &text, range))
    }
}

impl Places for HeaderPlaces {
    fn place(&self, revision: &Revision, token: Token<'_>) -> Location {
        self.find(revision, token)
            .unwrap_or_else(|| Location::file(&revision.path))
    }
}

/// Returns the last word that says it, because the first of two equal ones is never the mistake.
fn range(header: &Header, token: Token<'_>) -> Option<std::ops::Range<usize>> {
    let ids = |ids: &[header::Spanned<crate::model::RevisionId>], wanted: &str| {
        ids.iter()
            .rev()
            .find(|id| id.value.as_str() == wanted)
            .map(|id| id.range.clone())
    };
    match token {
        Token::Id => header.id.as_ref().map(|id| id.range.clone()),
        Token::Parent(wanted) => ids(&header.parents, wanted),
        Token::Dependency(wanted) => ids(&header.depends_on, wanted),
        Token::Label(wanted) => header
            .labels
            .iter()
            .rev()
            .find(|label| label.value == wanted)
            .map(|l| l.range.clone()),
    }
}
