//! One statement of a file and what its first words say about it.

use std::ops::Range;

use super::parse::{LiteralKind, TokenKind, tokens};
use super::pattern;
use super::transaction::{self, Refusal};

/// How many tokens of a statement are kept to recognise it.
const HEAD: usize = 32;
/// How many of one that defines a function: its options follow its parameters, and between them may stand its body.
const HEAD_OF_FUNCTION: usize = 4096;

/// One statement of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its bytes in the file, without the semicolon.
    pub range: Range<usize>,
    /// Its first tokens: words in upper case, everything else as written.
    pub words: Vec<String>,
}

/// What a statement does to the transaction that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// `BEGIN` or `START TRANSACTION`.
    Begin,
    /// `BEGIN` with an isolation level or another mode.
    BeginWithModes,
    /// `COMMIT` or `END`.
    Commit,
    /// `COMMIT AND CHAIN`.
    CommitAndChain,
    /// `ROLLBACK` or `ABORT`, the whole transaction.
    Rollback,
    /// `PREPARE TRANSACTION`, `COMMIT PREPARED`, `ROLLBACK PREPARED`.
    TwoPhase,
    /// `SAVEPOINT`, `RELEASE`, `ROLLBACK TO`: stays inside.
    Savepoint,
}

/// Forms of transaction control, first match wins (manual, SQL commands BEGIN to START TRANSACTION).
const CONTROL: &[(&str, Control)] = &[
    ("BEGIN WORK|TRANSACTION ? +", Control::BeginWithModes),
    ("BEGIN WORK|TRANSACTION ?", Control::Begin),
    ("START TRANSACTION +", Control::BeginWithModes),
    ("START TRANSACTION", Control::Begin),
    ("COMMIT PREPARED", Control::TwoPhase),
    ("ROLLBACK PREPARED", Control::TwoPhase),
    ("PREPARE TRANSACTION", Control::TwoPhase),
    ("COMMIT|END WORK|TRANSACTION ? AND CHAIN", Control::CommitAndChain),
    ("COMMIT|END", Control::Commit),
    ("ROLLBACK WORK|TRANSACTION ? TO", Control::Savepoint),
    ("SAVEPOINT|RELEASE", Control::Savepoint),
    ("ROLLBACK|ABORT", Control::Rollback),
];

impl Statement {
    /// Reads the head of the statement at `range`.
    pub fn read(source: &str, range: Range<usize>) -> Self {
        let text = &source[range.clone()];
        let mut words: Vec<String> = Vec::new();
        let read = tokens(text)
            .filter(|token| !token.is_trivia())
            .map(|token| match token.kind {
                TokenKind::Ident => token.text(text).to_ascii_uppercase(),
                TokenKind::Literal {
                    kind: LiteralKind::DollarQuotedString { .. },
                } => "$$".to_owned(),
                _ => token.text(text).to_owned(),
            });
        let mut most = HEAD;
        for word in read {
            if matches!(word.as_str(), "FUNCTION" | "PROCEDURE" | "ROUTINE") && words.len() < 4 {
                most = HEAD_OF_FUNCTION;
            }
            words.push(word);
            if words.len() == most {
                break;
            }
        }
        Statement { range, words }
    }

    /// Returns the text.
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        &source[self.range.clone()]
    }

    /// Says whether the first words match a pattern of [`pattern`].
    pub fn is(&self, form: &str) -> bool {
        pattern::matches(form, &self.words)
    }

    /// Returns what the statement does to its transaction.
    pub fn control(&self) -> Option<Control> {
        CONTROL
            .iter()
            .find(|(form, _)| self.is(form))
            .map(|(_, control)| *control)
    }

    /// Returns why the statement cannot run inside a transaction on a server of `major`.
    pub fn refuses_transaction(&self, major: u32) -> Option<&'static Refusal> {
        transaction::refusal(self, major)
    }

    /// Says whether the statement reads COPY data from the client, which a migration file cannot carry.
    pub fn copies_from_client(&self) -> bool {
        self.is("COPY * FROM STDIN") || self.is("COPY * TO STDOUT")
    }

    /// Says whether the statement has effects that no rollback undoes (COPY TO a file or program, dblink).
    pub fn reaches_outside(&self, source: &str) -> bool {
        self.is("COPY * TO +") && !self.is("COPY * TO STDOUT")
            || self.is("COPY * FROM PROGRAM")
            || contains_word(self.text(source), "dblink")
    }
}

/// Says whether `text` holds a word that begins with `word`, in any case.
fn contains_word(text: &str, word: &str) -> bool {
    let bytes = text.as_bytes();
    let first = word.as_bytes()[0].to_ascii_lowercase();
    bytes.iter().enumerate().any(|(at, byte)| {
        byte.to_ascii_lowercase() == first
            && bytes.len() >= at + word.len()
            && bytes[at..at + word.len()].eq_ignore_ascii_case(word.as_bytes())
            && (at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(sql: &str) -> Statement {
        Statement::read(sql, 0..sql.len())
    }

    #[test]
    fn transaction_control_is_recognised() {
        let cases = [
            ("begin", Some(Control::Begin)),
            ("BEGIN /* x */ WORK", Some(Control::Begin)),
            ("START TRANSACTION", Some(Control::Begin)),
            (
                "BEGIN ISOLATION LEVEL SERIALIZABLE",
                Some(Control::BeginWithModes),
            ),
            ("BEGIN TRANSACTION READ ONLY", Some(Control::BeginWithModes)),
            ("END", Some(Control::Commit)),
            ("COMMIT AND NO CHAIN", Some(Control::Commit)),
            ("COMMIT AND CHAIN", Some(Control::CommitAndChain)),
            ("ROLLBACK TO SAVEPOINT a", Some(Control::Savepoint)),
            ("ROLLBACK TRANSACTION TO a", Some(Control::Savepoint)),
            ("ABORT", Some(Control::Rollback)),
            ("PREPARE TRANSACTION 'x'", Some(Control::TwoPhase)),
            ("PREPARE q AS SELECT 1", None),
            ("SELECT 1", None),
        ];
        for (sql, expected) in cases {
            assert_eq!(one(sql).control(), expected, "{sql}");
        }
    }

    #[test]
    fn client_copies_and_outside_effects_are_recognised() {
        assert!(one("COPY t (a, b) FROM stdin WITH (FORMAT csv)").copies_from_client());
        assert!(!one("COPY t FROM '/tmp/file'").copies_from_client());
        for outside in [
            "COPY t TO PROGRAM 'cat'",
            "COPY t TO '/tmp/x'",
            "SELECT dblink_exec('x', 'y')",
        ] {
            assert!(one(outside).reaches_outside(outside), "{outside}");
        }
        assert!(!one("SELECT my_dblink").reaches_outside("SELECT my_dblink"));
    }
}
