//! Splits a file into statements.
//!
//! Tokens decide, not the grammar: a 50 MB file is split in one pass, and SQL that does not parse is still split where
//! psql would split it, so that the server's own message can be shown at the right place.

use std::ops::Range;

use super::parse::{Token, TokenKind, tokens};

/// The statements of a text and the comments that are directives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Each statement from its first to its last token, without the semicolon.
    pub statements: Vec<Range<usize>>,
    /// Each line comment that begins with `--:`, without its line ending.
    pub directives: Vec<Range<usize>>,
}

/// Splits as psql does: at semicolons outside quotes, comments, parentheses and `BEGIN ATOMIC` bodies.
///
/// (psql: `src/fe_utils/psqlscan.l`, rule `";"` and the tracking of `identifier_count` and `begin_depth`.)
/// Empty statements are left out.
pub fn split(source: &str) -> Split {
    let mut found = Split::default();
    let mut open = Open::default();
    for token in tokens(source) {
        if token.kind == TokenKind::LineComment && token.text(source).starts_with("--:") {
            found.directives.push(token.range);
            continue;
        }
        if token.is_trivia() {
            continue;
        }
        if token.kind == TokenKind::Semi && open.may_end() {
            found.statements.extend(open.take());
        } else {
            open.add(&token, source);
        }
    }
    found.statements.extend(open.take());
    found
}

/// The statement that is being read.
#[derive(Default)]
pub(super) struct Open {
    range: Option<Range<usize>>,
    words: usize,
    routine: Routine,
    parentheses: usize,
    begins: usize,
}

/// How much of `CREATE [OR REPLACE] {FUNCTION|PROCEDURE}` was seen.
#[derive(Default, PartialEq, Eq)]
enum Routine {
    #[default]
    Unknown,
    Create,
    CreateOr,
    CreateOrReplace,
    Yes,
    No,
}

impl Open {
    /// Says whether a semicolon would end the statement here.
    pub(super) fn may_end(&self) -> bool {
        self.parentheses == 0 && self.begins == 0
    }

    /// Says whether nothing was read yet.
    pub(super) fn is_empty(&self) -> bool {
        self.range.is_none()
    }

    /// Ends the statement.
    pub(super) fn take(&mut self) -> Option<Range<usize>> {
        std::mem::take(self).range
    }

    /// Adds a token that is no trivia.
    pub(super) fn add(&mut self, token: &Token, source: &str) {
        let start = self.range.as_ref().map_or(token.range.start, |range| range.start);
        self.range = Some(start..token.range.end);
        match token.kind {
            TokenKind::OpenParen => self.parentheses += 1,
            TokenKind::CloseParen => self.parentheses = self.parentheses.saturating_sub(1),
            TokenKind::Ident => self.add_word(token.text(source)),
            _ => {}
        }
    }

    fn add_word(&mut self, word: &str) {
        self.words += 1;
        let is = |other: &str| word.eq_ignore_ascii_case(other);
        self.routine = match std::mem::take(&mut self.routine) {
            Routine::Unknown if is("create") => Routine::Create,
            Routine::Create if is("or") => Routine::CreateOr,
            Routine::CreateOr if is("replace") => Routine::CreateOrReplace,
            Routine::Create | Routine::CreateOrReplace if is("function") || is("procedure") => Routine::Yes,
            Routine::Yes => Routine::Yes,
            _ => Routine::No,
        };
        if self.routine != Routine::Yes || self.parentheses > 0 {
            return;
        }
        // A CASE inside the body ends with its own END.
        if is("begin") || (is("case") && self.begins > 0) {
            self.begins += 1;
        } else if is("end") {
            self.begins = self.begins.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[track_caller]
    fn statements(source: &str, expected: &[&str]) {
        let found = split(source);
        let texts: Vec<&str> = found
            .statements
            .iter()
            .map(|range| &source[range.clone()])
            .collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn quotes_and_comments_hide_semicolons() {
        statements(
            "SELECT ';' ; SELECT \";\"; /* ; /* ; */ ; */ SELECT 1 -- ;\n;",
            &["SELECT ';'", "SELECT \";\"", "SELECT 1"],
        );
        statements(
            "SELECT E'\\';' ; SELECT 'a\\'; SELECT 2",
            &["SELECT E'\\';'", "SELECT 'a\\'", "SELECT 2"],
        );
        statements(
            "DO $a$ BEGIN; $$ ; $a $ $a$; SELECT U&'\\0061;';",
            &["DO $a$ BEGIN; $$ ; $a $ $a$", "SELECT U&'\\0061;'"],
        );
    }

    #[test]
    fn atomic_bodies_are_one_statement() {
        let body = "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END";
        statements(&format!("{body}; SELECT 3;"), &[body, "SELECT 3"]);
    }

    #[test]
    fn begin_outside_a_routine_is_a_statement() {
        statements(
            "BEGIN; SELECT 1; END; CREATE TABLE t(\"begin\" int);",
            &["BEGIN", "SELECT 1", "END", "CREATE TABLE t(\"begin\" int)"],
        );
    }

    #[test]
    fn rules_with_several_actions_are_one_statement() {
        let rule = "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)";
        statements(&format!("{rule};"), &[rule]);
    }

    #[test]
    fn empty_statements_and_marks_are_left_out() {
        statements("\u{feff};;\r\n ; SELECT 1;\r\n;", &["SELECT 1"]);
        statements("", &[]);
        statements("/* only */ -- comments", &[]);
    }

    #[test]
    fn broken_text_still_ends_somewhere() {
        statements("SELECT 'open; SELECT 2;", &["SELECT 'open; SELECT 2;"]);
        statements("SELECT ) ; SELECT 2", &["SELECT )", "SELECT 2"]);
        statements("SELECT $x$ ; ", &["SELECT $x$ ; "]);
    }

    #[test]
    fn directives_are_line_comments_only() {
        let found = split("--: end\r\nSELECT '--: end'; /* --: end */ -- : end\n--: backfill table=t");
        assert_eq!(found.directives.len(), 2);
        assert_eq!(found.directives[0], 0..7);
    }
}
