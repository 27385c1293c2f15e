//! Takes secrets out of SQL before anybody sees it.

use std::ops::Range;

use super::parse::{LiteralKind, TokenKind, tokens};

/// Replaces the text of passwords in SQL by `'…'`.
///
/// Masked are literals after the word PASSWORD (`CREATE ROLE … PASSWORD 'x'`, `OPTIONS (password 'x')`) and literals
/// that hold a connection string with a password (`CREATE SUBSCRIPTION … CONNECTION 'host=h password=x'`).
/// Bodies in dollar quotes are masked by the same rules.
pub fn secrets(sql: &str) -> String {
    replaced(sql, |_| "'…'".to_owned())
}

/// Replaces each character of a hidden literal by `*`, so that lines and columns stay where they are.
pub fn in_place(sql: &str) -> String {
    let star = |c: char| if matches!(c, '\'' | '\n') { c } else { '*' };
    replaced(sql, |secret| secret.chars().map(star).collect())
}

/// Masks the context of a server's message, which holds statements in double quotes: `SQL statement "…"`.
pub fn context(text: &str) -> String {
    // A quote inside of the statement is not doubled, so only one at the end of a line ends it.
    let mut shown = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('"') {
        let (before, quoted) = rest.split_at(open + 1);
        let end = quoted
            .match_indices('"')
            .map(|(at, _)| at)
            .find(|at| matches!(quoted.as_bytes().get(at + 1), None | Some(b'\n')))
            .unwrap_or(quoted.len());
        shown.push_str(before);
        shown.push_str(&secrets(&quoted[..end]));
        rest = &quoted[end..];
        if let Some(after) = rest.strip_prefix('"') {
            shown.push('"');
            rest = after;
        }
    }
    shown + rest
}

/// Returns the literals that [`secrets`] hides, without their quotes: a server may repeat them in a message.
pub fn hidden(sql: &str) -> Vec<String> {
    ranges(sql)
        .into_iter()
        .map(|range| {
            sql[range]
                .trim_start_matches(['E', 'e', 'U', 'u', '&'])
                .trim_matches('\'')
        })
        .filter(|text| text.len() > 2)
        .map(str::to_owned)
        .collect()
}

fn replaced(sql: &str, by: impl Fn(&str) -> String) -> String {
    let mut shown = String::with_capacity(sql.len());
    let mut end = 0;
    for range in ranges(sql) {
        shown.push_str(&sql[end..range.start]);
        shown.push_str(&by(&sql[range.clone()]));
        end = range.end;
    }
    shown + &sql[end..]
}

/// Returns where the literals stand that hold a secret, in their order.
fn ranges(sql: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut after_password = false;
    let mut at = 0;
    for token in tokens(sql) {
        let text = token.text(sql);
        let range = at..at + text.len();
        at = range.end;
        match token.kind {
            TokenKind::Literal {
                kind: LiteralKind::DollarQuotedString { .. },
            } if !after_password => {
                let (start, body) = body(text);
                let start = range.start + start;
                found.extend(
                    ranges(body)
                        .into_iter()
                        .map(|inner| start + inner.start..start + inner.end),
                );
            }
            TokenKind::Literal { .. } if text.ends_with('\'') || after_password => {
                if after_password || holds_password(text) {
                    found.push(range);
                }
                after_password = false;
            }
            _ if !token.is_trivia() && !matches!(token.kind, TokenKind::Eq) => {
                after_password = text.trim_matches('"').eq_ignore_ascii_case("password");
            }
            _ => {}
        }
    }
    found
}

/// Returns the text between dollar quotes, the last of which may be missing, and where it begins.
fn body(text: &str) -> (usize, &str) {
    let tag = text[1..].find('$').map_or(0, |at| at + 2);
    if tag == 0 {
        return (0, "");
    }
    let (open, rest) = text.split_at(tag);
    (tag, rest.strip_suffix(open).unwrap_or(rest))
}

fn holds_password(literal: &str) -> bool {
    let lower = literal.to_ascii_lowercase();
    if lower.contains("password=") || lower.contains("password =") {
        return true;
    }
    // postgres://user:secret@host
    lower.find("://").is_some_and(|at| {
        let rest = &lower[at + 3..];
        let authority = &rest[..rest.find('/').unwrap_or(rest.len())];
        authority
            .rfind('@')
            .is_some_and(|end| authority[..end].contains(':'))
    })
}

#[cfg(test)]
mod tests {
    use super::{context, hidden, in_place, secrets};

    #[test]
    fn passwords_are_hidden_wherever_they_stand() {
        let cases = [
            ("CREATE ROLE r PASSWORD 'hunter2'", "CREATE ROLE r PASSWORD '…'"),
            (
                "ALTER ROLE r WITH ENCRYPTED PASSWORD E'hunter2' LOGIN",
                "ALTER ROLE r WITH ENCRYPTED PASSWORD '…' LOGIN",
            ),
            (
                "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password 'hunter2')",
                "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password '…')",
            ),
            (
                "CREATE SUBSCRIPTION s CONNECTION 'host=h password=hunter2' PUBLICATION p",
                "CREATE SUBSCRIPTION s CONNECTION '…' PUBLICATION p",
            ),
            (
                "SELECT dblink('postgres://u:hunter2@h/d', 'SELECT 1')",
                "SELECT dblink('…', 'SELECT 1')",
            ),
            (
                "DO $$ BEGIN CREATE ROLE r PASSWORD 'hunter2'; END $$",
                "DO $$ BEGIN CREATE ROLE r PASSWORD '…'; END $$",
            ),
            (
                "CREATE ROLE r PASSWORD $x$hunter2$x$",
                "CREATE ROLE r PASSWORD '…'",
            ),
            ("CREATE ROLE r PASSWORD 'hunter2", "CREATE ROLE r PASSWORD '…'"),
            ("UPDATE t SET password = 'hunter2'", "UPDATE t SET password = '…'"),
            ("SELECT 'plain'", "SELECT 'plain'"),
        ];
        for (sql, expected) in cases {
            assert_eq!(secrets(sql), expected);
            assert_eq!(hidden(sql).is_empty(), sql == expected, "{sql}");
        }
    }

    #[test]
    fn places_stay_and_only_secrets_go() {
        let cases = [
            (
                "CREATE ROLE r PASSWORD 'ab'; SELECT 'ab'",
                "CREATE ROLE r PASSWORD '**'; SELECT 'ab'",
            ),
            (
                "DO $x$ BEGIN CREATE ROLE r PASSWORD 'hunter\n2'; END $x$; SELECT 1",
                "DO $x$ BEGIN CREATE ROLE r PASSWORD '******\n*'; END $x$; SELECT 1",
            ),
        ];
        for (sql, expected) in cases {
            assert_eq!(in_place(sql), expected);
        }
        assert_eq!(hidden("DO $$ ALTER ROLE r PASSWORD E'hunter2' $$"), ["hunter2"]);
    }

    #[test]
    fn statements_in_a_context_are_masked() {
        let text = "SQL statement \"ALTER ROLE \"r\" PASSWORD 'hunter2'\"\nPL/pgSQL function \"f\"(text) line 3 at SQL statement";
        assert_eq!(
            context(text),
            "SQL statement \"ALTER ROLE \"r\" PASSWORD '…'\"\nPL/pgSQL function \"f\"(text) line 3 at SQL statement"
        );
    }
}
