//! Statements that would change what the rest of the run relies on: the role, row security, the migrator lock.

use std::ops::Range;

use super::parse::{LiteralKind, Token, TokenKind, tokens};
use super::statement::Statement;

/// A statement that a migration file may not contain, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden {
    /// What was found, as it is called in messages.
    pub name: &'static str,
    /// Why it is refused.
    pub because: &'static str,
    /// What to do instead.
    pub instead: &'static str,
    /// Where it stands in the file.
    pub range: Range<usize>,
}

const ROLE: &str = "The ledger row, the guard of the next section and the next migration would run as another role, \
                    and row security may bind that role.";
const ROLE_INSTEAD: &str =
    "Give the object to its owner with ALTER … OWNER TO, or run the file as that role.";
const SECURITY: &str = "With row security on, a statement silently skips the rows that a policy hides.";
const SECURITY_INSTEAD: &str = "Remove it. Rows behind row security are reached by a backfill section.";
const ENCODING: &str = "The program sends UTF-8: everything after it would be stored as other characters.";
const STRINGS: &str =
    "Backslashes in everything after it would be read differently, in the next migrations too.";
const LOCK: &str = "It would release the lock that keeps other migrators out.";
const LOCK_INSTEAD: &str = "Release single advisory locks with pg_advisory_unlock(key).";

/// Forms that are refused: pattern, forms that are let through, name, reason, remedy.
#[rustfmt::skip]
const FORMS: &[(&str, &[&str], &str, &str, &str)] = &[
    ("SET LOCAL|SESSION ? ROLE", &["SET LOCAL|SESSION ? ROLE NONE"], "SET ROLE", ROLE, ROLE_INSTEAD),
    ("SET SESSION AUTHORIZATION", &["SET SESSION AUTHORIZATION DEFAULT"], "SET SESSION AUTHORIZATION", ROLE, ROLE_INSTEAD),
    ("SET LOCAL|SESSION SESSION AUTHORIZATION", &["SET LOCAL|SESSION SESSION AUTHORIZATION DEFAULT"], "SET SESSION AUTHORIZATION", ROLE, ROLE_INSTEAD),
    ("SET LOCAL|SESSION ? ROW_SECURITY", &["SET LOCAL|SESSION ? ROW_SECURITY =|TO OFF|FALSE|0"], "SET row_security", SECURITY, SECURITY_INSTEAD),
    ("SET LOCAL|SESSION ? CLIENT_ENCODING", &["SET LOCAL|SESSION ? CLIENT_ENCODING =|TO 'UTF8'|'utf8'|'UTF-8'|'utf-8'|UTF8|DEFAULT"], "SET client_encoding", ENCODING, "Save the file as UTF-8 and remove the statement."),
    ("SET LOCAL|SESSION ? NAMES", &["SET LOCAL|SESSION ? NAMES 'UTF8'|'utf8'|'UTF-8'|'utf-8'|UTF8|DEFAULT"], "SET NAMES", ENCODING, "Save the file as UTF-8 and remove the statement."),
    ("SET LOCAL|SESSION ? STANDARD_CONFORMING_STRINGS", &["SET LOCAL|SESSION ? STANDARD_CONFORMING_STRINGS =|TO ON|'on'|TRUE|1"], "SET standard_conforming_strings", STRINGS, "Remove it; write strings with backslashes as E'…'."),
    ("RESET ROW_SECURITY", &[], "RESET row_security", SECURITY, SECURITY_INSTEAD),
    ("RESET ALL", &[], "RESET ALL", SECURITY, "Reset the single settings that the file has set."),
    ("DISCARD ALL", &[], "DISCARD ALL", LOCK, "Discard what the file has made: DISCARD TEMP, DISCARD PLANS, DISCARD SEQUENCES."),
    ("CREATE|ALTER * FUNCTION|PROCEDURE|ROUTINE * SET ROW_SECURITY", &["CREATE|ALTER * FUNCTION|PROCEDURE|ROUTINE * SET ROW_SECURITY =|TO OFF|FALSE|0"], "SET row_security of a function", "Inside such a function rows behind row security are skipped silently, whatever the caller set.", "Create the function without it."),
];

