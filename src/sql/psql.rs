//! What psql makes of a file: statements, commands that begin with a backslash, rows between `COPY … FROM stdin` and `\.`.

use std::ops::Range;

use super::parse::{Token, TokenKind, tokens};
use super::split::Open;

/// A part of a file for psql.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The line that it begins in, from 1.
    pub line: usize,
    /// What it is.
    pub what: What,
}

/// What a part of a file for psql is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A statement for the server, without its semicolon.
    Statement(Range<usize>),
    /// Rows for a table: `COPY … FROM stdin` with what follows it.
    Rows,
    /// `\connect` to a database.
    Connect(String),
}

/// Something in the file that only psql can do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot follow psql's command \"{command}\"")]
pub struct Beyond {
    /// The line, from 1.
    pub line: usize,
    /// The command with its backslash.
    pub command: String,
}

/// Commands that change what psql prints, or that pg_dump guards its text with (psql, "Meta-Commands").
const SILENT: &[&str] = &[
    "a",
    "echo",
    "errverbose",
    "h",
    "help",
    "pset",
    "qecho",
    "restrict",
    "t",
    "timing",
    "unrestrict",
    "warn",
    "x",
];

/// Variables of psql that do not change what the server is sent (psql, "Variables").
const SILENT_VARIABLES: &[&str] = &[
    "ECHO",
    "ECHO_HIDDEN",
    "FETCH_COUNT",
    "HISTCONTROL",
    "ON_ERROR_STOP",
    "QUIET",
    "SHOW_CONTEXT",
    "VERBOSITY",
];

/// Takes a file for psql apart.
pub fn parts(source: &str) -> Result<Vec<Part>, Beyond> {
    let mut reader = Reader {
        source,
        at: 0,
        line: 1,
        counted: 0,
        parts: Vec::new(),
    };
    while reader.at < source.len() {
        if reader.piece()? == Next::End {
            break;
        }
    }
    Ok(reader.parts)
}

#[derive(PartialEq, Eq)]
enum Next {
    More,
    End,
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    line: usize,
    counted: usize,
    parts: Vec<Part>,
}

impl Reader<'_> {
    /// Reads to where the tokens stop being SQL: the rows of a COPY, a command, the end.
    fn piece(&mut self) -> Result<Next, Beyond> {
        let begin = self.at;
        let source = self.source;
        let mut open = Open::default();
        let mut copy = Copy::default();
        for token in tokens(&source[begin..]) {
            let token = Token {
                range: begin + token.range.start..begin + token.range.end,
                ..token
            };
            if token.is_trivia() {
                continue;
            }
            if token.text(source).starts_with('\\') {
                return self.command(token.range.start, open);
            }
            if token.kind == TokenKind::Semi && open.may_end() {
                let from_stdin = copy.is_from_stdin();
                if let Some(range) = open.take() {
                    let line = self.line_of(range.start);
                    if from_stdin {
                        self.parts.push(Part {
                            line,
                            what: What::Rows,
                        });
                        self.at = after_rows(source, token.range.end);
                        return Ok(Next::More);
                    }
                    self.parts.push(Part {
                        line,
                        what: What::Statement(range),
                    });
                }
                copy = Copy::default();
            } else {
                copy.add(&token, source);
                open.add(&token, source);
            }
        }
        if let Some(range) = open.take() {
            let line = self.line_of(range.start);
            self.parts.push(Part {
                line,
                what: What::Statement(range),
            });
        }
        self.at = source.len();
        Ok(Next::End)
    }

    fn command(&mut self, start: usize, mut open: Open) -> Result<Next, Beyond> {
        let rest = &self.source[start..];
        let text = rest.lines().next().unwrap_or_default();
        self.at = start + rest.find('\n').map_or(rest.len(), |end| end + 1);
        let line = self.line_of(start);
        let (name, arguments) = text[1..]
            .split_once(char::is_whitespace)
            .unwrap_or((&text[1..], ""));
        let arguments = arguments.trim();
        let beyond = || Beyond {
            line,
            command: format!("\\{name}"),
        };
        // A statement that a command ends (\g, \gexec, \crosstabview) is sent in a way of its own.
        if open.take().is_some() {
            return Err(beyond());
        }
        match name {
            "q" | "quit" => return Ok(Next::End),
            "c" | "connect" => {
                let database = database(arguments).ok_or_else(beyond)?;
                self.parts.push(Part {
                    line,
                    what: What::Connect(database),
                });
            }
            "encoding"
                if matches!(
                    unquoted(arguments).to_ascii_uppercase().as_str(),
                    "UTF8" | "UTF-8" | "UNICODE" | "SQL_ASCII"
                ) => {}
            "set"
                if SILENT_VARIABLES
                    .iter()
                    .any(|known| arguments.split_whitespace().next() == Some(known)) => {}
            name if SILENT.contains(&name) => {}
            _ => return Err(beyond()),
        }
        Ok(Next::More)
    }

    fn line_of(&mut self, at: usize) -> usize {
        self.line += self.source[self.counted..at].matches('\n').count();
        self.counted = at;
        self.line
    }
}

