//! Reads migration folders and headers from disk, and writes new files.
//!
//! In: a [`Layout`]. Out: revisions in a fixed order, and a finding with its exact place for every file that is not
//! what it has to be. A broken file never stops the others from loading. No SQL is read here beyond the first comment;
//! [`read_sql`] gives the whole text to whoever needs it. What an edge means is the graph's business.
//!
//! Add a header key in `header.rs` and in the list in `reader.rs`.

mod changed;
mod comment;
mod discover;
mod error;
mod file;
mod header;
mod loose;
mod places;
mod reader;
mod revision;
pub mod write;
mod yaml;

use std::path::PathBuf;
use std::sync::Arc;

pub use changed::{Changed, GitError, changed_since};
pub use error::LoadError;
pub use file::{SqlFile, differing, read_sql};
pub use loose::{LooseFile, files_below, read_loose, sql_from};
pub use places::HeaderPlaces;
pub use revision::load;

use crate::graph::Graph;
use crate::model::{Finding, Revision};

/// Where the migrations of a project lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The folder of the project; findings and revisions name files relative to it.
    pub root: PathBuf,
    /// The folder of the migrations, relative to the root.
    pub migrations: PathBuf,
    /// The branch folders that count; all of them if absent.
    pub branches: Option<Vec<String>>,
}

/// What was found on disk.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The revisions, by branch folder and path, byte by byte.
    pub revisions: Vec<Revision>,
    /// What is wrong with files, in the same order.
    pub findings: Vec<Finding>,
}

/// Loads the migrations and builds their graph; all findings point at the word in the header that they are about.
///
/// The policy of a project is not checked here: see [`graph::check`](crate::graph::check()).
pub fn load_graph(layout: &Layout) -> Result<(Graph, Vec<Finding>), LoadError> {
    let Loaded {
        revisions,
        mut findings,
    } = load(layout)?;
    let (graph, of_graph) = Graph::with_places(revisions, Arc::new(HeaderPlaces::new(&layout.root)));
    findings.extend(of_graph);
    Ok((graph, findings))
}
