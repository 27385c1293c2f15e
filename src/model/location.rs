//! Places in files, as people and editors count them.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// A place in a file. Lines and columns count from 1; a column counts characters, not bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Location {
    /// The file, relative to the project where it lies inside of it.
    pub file: PathBuf,
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// Column after the last character.
    pub end_column: usize,
}

impl Location {
    /// A location that means the file as a whole.
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Location::point(file, 1, 1)
    }

    /// A location of no extent.
    pub fn point(file: impl Into<PathBuf>, line: usize, column: usize) -> Self {
        Location {
            file: file.into(),
            line,
            column,
            end_line: line,
            end_column: column,
        }
    }

    /// Returns the location of a byte range of `text`, which is the whole content of `file`.
    pub fn of_bytes(file: &Path, text: &str, range: Range<usize>) -> Self {
        let index = LineIndex::new(text);
        let (line, column) = index.line_column(text, range.start);
        let (end_line, end_column) = index.line_column(text, range.end);
        Location {
            file: file.to_path_buf(),
            line,
            column,
            end_line,
            end_column,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// The starts of all lines of a text, for many look-ups in one file.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Finds the line starts in one pass.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(at, _)| at + 1),
        );
        LineIndex { starts }
    }

    /// Returns a line, from 1, without its ending.
    pub fn line<'t>(&self, text: &'t str, line: usize) -> Option<&'t str> {
        let start = *self.starts.get(line.checked_sub(1)?)?;
        let end = self.starts.get(line).copied().unwrap_or(text.len());
        let line = text.get(start..end)?;
        Some(line.strip_suffix('\n').unwrap_or(line).trim_end_matches('\r'))
    }

    /// Returns line and column, both from 1, of a byte offset. An offset inside a character means that character.
    pub fn line_column(&self, text: &str, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        (line, text[start..offset].chars().count() + 1)
    }
}
