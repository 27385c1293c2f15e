//! Patterns of paths: `*` and `?` within a folder, `**` across folders, `{a,b}` for either.

use regex::Regex;

/// Compiles a pattern that has to match the whole path, written with `/`.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let mut regex = String::from("^");
    let mut rest = pattern.strip_prefix("./").unwrap_or(pattern);
    let mut depth = 0_usize;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            regex.push_str("(?:.*/)?");
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("**") {
            regex.push_str(".*");
            rest = after;
            continue;
        }
        match c {
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            '{' => {
                depth += 1;
                regex.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                regex.push(')');
            }
            ',' if depth > 0 => regex.push('|'),
            other => regex.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
        rest = &rest[c.len_utf8()..];
    }
    if depth > 0 {
        return Err(format!(
            "pattern \"{pattern}\" opens a \"{{\" that it does not close"
        ));
    }
    regex.push('$');
    Regex::new(&regex).map_err(|error| format!("pattern \"{pattern}\" cannot be used: {error}"))
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn stars_know_folders() {
        for (pattern, path, expected) in [
            ("migrations/*.sql", "migrations/a.sql", true),
            ("migrations/*.sql", "migrations/core/a.sql", false),
            ("migrations/**", "migrations/core/a.sql", true),
            ("migrations/**/a.sql", "migrations/a.sql", true),
            ("migrations/{core,pay}/*", "migrations/pay/a.sql", true),
            ("migrations/{core,pay}/*", "migrations/paying/a.sql", false),
            ("**/2024?.sql", "x/20245.sql", true),
            ("a+b(c).sql", "a+b(c).sql", true),
            ("a.sql", "abc.sql/a.sql", false),
        ] {
            assert_eq!(
                compile(pattern).expect(pattern).is_match(path),
                expected,
                "{pattern} {path}"
            );
        }
        assert!(compile("a{b").is_err());
    }
}
