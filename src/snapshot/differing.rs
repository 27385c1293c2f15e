//! What of a folder differs from a catalog, without reading what does not.
//!
//! The text of a file follows from the objects in it, and the objects from the text. So a file that holds the very bytes
//! that would be written now describes what is there now: nothing of it has to be parsed. Every other file is read as
//! always, whatever its bytes are: edited by hand, with other line ends, or of objects that are no more.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;

use rayon::prelude::*;

use crate::catalog::{Catalog, ObjectId};

use super::encode::{self, Tree};
use super::error::SnapshotError;
use super::path;
use super::store::{Folder, Snapshot};

/// A snapshot and a catalog, taken apart.
#[derive(Debug)]
pub struct Differing {
    /// The objects of files that are as they would be written now.
    pub equal: Catalog,
    /// The rest of the snapshot.
    pub snapshot: Snapshot,
    /// The rest of the catalog.
    pub catalog: Catalog,
}

impl Folder {
    /// Takes what is equal out of both sides. Objects stay with the file that they are in, as a whole.
    pub fn differing(self, catalog: Catalog) -> Result<Differing, SnapshotError> {
        let files: HashSet<&OsStr> = self.files.iter().map(|file| file.as_os_str()).collect();
        let trees = encode::trees(&catalog);
        let compared: Vec<(PathBuf, bool)> = trees.par_iter().map(|tree| self.holds(tree, &files)).collect();
        let other = compared.iter().zip(&trees).filter(|((_, equal), _)| !equal);
        let other: Vec<ObjectId> = other.flat_map(|(_, tree)| tree.ids()).cloned().collect();
        drop(trees);
        let equal: HashSet<OsString> = compared
            .into_iter()
            .filter_map(|(path, equal)| equal.then_some(path.into_os_string()))
            .collect();
        let rest: Vec<PathBuf> = self
            .files
            .iter()
            .filter(|file| !equal.contains(file.as_os_str()))
            .cloned()
            .collect();
        let described = |id: &ObjectId| equal.contains(path::of(id.root()).as_os_str());
        let snapshot = self.catalog(&rest, described)?;
        let mut equal = catalog;
        let mut catalog = Catalog::new(equal.major);
        for id in other {
            catalog.objects.extend(equal.objects.remove_entry(&id));
        }
        Ok(Differing {
            equal,
            snapshot: self.with(snapshot),
            catalog,
        })
    }

    /// Returns where the file of a tree lies, and whether it is there with the text of the tree.
    fn holds(&self, tree: &Tree<'_>, files: &HashSet<&OsStr>) -> (PathBuf, bool) {
        let path = path::of(tree.root);
        // A file that cannot be read is read again with the others, and its error reported.
        let equal = files.contains(path.as_os_str())
            && fs::read(self.dir.join(&path)).is_ok_and(|bytes| bytes == encode::text(tree).as_bytes());
        (path, equal)
    }
}
