//! String literals, decoded, with the place of each byte.

use super::place::Place;
use crate::sql::parse::{Node, SyntaxKind};

/// A decoded string.
#[derive(Clone, Debug, Default)]
pub(super) struct Decoded {
    /// What the server sees.
    pub(super) text: String,
    /// Where each byte stands in the text that the literal was read from.
    pub(super) place: Place,
}

impl Decoded {
    fn push(&mut self, piece: &str, at: usize) {
        self.place.mark(self.text.len(), at as u32);
        self.text.push_str(piece);
    }
}

/// Says whether a token is a string.
pub(super) fn is_string(kind: SyntaxKind) -> bool {
    use SyntaxKind as K;
    matches!(
        kind,
        K::STRING | K::DOLLAR_QUOTED_STRING | K::UNICODE_ESC_STRING | K::ESC_STRING | K::NATIONAL_STRING
    )
}

/// Decodes a LITERAL node that is a string; nothing for any other literal.
pub(super) fn decode(literal: Node<'_>) -> Option<Decoded> {
    let mut decoded = Decoded::default();
    let mut any = false;
    let mut escapes = false;
    for token in literal.tokens() {
        if !is_string(token.kind()) {
            continue;
        }
        let (text, start) = (token.text(), token.range().start as usize);
        // `E'a'` may be continued by `'b'` on the next line, with the same rules.
        escapes |= token.kind() == SyntaxKind::ESC_STRING;
        match token.kind() {
            SyntaxKind::DOLLAR_QUOTED_STRING => dollar(text, start, &mut decoded),
            SyntaxKind::UNICODE_ESC_STRING => unicode(text, start, &mut decoded),
            _ if escapes => escaped(text, start, &mut decoded),
            _ => quoted(text, start, &mut decoded),
        }
        any = true;
    }
    if any {
        let end = literal.range().end as usize;
        let at = decoded.place.at(decoded.text.len() as u32) as usize;
        decoded.place.mark(decoded.text.len(), at.min(end) as u32);
    }
    any.then_some(decoded)
}

fn dollar(text: &str, start: usize, decoded: &mut Decoded) {
    let tag = text[1..].find('$').map_or(text.len(), |at| at + 2);
    let end = text.len().saturating_sub(tag).max(tag);
    decoded.push(text.get(tag..end).unwrap_or_default(), start + tag);
}

/// The bytes between the quotes.
fn inner(text: &str) -> (usize, &str) {
    let open = text.find('\'').map_or(text.len(), |at| at + 1);
    let inside = &text[open..];
    (open, inside.strip_suffix('\'').unwrap_or(inside))
}

fn quoted(text: &str, start: usize, decoded: &mut Decoded) {
    let (open, mut rest) = inner(text);
    let mut at = start + open;
    while let Some(quote) = rest.find("''") {
        decoded.push(&rest[..=quote], at);
        rest = &rest[quote + 2..];
        at += quote + 2;
    }
    decoded.push(rest, at);
}

fn escaped(text: &str, start: usize, decoded: &mut Decoded) {
    let (open, inside) = inner(text);
    let base = start + open;
    let bytes = inside.as_bytes();
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        let doubled = bytes[at] == b'\'' && bytes.get(at + 1) == Some(&b'\'');
        if bytes[at] != b'\\' && !doubled {
            at += 1;
            continue;
        }
        decoded.push(&inside[copied..at], base + copied);
        let (character, length) = match doubled {
            true => (Some('\''), 2),
            false => escape(&inside[at + 1..]),
        };
        decoded.place.mark(decoded.text.len(), (base + at) as u32);
        decoded.text.extend(character);
        at += length;
        copied = at;
    }
    decoded.push(&inside[copied.min(inside.len())..], base + copied);
}

/// Reads what follows a backslash (manual, section 4.1.2.2): the character, and the bytes with the backslash.
fn escape(rest: &str) -> (Option<char>, usize) {
    let Some(first) = rest.chars().next() else {
        return (None, 1);
    };
    let number = |from: usize, most: usize, base: u32| {
        let digits = rest[from..]
            .bytes()
            .take(most)
            .take_while(|byte| (*byte as char).is_digit(base))
            .count();
        let value = u32::from_str_radix(&rest[from..from + digits], base).ok();
        (value.and_then(char::from_u32), 1 + from + digits)
    };
    match first {
        'b' => (Some('\u{8}'), 2),
        'f' => (Some('\u{c}'), 2),
        'n' => (Some('\n'), 2),
        'r' => (Some('\r'), 2),
        't' => (Some('\t'), 2),
        '0'..='7' => number(0, 3, 8),
        'x' => number(1, 2, 16),
        'u' => number(1, 4, 16),
        'U' => number(1, 8, 16),
        other => (Some(other), 1 + other.len_utf8()),
    }
}

/// `U&'…'` with the backslash as its escape.
fn unicode(text: &str, start: usize, decoded: &mut Decoded) {
    let (open, inside) = inner(text);
    let base = start + open;
    let mut rest = inside;
    while let Some(found) = rest.find(['\\', '\'']) {
        let at = inside.len() - rest.len();
        decoded.push(&rest[..found], base + at);
        let after = &rest[found + 1..];
        decoded.place.mark(decoded.text.len(), (base + at + found) as u32);
        let (character, length) = unicode_escape(after);
        decoded.text.push(character);
        rest = after.get(length..).unwrap_or_default();
    }
    decoded.push(rest, base + inside.len() - rest.len());
}

fn unicode_escape(after: &str) -> (char, usize) {
    if let Some(first @ ('\\' | '\'')) = after.chars().next() {
        return (first, 1);
    }
    let (skip, digits) = match after.strip_prefix('+') {
        Some(_) => (1, 6),
        None => (0, 4),
    };
    let value = after
        .get(skip..skip + digits)
        .and_then(|hex| u32::from_str_radix(hex, 16).ok());
    match value.and_then(char::from_u32) {
        Some(character) => (character, skip + digits),
        None => ('\u{fffd}', 0),
    }
}

/// The longest name that the server keeps (`NAMEDATALEN` - 1).
const LONGEST_NAME: usize = 63;

/// Reads an identifier as the server does, `U&"…"` included; what is too long is cut off.
pub(super) fn identifier(written: &str) -> String {
    let mut name = unfolded(written);
    if name.len() > LONGEST_NAME {
        let end = (0..=LONGEST_NAME).rev().find(|end| name.is_char_boundary(*end));
        name.truncate(end.unwrap_or_default());
    }
    name
}

fn unfolded(written: &str) -> String {
    let start = written.get(..2).unwrap_or_default();
    let unicode_start = written.len() > 3 && start.eq_ignore_ascii_case("u&");
    if !unicode_start {
        return crate::sql::name::fold(written);
    }
    let mut name = crate::sql::name::fold(&written[2..]);
    if name.contains('\\') {
        let mut plain = String::new();
        let mut rest = name.as_str();
        while let Some(found) = rest.find('\\') {
            plain.push_str(&rest[..found]);
            let (character, length) = unicode_escape(&rest[found + 1..]);
            plain.push(character);
            rest = rest[found + 1..].get(length..).unwrap_or_default();
        }
        plain.push_str(rest);
        name = plain;
    }
    name
}
