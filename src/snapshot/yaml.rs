//! YAML as the snapshot uses it: written by hand for stable, reviewable text, read with places.
//!
//! Text of several lines is a literal block wherever YAML can hold it exactly; everything that a reader could mistake
//! for something else is quoted.

use saphyr_parser::{Event, Parser, Span};

/// A value with its place in the file.
#[derive(Debug)]
pub(super) struct Node {
    pub line: usize,
    pub column: usize,
    pub content: Content,
}

/// What a node holds.
#[derive(Debug)]
pub(super) enum Content {
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// What is wrong, and where: line and column from 1.
#[derive(Debug)]
pub(super) struct Mistake {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

impl Node {
    /// Makes a mistake at this place.
    pub fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake {
            line: self.line,
            column: self.column,
            message: message.into(),
        }
    }

    /// Returns the text of a scalar.
    pub fn text(&self) -> Result<&str, Mistake> {
        match &self.content {
            Content::Scalar(text) => Ok(text),
            _ => Err(self.mistake("expected a single value")),
        }
    }

    /// Returns the items of a list.
    pub fn list(&self) -> Result<&[Node], Mistake> {
        match &self.content {
            Content::List(items) => Ok(items),
            _ => Err(self.mistake("expected a list")),
        }
    }

    /// Returns the entries of a map.
    pub fn map(&self) -> Result<&[(Node, Node)], Mistake> {
        match &self.content {
            Content::Map(entries) => Ok(entries),
            _ => Err(self.mistake("expected a map")),
        }
    }
}

/// Reads one document.
pub(super) fn parse(text: &str) -> Result<Node, Mistake> {
    let mut parser = Parser::new_from_str(text);
    loop {
        let (event, span) = next(&mut parser)?;
        match event {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            Event::StreamEnd | Event::DocumentEnd => {
                return Err(at(&span, "the file is empty"));
            }
            event => return node(&mut parser, event, span),
        }
    }
}

type Input<'a> = Parser<'a, saphyr_parser::StrInput<'a>>;

fn next<'a>(parser: &mut Input<'a>) -> Result<(Event<'a>, Span), Mistake> {
    match parser.next_event() {
        Some(Ok(found)) => Ok(found),
        Some(Err(error)) => {
            let marker = error.marker();
            Err(Mistake {
                line: marker.line(),
                column: marker.col() + 1,
                message: error.info().to_owned(),
            })
        }
        None => Err(Mistake {
            line: 1,
            column: 1,
            message: "the file ends too early".to_owned(),
        }),
    }
}

fn at(span: &Span, message: impl Into<String>) -> Mistake {
    Mistake {
        line: span.start.line(),
        column: span.start.col() + 1,
        message: message.into(),
    }
}

fn node<'a>(parser: &mut Input<'a>, event: Event<'a>, span: Span) -> Result<Node, Mistake> {
    let content = match event {
        Event::Scalar(text, ..) => Content::Scalar(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                let (event, span) = next(parser)?;
                if matches!(event, Event::SequenceEnd) {
                    break Content::List(items);
                }
                items.push(node(parser, event, span)?);
            }
        }
        Event::MappingStart(..) => Content::Map(entries(parser)?),
        Event::Alias(_) => return Err(at(&span, "aliases are not part of the format")),
        _ => return Err(at(&span, "expected a value")),
    };
    Ok(Node {
        line: span.start.line(),
        column: span.start.col() + 1,
        content,
    })
}

fn entries(parser: &mut Input<'_>) -> Result<Vec<(Node, Node)>, Mistake> {
    let mut entries: Vec<(Node, Node)> = Vec::new();
    loop {
        let (event, span) = next(parser)?;
        if matches!(event, Event::MappingEnd) {
            return Ok(entries);
        }
        let key = node(parser, event, span)?;
        let name = key.text()?.to_owned();
        if entries
            .iter()
            .any(|(known, _)| known.text().is_ok_and(|known| known == name))
        {
            return Err(key.mistake(format!("the key \"{name}\" stands here twice")));
        }
        let (event, span) = next(parser)?;
        let value = node(parser, event, span)?;
        entries.push((key, value));
    }
}

