//! What a statement outside a transaction did, told from the catalog after a crash.
//!
//! ```text
//! before ─ written with the intent: what the catalog showed, as JSON
//! find ─── after a crash: complete, nothing, a leftover to remove, something to finish, or not to be told
//! ```
//!
//! One file per effect, one line in [`KINDS`]. What has no kind (CALL, DO) cannot be told: a user has to say it.

mod alter_subscription;
mod build_index;
mod cluster_object;
mod detach_partition;
mod drop_index;
mod rebuild_index;
mod repeatable;
mod subscription;

use std::ops::Range;

use serde_json::Value;

use super::work::{Trouble, Work};
use crate::sql::parse::tokens;
use crate::sql::{Statement, WrittenName};

/// What the catalog shows of a statement whose end nobody wrote down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// All of it is there.
    Complete(String),
    /// Nothing of it is there, or doing it again changes nothing.
    Nothing(String),
    /// A part is there that has to go before it runs again.
    Leftover {
        /// What it is.
        what: String,
        /// What removes it.
        sql: Vec<String>,
    },
    /// A part is done; another statement does the rest.
    Unfinished {
        /// What is missing.
        what: String,
        /// What finishes it.
        sql: String,
    },
    /// The catalog does not tell.
    Unclear(String),
}

/// A statement in question.
pub(super) struct Subject<'a> {
    pub statement: &'a Statement,
    pub text: &'a str,
    /// What was written down before it ran; none in ledgers of format 1.
    pub before: Option<Value>,
    /// Its place in the file, for errors.
    pub at: Range<usize>,
}

impl Subject<'_> {
    /// Returns a number that was written down before the statement ran.
    fn number(&self, key: &str) -> Option<i64> {
        self.before.as_ref()?.get(key)?.as_i64()
    }

    /// Returns numbers that were written down before the statement ran.
    fn numbers(&self, key: &str) -> Option<Vec<i64>> {
        let list = self.before.as_ref()?.get(key)?.as_array()?;
        Some(list.iter().filter_map(Value::as_i64).collect())
    }
}

/// An effect that the catalog tells.
struct Kind {
    /// The statements that have it.
    forms: &'static [&'static str],
    /// Returns an SQL expression of type jsonb for what has to be remembered; none if nothing has.
    before: fn(&str) -> Option<String>,
    /// Looks at the catalog.
    find: fn(&mut Work<'_>, &Subject<'_>) -> Result<Found, Trouble>,
}

/// Every effect, first match wins.
const KINDS: &[Kind] = &[
    alter_subscription::KIND,
    build_index::KIND,
    cluster_object::CREATE_DATABASE,
    cluster_object::CREATE_TABLESPACE,
    cluster_object::DROP_DATABASE,
    cluster_object::DROP_TABLESPACE,
    detach_partition::KIND,
    drop_index::KIND,
    rebuild_index::KIND,
    repeatable::KIND,
    subscription::CREATE,
    subscription::DROP,
];

fn kind_of(statement: &Statement) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.forms.iter().any(|form| statement.is(form)))
}

/// Returns the SQL expression that is written down before the statement runs.
pub(super) fn before(statement: &Statement, text: &str) -> String {
    kind_of(statement)
        .and_then(|kind| (kind.before)(text))
        .unwrap_or_else(|| "NULL".to_owned())
}

/// Looks at what the statement did.
pub(super) fn find(work: &mut Work<'_>, subject: &Subject<'_>) -> Result<Found, Trouble> {
    match kind_of(subject.statement) {
        Some(kind) => (kind.find)(work, subject),
        None => Ok(Found::Unclear(
            "Nothing in the catalog tells whether such a statement was completed.".to_owned(),
        )),
    }
}

/// Reads the name that follows some key words; each has to stand there unless it ends with `?`.
fn name_after(text: &str, words: &[&str]) -> Option<WrittenName> {
    let mut found = tokens(text)
        .filter(|token| !token.is_trivia())
        .map(|token| token.text(text))
        .peekable();
    for word in words {
        let (word, optional) = match word.strip_suffix('?') {
            Some(word) => (word, true),
            None => (*word, false),
        };
        match found.next_if(|next| next.eq_ignore_ascii_case(word)) {
            None if !optional => return None,
            _ => {}
        }
    }
    let mut name = found.next()?.to_owned();
    while found.next_if_eq(&".").is_some() {
        name.push('.');
        name.push_str(found.next()?);
    }
    WrittenName::parse(&name)
}

/// Returns the first column of the first row.
fn first(rows: &[Vec<Option<String>>]) -> Option<&str> {
    rows.first()?.first()?.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_have_the_effects_that_are_meant() {
        let cases = [
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", true),
            ("DROP INDEX CONCURRENTLY i", true),
            ("REINDEX (VERBOSE) TABLE CONCURRENTLY t", true),
            ("REINDEX SCHEMA s", true),
            ("VACUUM FULL t", true),
            ("CLUSTER", true),
            ("ALTER SYSTEM SET work_mem = '8MB'", true),
            ("CREATE DATABASE d", true),
            ("DROP DATABASE IF EXISTS d", true),
            ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", true),
            ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", true),
            ("ALTER SUBSCRIPTION s ADD PUBLICATION p", true),
            ("ALTER DATABASE d SET TABLESPACE x", true),
            ("CALL p()", false),
            ("DO $$ BEGIN COMMIT; END $$", false),
        ];
        for (sql, known) in cases {
            let statement = Statement::read(sql, 0..sql.len());
            assert_eq!(kind_of(&statement).is_some(), known, "{sql}");
        }
    }

    #[test]
    fn names_are_found_behind_key_words() {
        let words = ["ALTER", "TABLE", "IF?", "EXISTS?", "ONLY?"];
        let cases = [
            ("ALTER TABLE s . \"Odd.\" DETACH", Some("\"s\".\"Odd.\"")),
            ("alter table if exists only T", Some("\"t\"")),
            ("ALTER INDEX i", None),
        ];
        for (text, expected) in cases {
            let found = name_after(text, &words).map(|name| name.quoted());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
