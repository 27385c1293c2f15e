//! Placeholders that other tools fill in before the server sees a file.
//!
//! Flyway and many programs write `${name}`; the scripts of an extension write `@extschema@` (manual, section 38.17.2
//! "Extension Relocatability"). Neither is SQL, and outside of quotes the server would refuse both, so nothing that it
//! accepts is changed here. Each is replaced by a name of the same length, so that places in the text stay what they are.

use std::borrow::Cow;
use std::ops::Range;

/// The longest placeholder that is looked for.
const LONGEST: usize = 128;

/// Puts names where placeholders stand.
pub fn filled(source: &str) -> Cow<'_, str> {
    let mut filled: Option<Vec<u8>> = None;
    for (range, kind) in placeholders(source) {
        let text = filled.get_or_insert_with(|| source.as_bytes().to_vec());
        for byte in &mut text[range.clone()] {
            let kept = byte.is_ascii_alphanumeric() && kind == Kind::Name;
            *byte = match kind {
                Kind::Schema => b' ',
                Kind::Name if kept => *byte,
                Kind::Name => b'_',
            };
        }
    }
    // Only ASCII was replaced, by ASCII.
    match filled.map(String::from_utf8) {
        Some(Ok(text)) => Cow::Owned(text),
        _ => Cow::Borrowed(source),
    }
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A name, or a part of one.
    Name,
    /// `@extschema@.`: the schema that is searched first while the script runs, so it need not be written.
    Schema,
}

fn placeholders(source: &str) -> Vec<(Range<usize>, Kind)> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| matches!(byte, b'$' | b'@')) {
        let start = at + next;
        let one = match bytes[start] {
            b'$' => braces(bytes, start).map(|end| (start..end, Kind::Name)),
            _ => of_extension(source, start),
        };
        at = one.as_ref().map_or(start + 1, |(range, _)| range.end);
        found.extend(one);
    }
    found
}

/// Returns where `${name}` ends. `$tag${` ends or begins a body in dollar quotes.
fn braces(bytes: &[u8], start: usize) -> Option<usize> {
    if bytes.get(start + 1) != Some(&b'{') || ends_tag(&bytes[..start]) {
        return None;
    }
    let inner = &bytes[start + 2..bytes.len().min(start + LONGEST)];
    let length = inner.iter().position(|byte| *byte == b'}')?;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
    (length > 0 && inner[..length].iter().all(is_part)).then_some(start + 2 + length + 1)
}

/// Says whether a text ends with `$` and perhaps a tag, which the next `$` would end.
fn ends_tag(before: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let tag = before.iter().rev().take_while(|byte| is_part(byte)).count();
    before[..before.len() - tag].last() == Some(&b'$')
}

/// Reads `@extschema@`, `@extschema:name@` and `@extowner@`.
fn of_extension(source: &str, start: usize) -> Option<(Range<usize>, Kind)> {
    let rest = &source.as_bytes()[start + 1..];
    let word = [&b"extschema"[..], b"extowner"]
        .into_iter()
        .find(|word| rest.starts_with(word))?;
    let after = &rest[word.len()..];
    let other = match after.first()? {
        b'@' => 0,
        b':' => {
            let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'-');
            1 + after[1..].iter().take_while(is_part).count()
        }
        _ => return None,
    };
    if after.get(other) != Some(&b'@') || other > LONGEST {
        return None;
    }
    let end = start + 1 + word.len() + other + 1;
    if word == b"extschema" && source.as_bytes().get(end) == Some(&b'.') {
        return Some((start..end + 1, Kind::Schema));
    }
    Some((start..end, Kind::Name))
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn placeholders_become_names_of_the_same_length() {
        for (source, expected) in [
            ("CREATE TABLE ${schema}.t ()", "CREATE TABLE __schema_.t ()"),
            ("GRANT r TO app_${db-name}", "GRANT r TO app___db_name_"),
            ("SET search_path = @extschema@", "SET search_path = _extschema_"),
            ("SELECT @extschema@.f(1)", &format!("SELECT {:12}f(1)", "")),
            ("SELECT @extschema:vector@.f(1)", &format!("SELECT {:19}f(1)", "")),
            (
                "ALTER TABLE t OWNER TO @extowner@",
                "ALTER TABLE t OWNER TO _extowner_",
            ),
        ] {
            assert_eq!(filled(source), expected);
            assert_eq!(source.len(), expected.len());
        }
    }

    #[test]
    fn what_the_server_understands_stays() {
        for source in [
            "SELECT $${a}$$",
            "SELECT $x${a}$x$",
            "SELECT $1, '${', @ -5, a @> b",
            "SELECT '${not a name}'",
            "SELECT @extschema",
            "${",
            "@extschema:",
        ] {
            assert_eq!(filled(source), source);
        }
    }
}
