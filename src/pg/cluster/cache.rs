//! The folder for what can be made anew, and files in it that are kept for a while.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::{ClusterOptions, account, binaries};

/// Returns the folder where this user keeps what can be made anew.
pub fn cache_folder(options: &ClusterOptions) -> Option<PathBuf> {
    binaries::caches(options).into_iter().next()
}

/// Says whether a file or folder is this user's own and nobody else may write to it.
pub fn is_own(path: &Path) -> bool {
    account::is_own(path)
}

/// Writes a file whole or not at all, in a folder that is made if it has to be and that nobody else may look into; of the
/// files there only the `most` newest stay.
pub fn keep(place: &Path, text: &str, most: usize) -> io::Result<()> {
    let folder = place.parent().unwrap_or(place);
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unfinished = place.with_extension(format!("{}.new", std::process::id()));
    let written = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, place));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written?;
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.path()));
    }
    files.sort();
    let surplus = files.len().saturating_sub(most);
    files
        .iter()
        .take(surplus)
        .try_for_each(|(_, path)| fs::remove_file(path))
}
