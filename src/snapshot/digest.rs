//! A checksum of a whole folder: of the names and the bytes of all files that belong to the snapshot.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::catalog::Catalog;
use crate::model::Checksum;

use super::encode;
use super::error::SnapshotError;
use super::path;
use super::store::{Folder, failed};

impl Folder {
    /// Returns the checksum of the folder as it was opened and lies there now.
    pub fn digest(&self) -> Result<Checksum, SnapshotError> {
        let sums = self.files.par_iter().map(|file| {
            let path = self.dir.join(file);
            let bytes = fs::read(&path).map_err(failed("read", &path))?;
            Ok((file.clone(), Checksum::of(bytes)))
        });
        Ok(whole(self.head, sums.collect::<Result<_, SnapshotError>>()?))
    }

    /// Returns the checksum that the folder has where its files hold the texts of a catalog and there are no others.
    pub fn digest_of(&self, catalog: &Catalog) -> Checksum {
        let trees = encode::trees(catalog);
        let sums = trees
            .par_iter()
            .map(|tree| (path::of(tree.root), Checksum::of(encode::text(tree))));
        whole(self.head, sums.collect())
    }
}

fn whole(head: Checksum, mut files: Vec<(PathBuf, Checksum)>) -> Checksum {
    files.sort_unstable();
    let mut sum = Checksum::growing();
    sum.add(head.bytes());
    for (file, content) in files {
        let name = Path::as_os_str(&file).as_encoded_bytes();
        sum.add(&(name.len() as u64).to_be_bytes());
        sum.add(name);
        sum.add(content.bytes());
    }
    sum.end()
}