/// Names of settings that `set_config` may not change.
const SETTINGS: [(&str, &str, &str, &str); 5] = [
    (
        "client_encoding",
        "set_config('client_encoding', …)",
        ENCODING,
        "Remove it.",
    ),
    (
        "standard_conforming_strings",
        "set_config('standard_conforming_strings', …)",
        STRINGS,
        "Remove it.",
    ),
    ("role", "set_config('role', …)", ROLE, ROLE_INSTEAD),
    (
        "session_authorization",
        "set_config('session_authorization', …)",
        ROLE,
        ROLE_INSTEAD,
    ),
    (
        "row_security",
        "set_config('row_security', …)",
        SECURITY,
        SECURITY_INSTEAD,
    ),
];

/// Finds why a statement is refused. Bodies of DO blocks are looked into; bodies of functions are not run here.
pub fn forbidden(source: &str, statement: &Statement) -> Option<Forbidden> {
    let by_form = FORMS
        .iter()
        .find(|(form, unless, ..)| statement.is(form) && !unless.iter().any(|form| statement.is(form)))
        .map(|(_, _, name, because, instead)| Forbidden {
            name,
            because,
            instead,
            range: statement.range.clone(),
        });
    if by_form.is_some() {
        return by_form;
    }
    let text = statement.text(source);
    // Most statements hold none of these words; only the others are read token by token.
    if !may_call(text) || statement.is("CREATE * FUNCTION|PROCEDURE") {
        return None;
    }
    call_in(text).map(|found| Forbidden {
        range: statement.range.start + found.range.start..statement.range.start + found.range.end,
        ..found
    })
}

fn may_call(text: &str) -> bool {
    [
        "set_config",
        "pg_advisory_unlock_all",
        "row_security",
        "role",
        "authorization",
    ]
    .iter()
    .any(|word| contains_ignoring_case(text, word))
}

