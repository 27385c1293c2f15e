//! Takes secrets out of SQL before anybody sees it.

use super::parse::{LiteralKind, TokenKind, tokens};

/// Replaces the text of passwords in SQL by `'…'`.
///
/// Masked are literals after the word PASSWORD (`CREATE ROLE … PASSWORD 'x'`, `OPTIONS (password 'x')`) and literals
/// that hold a connection string with a password (`CREATE SUBSCRIPTION … CONNECTION 'host=h password=x'`).
/// Bodies in dollar quotes are masked by the same rules.
pub fn secrets(sql: &str) -> String {
    let mut shown = String::with_capacity(sql.len());
    let mut after_password = false;
    for token in tokens(sql) {
        let text = token.text(sql);
        match token.kind {
            TokenKind::Literal {
                kind: LiteralKind::DollarQuotedString { .. },
            } if !after_password => {
                shown.push_str(&dollar_quoted(text));
                after_password = false;
            }
            TokenKind::Literal { .. } if text.ends_with('\'') || after_password => {
                let hidden = after_password || holds_password(text);
                shown.push_str(if hidden { "'…'" } else { text });
                after_password = false;
            }
            _ => {
                shown.push_str(text);
                if !token.is_trivia() && !matches!(token.kind, TokenKind::Eq) {
                    after_password = text.trim_matches('"').eq_ignore_ascii_case("password");
                }
            }
        }
    }
    shown
}

/// Replaces each character of a hidden literal by `*`, so that lines and columns stay where they are.
pub fn in_place(sql: &str) -> String {
    let stars = |secret: &str| {
        secret
            .chars()
            .map(|c| if c == '\n' { c } else { '*' })
            .collect::<String>()
    };
    hidden(sql).iter().fold(sql.to_owned(), |text, secret| {
        text.replace(secret.as_str(), &stars(secret))
    })
}

/// Returns the literals that [`secrets`] hides, without their quotes: a server may repeat them in a message.
pub fn hidden(sql: &str) -> Vec<String> {
    let shown = secrets(sql);
    if shown == sql {
        return Vec::new();
    }
    tokens(sql)
        .filter(|token| matches!(token.kind, TokenKind::Literal { .. }))
        .map(|token| token.text(sql).trim_matches('\''))
        .filter(|text| text.len() > 2 && !shown.contains(text))
        .map(str::to_owned)
        .collect()
}

fn dollar_quoted(text: &str) -> String {
    let tag = text[1..].find('$').map_or(0, |at| at + 2);
    if tag == 0 {
        return text.to_owned();
    }
    let (open, rest) = text.split_at(tag);
    match rest.strip_suffix(open) {
        Some(body) => format!("{open}{}{open}", secrets(body)),
        None => format!("{open}{}", secrets(rest)),
    }
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
    use super::{hidden, secrets};

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
}
