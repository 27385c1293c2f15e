//! Cuts a file into statements, lines for psql, and data that is neither.

use std::ops::Range;

use crate::sql::parse::{LiteralKind, Nesting, Token, TokenKind, tokens};
use crate::sql::split::Open;

/// A piece of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A statement from its first to its last token, and how deep it nests.
    Statement(Range<usize>, usize),
    /// A comment that nothing ends, to the end of the file.
    OpenComment(Range<usize>),
    /// A line for psql, from its backslash to the end of the line.
    PsqlCommand(Range<usize>),
}

/// Cuts a file as psql does. Where no backslash stands outside strings, the statements are those of [`split`].
///
/// [`split`]: crate::sql::split::split
pub(super) fn pieces(source: &str) -> Vec<Piece> {
    let mut pieces = Psql::new(source).cut();
    let end = pieces.last().map_or(0, Piece::end);
    pieces.extend(open_comment(source, end).map(Piece::OpenComment));
    pieces
}

/// Returns the comment behind the last piece, if nothing ends it.
fn open_comment(source: &str, end: usize) -> Option<Range<usize>> {
    let open = TokenKind::BlockComment { terminated: false };
    let token = tokens(&source[end..]).find(|token| token.kind == open)?;
    Some(end + token.range.start..end + token.range.end)
}

impl Piece {
    fn end(&self) -> usize {
        match self {
            Piece::Statement(range, _) | Piece::OpenComment(range) | Piece::PsqlCommand(range) => range.end,
        }
    }
}

struct Psql<'s> {
    source: &'s str,
    open: Open,
    nesting: Nesting,
    pieces: Vec<Piece>,
    /// Whether data may follow a COPY: not once no `\.` was found.
    data_may_follow: bool,
    /// How many quotes were found that nothing ends.
    resumed: usize,
}

/// After how many quotes that nothing ends a text is no SQL.
const MOST_OPEN_QUOTES: usize = 20;

/// Words that a line begins with where a statement begins in it.
const FIRST_WORDS: [&str; 14] = [
    "alter", "begin", "comment", "commit", "copy", "create", "delete", "drop", "grant", "insert", "revoke",
    "set", "truncate", "update",
];

/// Says whether a statement begins at the very beginning of a line.
fn begins_statement(line: &str) -> bool {
    let end = line
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(line.len());
    let word = line[..end].to_ascii_lowercase();
    FIRST_WORDS.contains(&&*word)
}

/// Says whether a token is a quote that nothing ends. Of a body in dollar quotes every line may look like a statement.
fn is_open_quote(kind: TokenKind) -> bool {
    use LiteralKind as L;
    match kind {
        TokenKind::QuotedIdent { terminated, .. } => !terminated,
        TokenKind::Literal { kind } => matches!(
            kind,
            L::Str { terminated: false }
                | L::NationalStr { terminated: false }
                | L::EscStr { terminated: false }
                | L::UnicodeEscStr { terminated: false }
        ),
        _ => false,
    }
}

impl<'s> Psql<'s> {
    fn new(source: &'s str) -> Self {
        Psql {
            source,
            open: Open::default(),
            nesting: Nesting::default(),
            pieces: Vec::new(),
            data_may_follow: true,
            resumed: 0,
        }
    }

    fn cut(mut self) -> Vec<Piece> {
        let mut at = 0;
        while at < self.source.len() {
            at = self.run(at);
        }
        self.end_statement();
        self.pieces
    }

    /// Reads tokens from `from` on until something that is no SQL; returns where SQL goes on.
    fn run(&mut self, from: usize) -> usize {
        for token in tokens(&self.source[from..]) {
            let token = Token {
                kind: token.kind,
                range: token.range.start + from..token.range.end + from,
            };
            if token.is_trivia() {
                continue;
            }
            if token.text(self.source).starts_with('\\') {
                return self.command(token.range.start);
            }
            if let Some(next) = self.after_open_quote(&token) {
                return next;
            }
            if token.kind == TokenKind::Semi && self.open.may_end() {
                let end = token.range.end;
                if self.end_statement()
                    && let Some(after) = self.after_data(end)
                {
                    return after;
                }
            } else {
                self.add(&token);
            }
        }
        self.source.len()
    }

    /// Of a quote that nothing ends, the line that it stands in ends the statement, if a statement begins in a line
    /// behind it: the mistake is one statement's. Returns where that line begins.
    fn after_open_quote(&mut self, token: &Token) -> Option<usize> {
        if !is_open_quote(token.kind) || self.resumed >= MOST_OPEN_QUOTES {
            return None;
        }
        let text = token.text(self.source);
        let mut at = token.range.start + text.find('\n')? + 1;
        let length = text.find(['\r', '\n'])?;
        let next = self.source[at..].split_inclusive('\n').find_map(|line| {
            let begins = at;
            at += line.len();
            begins_statement(line).then_some(begins)
        })?;
        self.resumed += 1;
        let token = Token {
            kind: token.kind,
            range: token.range.start..token.range.start + length,
        };
        self.add(&token);
        self.end_statement();
        Some(next)
    }

    fn add(&mut self, token: &Token) {
        self.open.add(token, self.source);
        self.nesting.add(token, self.source);
    }

    /// Ends the statement; says whether data may follow it.
    fn end_statement(&mut self) -> bool {
        let depth = std::mem::take(&mut self.nesting).deepest;
        let Some(range) = self.open.take() else {
            return false;
        };
        let copies = copies_from_client(&self.source[range.clone()]);
        self.pieces.push(Piece::Statement(range, depth));
        copies
    }

    /// A command ends at the end of its line. Those that send the buffer end the statement too.
    fn command(&mut self, start: usize) -> usize {
        let rest = &self.source[start..];
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let line = rest[..length].trim_end();
        if line.starts_with("\\g") || line.starts_with("\\crosstabview") || line.starts_with("\\watch") {
            self.end_statement();
        }
        if !self.open.is_empty() && line.len() < 2 {
            // A lone backslash inside a statement is the statement's own mistake.
            let token = Token {
                kind: TokenKind::Unknown,
                range: start..start + 1,
            };
            self.add(&token);
            return start + 1;
        }
        if self.open.is_empty() {
            self.pieces
                .push(Piece::PsqlCommand(start..start + line.len().max(1)));
            return start + length.max(1);
        }
        // `\if` inside a statement: psql reads on with the statement, so nothing can be said about it here.
        self.pieces.push(Piece::PsqlCommand(start..start + line.len()));
        start + length.max(1)
    }

    /// Returns where the data behind a COPY ends, if there is any.
    fn after_data(&mut self, from: usize) -> Option<usize> {
        if !self.data_may_follow {
            return None;
        }
        let mut at = from;
        for line in self.source[from..].split_inclusive('\n') {
            at += line.len();
            if line.trim_end_matches(['\n', '\r']) == "\\." {
                return Some(at);
            }
        }
        self.data_may_follow = false;
        None
    }
}

/// Says whether a statement is `COPY … FROM STDIN`.
fn copies_from_client(statement: &str) -> bool {
    let mut words = tokens(statement).filter(|token| !token.is_trivia());
    let is_copy = words
        .next()
        .is_some_and(|token| token.text(statement).eq_ignore_ascii_case("copy"));
    let mut from = false;
    is_copy
        && words.any(|token| {
            let text = token.text(statement);
            let stdin = from && text.eq_ignore_ascii_case("stdin");
            from = text.eq_ignore_ascii_case("from");
            stdin
        })
}
