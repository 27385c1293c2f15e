//! The YAML of a header as a small tree with places. The only user of the parser in this folder.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

/// How deep a header may nest. Three levels have a meaning.
const DEPTH: usize = 16;

/// One node and its byte range in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// The three shapes of YAML.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Text as written: `1e10`, `null` and `0123` are text like all others.
    Scalar {
        /// The text, with escapes resolved.
        text: String,
        /// Whether it stands there without quotes.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file, repeated keys included.
    Map(Vec<(Node, Node)>),
}

impl Kind {
    /// Names the shape for people.
    pub fn noun(&self) -> &'static str {
        match self {
            Kind::Scalar { .. } => "a single value",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}

/// Why the text is no YAML that a header may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The byte where the parser stopped.
    pub at: usize,
    /// What it says.
    pub because: String,
}

/// Parses the YAML at `range` of `text`. A text of comments and white space is no node.
pub fn parse(text: &str, range: Range<usize>) -> Result<Option<Node>, SyntaxError> {
    let yaml = &text[range.clone()];
    let mut tree = Tree {
        events: Parser::new_from_str(yaml),
        offsets: Offsets::new(yaml, range.start),
        yaml,
    };
    let mut root = None;
    loop {
        match tree.next()? {
            (Event::StreamEnd, _) => return Ok(root),
            (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _) => {}
            (_, span) if root.is_some() => return Err(tree.error(span, "a header is one document")),
            (event, span) => root = Some(tree.node(event, span, 0)?),
        }
    }
}

struct Tree<'a> {
    events: Parser<'a, StrInput<'a>>,
    offsets: Offsets,
    yaml: &'a str,
}

impl<'a> Tree<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), SyntaxError> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(SyntaxError {
                at: self.offsets.byte(error.marker().index()),
                because: error.info().to_owned(),
            }),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, SyntaxError> {
        if depth > DEPTH {
            return Err(self.error(span, "a header does not nest that deep"));
        }
        match event {
            Event::Scalar(text, style, ..) => {
                let kind = Kind::Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                };
                Ok(Node {
                    range: self.range(span),
                    kind,
                })
            }
            Event::SequenceStart(..) => self.list(span, depth),
            Event::MappingStart(..) => self.map(span, depth),
            Event::Alias(_) => Err(self.error(span, "a header has no aliases; write the value again")),
            _ => Err(self.error(span, "the header ends too early")),
        }
    }

    fn list(&mut self, start: Span, depth: usize) -> Result<Node, SyntaxError> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(Node {
                    range: self.between(start, span),
                    kind: Kind::List(items),
                });
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, start: Span, depth: usize) -> Result<Node, SyntaxError> {
        let mut pairs = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(Node {
                    range: self.between(start, span),
                    kind: Kind::Map(pairs),
                });
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            pairs.push((key, value));
        }
    }

    fn error(&self, span: Span, because: &str) -> SyntaxError {
        SyntaxError {
            at: self.offsets.byte(span.start.index()),
            because: because.to_owned(),
        }
    }

    fn range(&self, span: Span) -> Range<usize> {
        self.between(span, span)
    }

    /// The bytes from the start of one span to the end of another, without the white space that a block includes.
    fn between(&self, start: Span, end: Span) -> Range<usize> {
        let start = self.offsets.byte(start.start.index());
        let end = self.offsets.byte(end.end.index()).max(start);
        let text = &self.yaml[start - self.offsets.base..end - self.offsets.base];
        start..start + text.trim_end().len()
    }
}

/// From the parser's character counts to bytes of the file.
struct Offsets {
    base: usize,
    length: usize,
    /// The byte of each character; none where every character is one byte.
    bytes: Option<Vec<usize>>,
}

impl Offsets {
    fn new(yaml: &str, base: usize) -> Self {
        let bytes = (!yaml.is_ascii()).then(|| yaml.char_indices().map(|(at, _)| at).collect());
        Offsets {
            base,
            length: yaml.len(),
            bytes,
        }
    }

    fn byte(&self, character: usize) -> usize {
        let at = match &self.bytes {
            Some(bytes) => bytes.get(character).copied().unwrap_or(self.length),
            None => character.min(self.length),
        };
        self.base + at
    }
}
