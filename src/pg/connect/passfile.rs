//! The password file (manual, section 34.16).

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The lines of a password file.
#[derive(Clone, Default)]
pub(super) struct Passfile {
    entries: Vec<[String; 5]>,
    /// Why the file was not used, for the hint of a failed login.
    pub problem: Option<String>,
}

impl Passfile {
    /// Reads the file. One that others may read is not used, as libpq does it.
    pub(super) fn read(path: &Path) -> Self {
        let Ok(metadata) = fs::metadata(path) else {
            return Passfile::default();
        };
        let problem = if !metadata.is_file() {
            "is not a plain file"
        } else if metadata.mode() & 0o077 != 0 {
            "can be read by others (chmod 0600 mends that)"
        } else {
            let content = fs::read_to_string(path).unwrap_or_default();
            return Passfile {
                entries: content.lines().filter_map(entry).collect(),
                problem: None,
            };
        };
        let problem = format!("{} was not used: it {problem}", path.display());
        Passfile {
            entries: Vec::new(),
            problem: Some(problem),
        }
    }

    /// Returns the password of the first line that matches.
    pub(super) fn password(&self, host: &str, port: u16, database: &str, user: &str) -> Option<&str> {
        let port = port.to_string();
        let wanted = [host, &port, database, user];
        let matches = |entry: &&[String; 5]| {
            entry
                .iter()
                .zip(wanted)
                .all(|(pattern, value)| pattern == "\\*" || *pattern == value)
        };
        self.entries.iter().find(matches).map(|entry| entry[4].as_str())
    }
}

/// Splits at colons; `\` takes the next character as it is. A field that is only `*` becomes `\*`, which no escaped
/// text can be, so that it differs from a `\*` in the file.
fn entry(line: &str) -> Option<[String; 5]> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields: [String; 5] = Default::default();
    let mut index = 0;
    let mut escaped_star = [false; 5];
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                escaped_star[index] = true;
                fields[index].extend(rest.next());
            }
            ':' if index < 4 => index += 1,
            c => fields[index].push(c),
        }
    }
    if index < 4 || fields[4].is_empty() {
        return None;
    }
    for (field, escaped) in fields.iter_mut().zip(escaped_star).take(4) {
        if field == "*" && !escaped {
            "\\*".clone_into(field);
        }
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_matching_line_gives_the_password() {
        let content = "# comment\ndb:5432:app:ann:one\ndb:*:*:ann:two\n*:*:*:b\\:b:with\\:colon\\\\\n\\*:1:d:u:star\nshort:1\n";
        let file = Passfile {
            entries: content.lines().filter_map(entry).collect(),
            problem: None,
        };
        let cases = [
            (("db", 5432, "app", "ann"), Some("one")),
            (("db", 5433, "app", "ann"), Some("two")),
            (("db", 5432, "other", "ann"), Some("two")),
            (("x", 1, "d", "b:b"), Some("with:colon\\")),
            (("*", 1, "d", "u"), Some("star")),
            (("y", 1, "d", "u"), None),
            (("db", 5432, "app", "bob"), None),
        ];
        for ((host, port, database, user), expected) in cases {
            assert_eq!(
                file.password(host, port, database, user),
                expected,
                "{host}:{port}:{database}:{user}"
            );
        }
    }
}
