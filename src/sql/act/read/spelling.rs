//! What the server or psql understands and the parser does not, in a spelling of the same length that it does.

use crate::sql::parse::{Token, TokenKind, tokens};

/// Returns the text in plain spelling; nothing where it is that already.
pub(super) fn plain(text: &str) -> Option<String> {
    let without = without_variables(text);
    let settings = with_plain_settings(without.as_deref().unwrap_or(text));
    settings.or(without)
}

/// Parameters that SET names in words of their own (gram.y, `set_rest_more`), and as they are spelled instead.
const PARAMETERS: [(&[&str], &str); 6] = [
    (&["time", "zone"], "timezone"),
    (&["xml", "option"], "xmloption"),
    (&["session", "authorization"], "session_authorization"),
    (&["role"], "role"),
    (&["schema"], "schema"),
    (&["names"], "names"),
];

/// Returns the parameter that a plain spelling stands for.
pub(super) fn meant(spelled: &str) -> &str {
    match spelled {
        "names" => "client_encoding",
        "schema" => "search_path",
        other => other,
    }
}

/// Writes `SET TIME ZONE 'UTC'` of a function, role or database as `SET timezone= 'UTC'`, and its like.
fn with_plain_settings(text: &str) -> Option<String> {
    let all: Vec<Token> = tokens(text).filter(|token| !token.is_trivia()).collect();
    let is = |at: usize, word: &str| {
        all.get(at)
            .is_some_and(|token| token.text(text).eq_ignore_ascii_case(word))
    };
    let mut plain: Option<String> = None;
    for at in 0..all.len() {
        let sets = is(at, "set");
        if !sets && !is(at, "reset") {
            continue;
        }
        let spelled = PARAMETERS
            .iter()
            .find(|(words, _)| (at + 1..).zip(words.iter()).all(|(place, word)| is(place, word)));
        let Some((words, name)) = spelled else { continue };
        let last = at + words.len();
        if is(last + 1, "=") || is(last + 1, "to") {
            continue;
        }
        let start = all[at + 1].range.start;
        // `=` takes the place of the white space behind, where the words leave none.
        let end = (all[last].range.end).max(start + name.len() + usize::from(sets));
        let is_free = text
            .get(all[last].range.end..end)
            .is_some_and(|between| between.bytes().all(|byte| byte.is_ascii_whitespace()));
        if is_free {
            let sign = if sets { "=" } else { "" };
            let spelled = format!("{:1$}", format!("{name}{sign}"), end - start);
            plain
                .get_or_insert_with(|| text.to_owned())
                .replace_range(start..end, &spelled);
        }
    }
    plain
}

/// Key words that the parser does not take for a name behind a dot, where every word is one (gram.y, `attr_name`).
const BEHIND_A_DOT: [&str; 22] = [
    "authorization",
    "binary",
    "collation",
    "concurrently",
    "cross",
    "freeze",
    "full",
    "ilike",
    "inner",
    "is",
    "isnull",
    "join",
    "left",
    "like",
    "natural",
    "notnull",
    "outer",
    "overlaps",
    "right",
    "similar",
    "tablesample",
    "verbose",
];

/// Key words that the parser does not take for the name of a common table expression.
const BEHIND_WITH: [&str; 6] = ["delete", "insert", "merge", "recursive", "update", "values"];

/// Writes another word of the same length where a key word is a name that the parser takes for the key word.
pub(super) fn names_for_words(text: &str) -> Option<String> {
    let all: Vec<Token> = tokens(text).filter(|token| !token.is_trivia()).collect();
    let word = |at: Option<usize>| at.and_then(|at| all.get(at)).map_or("", |token| token.text(text));
    let is = |at: Option<usize>, words: &[&str]| {
        let found = word(at);
        words.iter().any(|word| found.eq_ignore_ascii_case(word))
    };
    let mut spelled: Option<String> = None;
    for (at, token) in all.iter().enumerate() {
        if token.kind != TokenKind::Ident {
            continue;
        }
        let (here, next) = (Some(at), Some(at + 1));
        let (before, earlier) = (at.checked_sub(1), at.checked_sub(2));
        let is_name = (word(before) == "." && word(earlier) != "." && is(here, &BEHIND_A_DOT))
            || (is(here, &["exclude"])
                && is(before, &["(", ",", "add", "column", "exists"])
                && !is(next, &["using", "("]))
            || (is(here, &BEHIND_WITH)
                && is(before, &["with", "recursive", ","])
                && is(next, &["as"])
                && is(Some(at + 2), &["(", "not", "materialized"]));
        if is_name {
            let other = "x".repeat(token.range.len());
            spelled
                .get_or_insert_with(|| text.to_owned())
                .replace_range(token.range.clone(), &other);
        }
    }
    spelled
}

/// Takes the colon off psql's variables (`:name`, `:'name'`, `:"name"`); nothing where there are none.
fn without_variables(text: &str) -> Option<String> {
    let mut plain: Option<String> = None;
    let mut all = tokens(text).peekable();
    let mut before = None;
    while let Some(token) = all.next() {
        let joined = all.peek().is_some_and(|next| {
            matches!(
                next.kind,
                TokenKind::Ident | TokenKind::QuotedIdent { .. } | TokenKind::Literal { .. }
            )
        });
        if token.kind == TokenKind::Colon && joined && before != Some(TokenKind::Colon) {
            let plain = plain.get_or_insert_with(|| text.to_owned());
            plain.replace_range(token.range.clone(), " ");
        }
        before = Some(token.kind);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn settings_are_spelled_in_the_same_length() {
        for (text, expected) in [
            (
                "ALTER ROLE a SET TIME ZONE 'UTC'",
                Some("ALTER ROLE a SET timezone= 'UTC'"),
            ),
            (
                "ALTER ROLE a SET time\n zone 'UTC'",
                Some("ALTER ROLE a SET timezone=  'UTC'"),
            ),
            (
                "ALTER ROLE a RESET TIME ZONE",
                Some("ALTER ROLE a RESET timezone "),
            ),
            ("SET ROLE b SET SCHEMA 'c'", Some("SET role=b SET schema='c'")),
            ("SET ROLE\"b\"", None),
            ("UPDATE t SET role = 'x'", None),
            ("SELECT :a, b::int", Some("SELECT  a, b::int")),
        ] {
            let found = plain(text);
            assert_eq!(found.as_deref(), expected, "{text}");
            assert!(found.is_none_or(|found| found.len() == text.len()), "{text}");
        }
    }
}