fn contains_ignoring_case(text: &str, word: &str) -> bool {
    text.as_bytes()
        .windows(word.len())
        .any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

/// Looks for calls and, in bodies of DO blocks, for statements.
fn call_in(text: &str) -> Option<Forbidden> {
    let tokens: Vec<Token> = tokens(text).filter(|token| !token.is_trivia()).collect();
    for (at, token) in tokens.iter().enumerate() {
        let found = match token.kind {
            TokenKind::Ident => call_at(text, &tokens[at..]),
            TokenKind::Literal {
                kind: LiteralKind::DollarQuotedString { .. },
            } => body(text, token),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn call_at(text: &str, tokens: &[Token]) -> Option<Forbidden> {
    let word = tokens[0].text(text);
    let range = tokens[0].range.clone();
    let argument = || {
        (tokens.get(1)?.kind == TokenKind::OpenParen).then_some(())?;
        Some(tokens.get(2)?.text(text).trim_matches('\'').to_ascii_lowercase())
    };
    if word.eq_ignore_ascii_case("pg_advisory_unlock_all") {
        return Some(Forbidden {
            name: "pg_advisory_unlock_all()",
            because: LOCK,
            instead: LOCK_INSTEAD,
            range,
        });
    }
    if !word.eq_ignore_ascii_case("set_config") {
        return None;
    }
    let setting = argument()?;
    let switches_off = setting == "row_security"
        && tokens
            .get(4)
            .is_some_and(|value| value.text(text).eq_ignore_ascii_case("'off'"));
    SETTINGS
        .iter()
        .find(|(name, ..)| *name == setting && !switches_off)
        .map(|(_, name, because, instead)| Forbidden {
            name,
            because,
            instead,
            range,
        })
}

/// Looks into a body in dollar quotes: statements begin after a semicolon, BEGIN, THEN, ELSE or LOOP.
fn body(text: &str, token: &Token) -> Option<Forbidden> {
    let quoted = token.text(text);
    let tag = quoted[1..].find('$')? + 2;
    let inner = quoted.get(tag..quoted.len().checked_sub(tag)?)?;
    let offset = token.range.start + tag;
    let shift = |found: Forbidden| Forbidden {
        range: found.range.start + offset..found.range.end + offset,
        ..found
    };
    let starts = |word: &str| {
        ["BEGIN", "THEN", "ELSE", "LOOP"]
            .iter()
            .any(|start| word.eq_ignore_ascii_case(start))
    };
    let mut at_start = true;
    for inside in tokens(inner).filter(|token| !token.is_trivia()) {
        if at_start {
            let statement = Statement::read(inner, inside.range.start..inner.len());
            let found = FORMS.iter().find(|(form, unless, ..)| {
                statement.is(form) && !unless.iter().any(|form| statement.is(form))
            });
            if let Some((_, _, name, because, instead)) = found {
                return Some(shift(Forbidden {
                    name,
                    because,
                    instead,
                    range: inside.range,
                }));
            }
        }
        at_start = inside.kind == TokenKind::Semi || starts(inside.text(inner));
    }
    call_in(inner).map(shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(sql: &str) -> Option<(&'static str, &str)> {
        forbidden(sql, &Statement::read(sql, 0..sql.len())).map(|found| (found.name, &sql[found.range]))
    }

    #[test]
    fn what_breaks_the_run_is_found() {
        let cases = [
            ("SET ROLE app", Some("SET ROLE")),
            ("set local role app", Some("SET ROLE")),
            ("RESET ROLE", None),
            ("SET ROLE NONE", None),
            ("SET SESSION AUTHORIZATION app", Some("SET SESSION AUTHORIZATION")),
            ("SET row_security = on", Some("SET row_security")),
            ("SET LOCAL row_security TO off", None),
            ("SET search_path = public", None),
            ("SET client_encoding = 'LATIN1'", Some("SET client_encoding")),
            ("SET client_encoding = 'UTF8'", None),
            ("SET NAMES 'latin1'", Some("SET NAMES")),
            (
                "SET standard_conforming_strings = off",
                Some("SET standard_conforming_strings"),
            ),
            ("SET standard_conforming_strings = on", None),
            (
                "SELECT set_config('client_encoding', 'latin1', false)",
                Some("set_config('client_encoding', …)"),
            ),
            (
                "CREATE FUNCTION f(a int, b int, c int, d int, e int, f int, g int, h int, i int, j int, k int, l int) \
                 RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = x SET row_security TO on AS 'SELECT 1'",
                Some("SET row_security of a function"),
            ),
            (
                "CREATE FUNCTION f(a int, b int, c int, d int, e int, f int, g int, h int, i int, j int, k int, l int) \
                 RETURNS int LANGUAGE sql SET row_security = off AS 'SELECT 1'",
                None,
            ),
            ("DISCARD ALL", Some("DISCARD ALL")),
            (
                "SELECT pg_catalog.pg_advisory_unlock_all()",
                Some("pg_advisory_unlock_all()"),
            ),
            (
                "SELECT set_config('role', 'x', true)",
                Some("set_config('role', …)"),
            ),
            ("SELECT set_config('app.tenant', 'x', true)", None),
            (
                "DO $$ BEGIN PERFORM set_config('row_security', 'on', true); END $$",
                Some("set_config('row_security', …)"),
            ),
            ("DO $x$ BEGIN SET LOCAL ROLE app; END $x$", Some("SET ROLE")),
            ("DO $x$ BEGIN CREATE ROLE app; GRANT x TO role; END $x$", None),
            (
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET row_security = on AS 'SELECT 1'",
                Some("SET row_security of a function"),
            ),
            (
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT set_config('role', 'x', true) $$",
                None,
            ),
            ("SELECT 'set_config(''role'''", None),
        ];
        for (sql, expected) in cases {
            assert_eq!(found(sql).map(|(name, _)| name), expected, "{sql}");
        }
    }

    #[test]
    fn the_place_is_exact() {
        assert_eq!(
            found("SELECT 'é', set_config('role','x',true)"),
            Some(("set_config('role', …)", "set_config"))
        );
        assert_eq!(
            found("DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$"),
            Some(("pg_advisory_unlock_all()", "pg_advisory_unlock_all"))
        );
    }
}
