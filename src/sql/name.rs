//! Names as they stand in SQL text.

use std::fmt;

use crate::model::quote_identifier;

/// A name of a relation as written: perhaps with a schema, folded as PostgreSQL folds it.
///
/// What it means is decided by the server and its `search_path`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WrittenName {
    /// The schema, if one was written.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
}

impl WrittenName {
    /// Reads `name`, `schema.name` or `database.schema.name`, each part plain or in double quotes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        loop {
            let (part, after) = part(rest)?;
            parts.push(part);
            match after.strip_prefix('.') {
                Some(after) => rest = after,
                None if after.is_empty() => break,
                None => return None,
            }
        }
        let name = parts.pop()?;
        (parts.len() <= 2).then(|| WrittenName {
            schema: parts.pop(),
            name,
        })
    }

    /// Returns the name as SQL.
    pub fn quoted(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quote_identifier(schema), quote_identifier(&self.name)),
            None => quote_identifier(&self.name),
        }
    }
}

impl fmt::Display for WrittenName {
    /// Shows the name for people; this is not SQL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Folds an identifier as the server does: ASCII letters only (manual, section 4.1.1), quoted ones not at all.
pub fn fold(identifier: &str) -> String {
    match identifier
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(inner) => inner.replace("\"\"", "\""),
        None => identifier.to_ascii_lowercase(),
    }
}

fn part(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('"') {
        let bytes = rest.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] != b'"' {
                at += 1;
            } else if bytes.get(at + 1) == Some(&b'"') {
                at += 2;
            } else {
                return (at > 0).then(|| (rest[..at].replace("\"\"", "\""), &rest[at + 1..]));
            }
        }
        return None;
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()));
    let end = end.unwrap_or(text.len());
    let first = text.chars().next()?;
    (end > 0 && !first.is_ascii_digit() && first != '$')
        .then(|| (text[..end].to_ascii_lowercase(), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::WrittenName;

    #[test]
    fn names_are_read_as_the_server_reads_them() {
        let cases = [
            ("Events", Some("\"events\"")),
            ("public.Events", Some("\"public\".\"events\"")),
            ("\"Odd.\"\"Name\"", Some("\"Odd.\"\"Name\"")),
            ("s.\"T\"", Some("\"s\".\"T\"")),
            ("1a", None),
            ("a b", None),
            ("a.", None),
            ("", None),
            ("\"\"", None),
        ];
        for (text, expected) in cases {
            assert_eq!(
                WrittenName::parse(text).map(|name| name.quoted()).as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
