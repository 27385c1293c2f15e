//! The meaning of a file as a checksum: equal for edits of white space, comments and line endings.

use super::parse::{TokenKind, tokens};
use crate::model::Checksum;

/// Computes the checksum of what a file means.
///
/// Tokens are joined by one space, unquoted words in lower case. Directives (`--:`) are part of the meaning, other
/// comments are not; line endings inside literals count as `\n`, because a checkout may change them.
pub fn checksum(source: &str) -> Checksum {
    Checksum::of(normalised(source))
}

/// Returns what a text means, as [`checksum`] counts it.
pub fn normalised(source: &str) -> String {
    let mut meaning = String::with_capacity(source.len());
    for token in tokens(source) {
        let text = token.text(source);
        match token.kind {
            TokenKind::LineComment if text.starts_with("--:") => {
                meaning.extend(text.split_ascii_whitespace().flat_map(|word| [word, " "]));
                meaning.push('\n');
            }
            _ if token.is_trivia() => {}
            TokenKind::Ident => {
                let from = meaning.len();
                meaning.push_str(text);
                meaning[from..].make_ascii_lowercase();
                meaning.push(' ');
            }
            _ => {
                match text.contains('\r') {
                    true => meaning.push_str(&text.replace("\r\n", "\n")),
                    false => meaning.push_str(text),
                }
                meaning.push(' ');
            }
        }
    }
    meaning
}

/// Hashes a text, the same on every machine: to tell equal ones from others where nobody means to deceive.
pub fn fingerprint(text: &str) -> u64 {
    // FNV-1a, 64 bits.
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn spelling_is_not_meaning() {
        let base = checksum("SELECT a\nFROM t; -- why\n");
        assert_eq!(base, checksum("\u{feff}/* new */ select  a from\r\n t ;"));
        assert_ne!(base, checksum("SELECT b FROM t;"));
        assert_ne!(base, checksum("SELECT \"A\" FROM t;"));
        assert_ne!(
            checksum("--: backfill table=t\n"),
            checksum("--: backfill table=u\n")
        );
        assert_eq!(checksum("SELECT 'a\r\nb'"), checksum("SELECT 'a\nb'"));
    }
}
