//! The project that is applied.

use std::path::PathBuf;

use super::error::ApplyError;
use crate::graph::Graph;
use crate::load::read_sql;
use crate::model::{Outcome, Revision};
use crate::plan::Step;

/// The folder of a project and its graph.
pub struct Project {
    /// The folder that paths of revisions are relative to.
    pub root: PathBuf,
    /// The revisions.
    pub graph: Graph,
}

impl Project {
    /// Reads a revision's file and takes it apart for a server of `major`.
    pub fn step(&self, revision: &Revision, major: u32) -> Result<Step, ApplyError> {
        let file = read_sql(&self.root, &revision.path)
            .map_err(|error| ApplyError::refused(Outcome::Usage, error.finding()))?;
        Step::build(revision, file.text, file.checksum, major).map_err(|findings| {
            ApplyError::Refused(super::error::Refusal {
                outcome: Outcome::Findings,
                findings,
            })
        })
    }
}
