//! Reads files: the whole of one, or as much as its header needs.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::LoadError;
use super::comment::{self, Comment};
use crate::model::{Checksum, Location};

/// The first read. Headers are far shorter.
const BLOCK: usize = 4096;

/// A header that is longer than this is a comment that somebody forgot to close.
const LONGEST: usize = 256 * 1024;

/// A file with SQL, read and checked to be text.
#[derive(Clone, Debug)]
pub struct SqlFile {
    /// The file, relative to the project.
    pub path: PathBuf,
    /// The content without a byte order mark, line endings as they are. A byte order mark has no column, so lines and
    /// columns in this text are those that an editor shows.
    pub text: String,
    /// The comment with the header in `text`; empty where there is none.
    pub header: Range<usize>,
    /// The checksum of the bytes on disk.
    pub checksum: Checksum,
}

/// Reads a whole file below `root`. Works for revisions, down and verify files alike.
pub fn read_sql(root: &Path, path: &Path) -> Result<SqlFile, LoadError> {
    sql_file(path, read_bytes(root, path)?)
}

/// Reads files whose checksums are known and returns, in their order, those that have another one or cannot be read.
///
/// Of the others nothing but the bytes is looked at: they are what they were.
pub fn differing(root: &Path, files: &[(&Path, &str)]) -> Vec<(usize, Result<SqlFile, LoadError>)> {
    let differs = |(index, (path, checksum)): (usize, &(&Path, &str))| match read_bytes(root, path) {
        Ok(bytes) if Checksum::of(&bytes).to_string() == *checksum => None,
        Ok(bytes) => Some((index, sql_file(path, bytes))),
        Err(error) => Some((index, Err(error))),
    };
    files.par_iter().enumerate().filter_map(differs).collect()
}

fn read_bytes(root: &Path, path: &Path) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    open(root, path)?
        .read_to_end(&mut bytes)
        .map_err(|cause| unreadable(path, cause))?;
    Ok(bytes)
}

fn sql_file(path: &Path, mut bytes: Vec<u8>) -> Result<SqlFile, LoadError> {
    let checksum = Checksum::of(&bytes);
    if let Some(error) = not_text(path, &bytes) {
        return Err(error);
    }
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    let text = String::from_utf8(bytes).expect("the bytes were just found to be UTF-8");
    let header = match comment::find(&text) {
        Comment::Header { comment, .. } => comment,
        _ => 0..0,
    };
    Ok(SqlFile {
        path: path.to_path_buf(),
        text,
        header,
        checksum,
    })
}

/// Reads the beginning of a file, at least as far as its header reaches, without a byte order mark.
///
/// A header within the first block costs one call of the operating system besides opening and closing.
pub fn read_beginning(root: &Path, path: &Path) -> Result<String, LoadError> {
    let mut file = open(root, path)?;
    let mut bytes = vec![0; BLOCK];
    let mut filled = 0;
    loop {
        let read = match file.read(&mut bytes[filled..]) {
            Ok(read) => read,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(unreadable(path, cause)),
        };
        filled += read;
        let (ended, full) = (read == 0, filled == bytes.len());
        let text = beginning(path, &bytes[..filled], ended)?;
        let wants_more = match comment::find(text) {
            Comment::Header { .. } => false,
            Comment::Open { .. } => filled < LONGEST,
            _ => !full || text.trim_ascii().is_empty() && filled < LONGEST,
        };
        if ended || !wants_more {
            return Ok(text.to_owned());
        }
        if full {
            bytes.resize(filled * 8, 0);
        }
    }
}

const MARK: &[u8] = b"\xef\xbb\xbf";

fn open(root: &Path, path: &Path) -> Result<File, LoadError> {
    let file = File::open(root.join(path)).map_err(|cause| unreadable(path, cause))?;
    Ok(file)
}

fn unreadable(path: &Path, cause: io::Error) -> LoadError {
    LoadError::Unreadable {
        path: path.to_path_buf(),
        cause,
    }
}

/// Returns the text of a block; a character cut in two by its end is left out.
fn beginning<'b>(path: &Path, bytes: &'b [u8], ended: bool) -> Result<&'b str, LoadError> {
    let text = bytes.strip_prefix(MARK).unwrap_or(bytes);
    match std::str::from_utf8(text) {
        Ok(text) => Ok(text),
        Err(error) if error.error_len().is_none() && !ended => {
            let (whole, _) = text.split_at(error.valid_up_to());
            Ok(std::str::from_utf8(whole).unwrap_or_default())
        }
        Err(_) => not_text(path, bytes).map_or(Ok(""), Err),
    }
}

/// Says where the bytes are not UTF-8, and what they may be instead.
pub(super) fn not_text(path: &Path, bytes: &[u8]) -> Option<LoadError> {
    let text = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let error = std::str::from_utf8(text).err()?;
    let valid = std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default();
    let place = Location::of_bytes(path, valid, valid.len()..valid.len());
    let found = match text {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the file is UTF-16".to_owned(),
        _ => format!("byte 0x{:02x}", text[error.valid_up_to()]),
    };
    Some(LoadError::NotUtf8 { place, found })
}