/// Writes the text of a scalar that stands after a key or a dash; `indent` is that of the key.
pub(super) fn put_text(out: &mut String, text: &str, indent: usize) {
    if text.contains('\n') && fits_block(text) {
        put_block(out, text, indent + 2);
    } else {
        put_line(out, text);
    }
}

/// Writes the spaces that a line begins with.
pub(super) fn put_indent(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Writes a scalar on one line: a key, an item of a flow list, a short value.
pub(super) fn put_line(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            other if needs_escape(other) => {
                let code = other as u32;
                if code > 0xffff {
                    out.push_str(&format!("\\U{code:08x}"));
                } else {
                    out.push_str(&format!("\\u{code:04x}"));
                }
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Says whether every item is short and plain enough for `[a, b]`.
pub(super) fn fits_flow(items: &[&str]) -> bool {
    let plain = items.iter().all(|item| {
        is_plain(item)
            && item
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '.' | '-'))
    });
    plain && items.iter().map(|item| item.len() + 2).sum::<usize>() <= 90
}

fn put_block(out: &mut String, text: &str, indent: usize) {
    let body = text.trim_end_matches('\n');
    let ends = text.len() - body.len();
    out.push('|');
    if text.starts_with([' ', '\n', '\t']) {
        out.push('2');
    }
    out.push_str(match ends {
        0 => "-",
        1 => "",
        _ => "+",
    });
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            put_indent(out, indent);
            out.push_str(line);
        }
    }
    out.push_str(&"\n".repeat(ends.saturating_sub(1)));
}

/// A literal block holds printable text; its lines break at `\n` alone.
fn fits_block(text: &str) -> bool {
    let visible = text.trim_end_matches('\n');
    !visible.is_empty()
        && !text.chars().any(|c| c != '\n' && c != '\t' && needs_escape(c))
        && !visible
            .split('\n')
            .any(|line| !line.is_empty() && line.trim().is_empty())
        && !visible.contains("\n\t")
        && !visible.starts_with('\t')
        && !visible.ends_with([' ', '\t'])
}

fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// Plain text that no YAML reader takes for anything but this text.
fn is_plain(text: &str) -> bool {
    let mut characters = text.chars();
    let starts = characters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '(');
    starts
        && text
            .bytes()
            .all(|c| (c.is_ascii_graphic() || c == b' ') && !matches!(c, b'"' | b'#' | b'\\' | b'`'))
        && !text.contains(": ")
        && !text.ends_with([' ', ':'])
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Words that some YAML reader takes for yes, no or nothing.
const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(text: &str) -> String {
        let mut out = String::from("a:\n  b: ");
        put_text(&mut out, text, 2);
        out.push_str("\n  ");
        put_line(&mut out, &format!("k{text}"));
        out.push_str(": 1\n");
        let node = parse(&out).unwrap_or_else(|mistake| panic!("{mistake:?}\n{out}"));
        let inner = node
            .map()
            .and_then(|entries| entries[0].1.map())
            .unwrap_or_else(|mistake| panic!("{mistake:?}"));
        assert_eq!(inner[1].0.text().ok(), Some(format!("k{text}").as_str()));
        inner[0].1.text().map(str::to_owned).unwrap_or_default()
    }

    #[test]
    fn difficult_texts_come_back() {
        let texts = [
            "",
            " ",
            "a",
            "true",
            "1",
            "a: b",
            "a #b",
            "- a",
            "\n",
            "a\n",
            "a\n\n",
            "\na",
            " a\nb",
            "a\n  b\n\nc\n",
            "a\n b",
            "\ta\nb",
            "a\n\tb",
            "a\r\nb",
            "'x'::text",
            "(a = 'b')",
            "a\u{85}b",
            "a\u{2028}\nb",
            "💥\nb",
            "|",
            "a\n   \nb",
            "a \nb",
            "---\na",
            "a\n---\nb",
            "a\n...\n",
            "# a\nb",
            "[a]",
            "{a}",
            "null",
            "~",
            "0123",
        ];
        for text in texts {
            assert_eq!(round_trip(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "[ -~\\n\\t\\r\u{85}ä💥:#'\"|>-]{0,40}") {
            prop_assert_eq!(round_trip(&text), text);
        }
    }
}