/// How much of `COPY … FROM stdin` was seen, outside parentheses.
#[derive(Default)]
struct Copy {
    words: usize,
    is_copy: bool,
    depth: usize,
    after_from: bool,
    found: bool,
}

impl Copy {
    fn add(&mut self, token: &Token, source: &str) {
        match token.kind {
            TokenKind::OpenParen => self.depth += 1,
            TokenKind::CloseParen => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        let word = token.text(source);
        self.is_copy |= self.words == 0 && word.eq_ignore_ascii_case("copy");
        self.words += 1;
        self.found |= self.after_from && word.eq_ignore_ascii_case("stdin");
        self.after_from = self.depth == 0 && word.eq_ignore_ascii_case("from");
    }

    fn is_from_stdin(&self) -> bool {
        self.is_copy && self.found
    }
}

/// Returns where the rows end that begin in the line after `at`.
fn after_rows(source: &str, at: usize) -> usize {
    let Some(first) = source[at..].find('\n') else {
        return source.len();
    };
    let mut place = at + first + 1;
    for line in source[place..].split_inclusive('\n') {
        place += line.len();
        if line.trim_end_matches(['\n', '\r']) == "\\." {
            return place;
        }
    }
    place
}

/// Reads what pg_dump writes after `\connect`: a name, quoted where it has to be, or a connection string in quotes
/// (`appendPsqlMetaConnect` in fe_utils/string_utils.c).
fn database(arguments: &str) -> Option<String> {
    let name = arguments
        .strip_prefix("-reuse-previous=on")
        .unwrap_or(arguments)
        .trim();
    let name = unquoted(name);
    let Some(value) = name.strip_prefix("dbname=") else {
        return (!name.is_empty() && name != "-" && !name.contains("://")).then_some(name);
    };
    let inner = value.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        plain.push(if c == '\\' { characters.next()? } else { c });
    }
    Some(plain)
}

fn unquoted(text: &str) -> String {
    let inner = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    match (inner('"'), inner('\'')) {
        (Some(inner), _) => inner.replace("\"\"", "\""),
        (_, Some(inner)) => inner.replace("''", "'"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<String> {
        let parts = parts(source).unwrap_or_else(|error| panic!("{error}"));
        parts
            .into_iter()
            .map(|part| match part.what {
                What::Statement(range) => format!("{}: {}", part.line, &source[range]),
                What::Rows => format!("{}: rows", part.line),
                What::Connect(name) => format!("{}: connect {name}", part.line),
            })
            .collect()
    }

    #[test]
    fn rows_are_skipped_whatever_they_hold() {
        let source = "\\restrict a'b\nSET x = 1;\nCOPY public.t (a, \"from\") FROM stdin;\nit's\t\"; $$ /*\n\\N\t\\\\.\n\\.\n\n\nSELECT 1;\ncopy t from STDIN with (format csv);\n\\.\nSELECT 2\n";
        assert_eq!(
            shown(source),
            [
                "2: SET x = 1",
                "3: rows",
                "9: SELECT 1",
                "10: rows",
                "12: SELECT 2"
            ]
        );
        assert_eq!(shown("COPY t FROM stdin;\nwithout an end"), ["1: rows"]);
        assert_eq!(shown("COPY (SELECT a FROM stdin) TO '/x';").len(), 1);
        assert_eq!(shown("COPY t FROM '/x'; SELECT * FROM stdin;").len(), 2);
    }

    #[test]
    fn backslashes_in_quotes_and_bodies_are_text() {
        let body = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\nSELECT '\n\\connect x\n\\. '\n$$";
        assert_eq!(shown(&format!("{body};\nSELECT '\n\\q\n';")).len(), 2);
        assert!(shown(&format!("{body};"))[0].ends_with(body));
    }

    #[test]
    fn connections_are_named_as_pg_dump_does() {
        for (written, name) in [
            ("\\connect app", "app"),
            ("\\c \"App \"\"x\"\"\"", "App \"x\""),
            ("\\connect -reuse-previous=on \"dbname='it\\'s'\"", "it's"),
            ("\\connect -reuse-previous=on \"dbname='a b'\"\r", "a b"),
        ] {
            assert_eq!(shown(written), [format!("1: connect {name}")], "{written}");
        }
    }

    #[test]
    fn what_only_psql_can_do_is_refused_with_its_line() {
        for (source, line, command) in [
            ("SELECT 1;\n\\i other.sql\n", 2, "\\i"),
            ("SELECT 'DROP TABLE t' \\gexec", 1, "\\gexec"),
            ("\\set name 'x'\n", 1, "\\set"),
            ("\\! rm x", 1, "\\!"),
            ("\\connect -", 1, "\\connect"),
        ] {
            let beyond = parts(source).expect_err("only psql can do it");
            assert_eq!(
                (beyond.line, beyond.command.as_str()),
                (line, command),
                "{source}"
            );
        }
        assert_eq!(
            shown("\\set ON_ERROR_STOP on\n\\echo it's\n\\encoding UTF8\nSELECT 1;\n\\q\nSELECT 2"),
            ["4: SELECT 1"]
        );
    }
}
