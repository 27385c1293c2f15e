//! Identifiers as this very server writes them (`quote_identifier` in ruleutils.c).

use std::collections::HashSet;

/// The words that the server quotes, as it lists them itself.
#[derive(Debug, Default)]
pub(super) struct Quoting {
    words: HashSet<Box<str>>,
}

impl Quoting {
    /// Takes the words of `pg_get_keywords()` that are not of category `U`.
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        Quoting {
            words: words.into_iter().map(Into::into).collect(),
        }
    }

    /// Says whether the words are known; without them nothing can be quoted.
    pub fn is_known(&self) -> bool {
        !self.words.is_empty()
    }

    /// Appends a name.
    pub fn put(&self, out: &mut String, name: &str) {
        let bytes = name.as_bytes();
        let safe = bytes
            .first()
            .is_some_and(|first| first.is_ascii_lowercase() || *first == b'_')
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_')
            && !self.words.contains(name);
        if safe {
            out.push_str(name);
            return;
        }
        out.push('"');
        for character in name.chars() {
            if character == '"' {
                out.push('"');
            }
            out.push(character);
        }
        out.push('"');
    }

    /// Appends names with commas between them.
    pub fn put_list<'a>(&self, out: &mut String, names: impl IntoIterator<Item = &'a str>) {
        for (index, name) in names.into_iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            self.put(out, name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quoting;

    #[test]
    fn names_as_the_server_writes_them() {
        let quoting = Quoting::new(["select".to_owned(), "between".to_owned()]);
        for (name, expected) in [
            ("a_1", "a_1"),
            ("_", "_"),
            ("1a", "\"1a\""),
            ("A", "\"A\""),
            ("a$", "\"a$\""),
            ("ä", "\"ä\""),
            ("a\"b", "\"a\"\"b\""),
            ("select", "\"select\""),
            ("between", "\"between\""),
            ("selected", "selected"),
        ] {
            let mut out = String::new();
            quoting.put(&mut out, name);
            assert_eq!(out, expected);
        }
    }
}
