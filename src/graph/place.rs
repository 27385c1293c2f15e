//! Where a header names something, without knowing files.

use crate::model::{Location, Revision};

/// One thing that a header names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// The revision's own id.
    Id,
    /// One of its parents.
    Parent(&'a str),
    /// One of its declared dependencies.
    Dependency(&'a str),
    /// One of its labels.
    Label(&'a str),
}

/// Finds places in headers.
///
/// The graph holds no spans: they would cost more memory than the revisions and only findings need them. Whoever read
/// the files looks again when a finding is made.
pub trait Places: Send + Sync {
    /// Returns the place of a token in the header of a revision, or the file as a whole.
    fn place(&self, revision: &Revision, token: Token<'_>) -> Location;
}

/// Knows the files only.
#[derive(Clone, Copy, Debug, Default)]
pub struct FilePlaces;

impl Places for FilePlaces {
    fn place(&self, revision: &Revision, _token: Token<'_>) -> Location {
        Location::file(&revision.path)
    }
}
