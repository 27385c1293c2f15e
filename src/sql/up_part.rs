//! The part of a file that runs forwards, for tools that keep both directions in one file.
//!
//! dbmate writes `-- migrate:up` and `-- migrate:down`, goose `-- +goose Up` and `-- +goose Down`. What runs backwards
//! is blanked, byte by byte, so that places in the rest stay what they are.

use std::borrow::Cow;

use super::parse::{TokenKind, tokens};

/// What a file says about itself in the words of another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpPart<'a> {
    /// The text with everything else blanked.
    pub text: Cow<'a, str>,
    /// Whether it asks to run without a transaction.
    pub without_transaction: bool,
}

/// A mark in a line comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Up,
    Down,
    NoTransaction,
}

/// Takes the part of a file that runs forwards; all of it where no tool's marks stand in it.
pub fn up_part(source: &str) -> UpPart<'_> {
    let mut without_transaction = false;
    let mut down: Vec<std::ops::Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    if ["migrate:", "+goose", "no-transaction"]
        .iter()
        .any(|word| source.contains(word))
    {
        for token in tokens(source).filter(|token| token.kind == TokenKind::LineComment) {
            for mark in marks(token.text(source)) {
                match mark {
                    Mark::NoTransaction => without_transaction |= open.is_none(),
                    Mark::Down => open = open.or(Some(token.range.end)),
                    Mark::Up => {
                        if let Some(start) = open.take() {
                            down.push(start..token.range.start);
                        }
                    }
                }
            }
        }
    }
    down.extend(open.map(|start| start..source.len()));
    UpPart {
        text: blanked(source, &down),
        without_transaction,
    }
}

/// Reads the marks of dbmate, goose and sqlx.
fn marks(comment: &str) -> Vec<Mark> {
    let text = comment.trim_start_matches('-').trim();
    let mut words = text.split_ascii_whitespace();
    let direction = match words.next() {
        Some("migrate:up") => Some(Mark::Up),
        Some("migrate:down") => Some(Mark::Down),
        Some("no-transaction") => return vec![Mark::NoTransaction],
        Some("+goose") => {
            let rest: Vec<String> = words.map(str::to_ascii_lowercase).collect();
            return match rest.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["up"] => vec![Mark::Up],
                ["down"] => vec![Mark::Down],
                ["no", "transaction"] => vec![Mark::NoTransaction],
                _ => Vec::new(),
            };
        }
        _ => None,
    };
    let Some(direction) = direction else {
        return Vec::new();
    };
    let outside = words.any(|word| word.eq_ignore_ascii_case("transaction:false"));
    match (direction, outside) {
        (Mark::Up, true) => vec![Mark::Up, Mark::NoTransaction],
        (direction, _) => vec![direction],
    }
}

/// Replaces every byte of the ranges by a space; line endings stay.
fn blanked<'a>(source: &'a str, ranges: &[std::ops::Range<usize>]) -> Cow<'a, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(source);
    }
    let mut text = String::with_capacity(source.len());
    let mut end = 0;
    for range in ranges {
        text.push_str(&source[end..range.start]);
        let blank = |byte: u8| {
            if matches!(byte, b'\n' | b'\r') {
                char::from(byte)
            } else {
                ' '
            }
        };
        text.extend(source[range.clone()].bytes().map(blank));
        end = range.end;
    }
    text.push_str(&source[end..]);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::up_part;

    #[test]
    fn only_what_runs_forwards_is_left() {
        let cases = [
            ("SELECT 1;", "SELECT 1;", false),
            (
                "-- migrate:up\nA;\n-- migrate:down\nB;ä\n",
                "-- migrate:up\nA;\n-- migrate:down\n    \n",
                false,
            ),
            (
                "-- migrate:down\nB;\n-- migrate:up transaction:false\nA;",
                "-- migrate:down\n  \n-- migrate:up transaction:false\nA;",
                true,
            ),
            (
                "-- +goose NO TRANSACTION\n-- +goose Up\nA;\n-- +goose Down\nB;",
                "-- +goose NO TRANSACTION\n-- +goose Up\nA;\n-- +goose Down\n  ",
                true,
            ),
            ("-- no-transaction\nA;", "-- no-transaction\nA;", true),
            (
                "SELECT '\n-- migrate:down\n'; A;",
                "SELECT '\n-- migrate:down\n'; A;",
                false,
            ),
            (
                "-- +goose StatementBegin\nA;\n-- +goose StatementEnd\n",
                "-- +goose StatementBegin\nA;\n-- +goose StatementEnd\n",
                false,
            ),
        ];
        for (source, expected, without_transaction) in cases {
            let up = up_part(source);
            assert_eq!(up.text, expected, "{source}");
            assert_eq!(up.text.len(), source.len());
            assert_eq!(up.without_transaction, without_transaction, "{source}");
        }
    }
}
