//! Finds the header: the YAML in the first comment of a file.

use std::ops::Range;

const OPEN: &str = "/*---";
const CLOSE: &str = "---*/";

/// What the beginning of a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comment {
    /// A header.
    Header {
        /// The comment with its marks.
        comment: Range<usize>,
        /// The YAML in it.
        yaml: Range<usize>,
    },
    /// A header begins and does not end in the text given.
    Open {
        /// The opening mark.
        mark: Range<usize>,
    },
    /// The comment ends with `*/` before `---*/` was seen.
    EndsEarly {
        /// The `*/`.
        mark: Range<usize>,
    },
    /// A second comment begins inside, which PostgreSQL counts: the header's end would not end the comment.
    Nested {
        /// The second `/*`.
        mark: Range<usize>,
    },
    /// Something else comes first, and a header after it.
    Later {
        /// The opening mark.
        mark: Range<usize>,
    },
    /// There is no header.
    Missing,
}

/// Looks for the header in the beginning of a file, without a byte order mark.
pub fn find(text: &str) -> Comment {
    // White space as PostgreSQL's scanner knows it (scan.l, "space").
    let blank = text
        .bytes()
        .take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c'))
        .count();
    let Some(mark) = mark(text, blank) else {
        return Comment::Missing;
    };
    if mark.start > blank {
        return Comment::Later { mark };
    }
    let inside = mark.end;
    let Some(length) = text[inside..].find("*/") else {
        return Comment::Open { mark };
    };
    let end = inside + length;
    if let Some(at) = text[inside..end].find("/*") {
        return Comment::Nested {
            mark: inside + at..inside + at + 2,
        };
    }
    let close = end + 2;
    // "/*---*/" has one set of dashes only, so the closing mark must lie behind the opening one.
    if close < inside + CLOSE.len() || !text[..close].ends_with(CLOSE) {
        return Comment::EndsEarly { mark: end..close };
    }
    Comment::Header {
        comment: mark.start..close,
        yaml: inside..close - CLOSE.len(),
    }
}

/// Finds the first opening mark. More than three dashes are an ornament, not a header.
fn mark(text: &str, from: usize) -> Option<Range<usize>> {
    text[from..]
        .match_indices(OPEN)
        .map(|(at, _)| from + at..from + at + OPEN.len())
        .find(|mark| !text[mark.end..].starts_with('-'))
}
