//! Checks the keys of the file against the JSON Schema, with their places.
//!
//! serde knows neither where an unknown or repeated key stands nor which key was meant, so the parser's events are
//! walked beside the schema that is generated from the same structs.

use saphyr_parser::{Event, Marker, Parser, StrInput};
use serde_json::Value;

/// A mistake and its place.
#[derive(Debug)]
pub struct KeyError {
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    pub hint: Option<String>,
    /// Line and column from 1, and the length of the key in characters.
    pub place: (usize, usize, usize),
}

/// Finds the first syntax error, unknown key or repeated key.
pub fn check(text: &str, schema: &Value) -> Result<(), KeyError> {
    let mut walk = Walk {
        events: Parser::new_from_str(text),
        root: schema,
    };
    walk.document()
}

struct Walk<'a> {
    events: Parser<'a, StrInput<'a>>,
    root: &'a Value,
}

impl<'a> Walk<'a> {
    fn document(&mut self) -> Result<(), KeyError> {
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(..) => {}
                Event::StreamEnd | Event::DocumentEnd => return Ok(()),
                event => self.node(event, at, Some(self.root))?,
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Marker), KeyError> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, span.start)),
            Some(Err(error)) => Err(KeyError {
                message: format!("invalid YAML: {}", error.info()),
                hint: None,
                place: (error.marker().line(), error.marker().col() + 1, 1),
            }),
            None => Ok((Event::StreamEnd, Marker::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, _at: Marker, schema: Option<&'a Value>) -> Result<(), KeyError> {
        let schema = schema.map(|schema| self.resolved(schema));
        match event {
            Event::MappingStart(..) => self.mapping(schema),
            Event::SequenceStart(..) => {
                let items = schema.and_then(|schema| self.part(schema, "items"));
                loop {
                    let (event, at) = self.next()?;
                    if matches!(event, Event::SequenceEnd) {
                        return Ok(());
                    }
                    self.node(event, at, items)?;
                }
            }
            _ => Ok(()),
        }
    }

    fn mapping(&mut self, schema: Option<&'a Value>) -> Result<(), KeyError> {
        let properties = schema
            .and_then(|schema| self.part(schema, "properties"))
            .and_then(Value::as_object);
        let rest = schema.and_then(|schema| self.part(schema, "additionalProperties"));
        let mut seen: Vec<String> = Vec::new();
        loop {
            let (event, at) = self.next()?;
            let key = match event {
                Event::MappingEnd => return Ok(()),
                Event::Scalar(key, ..) => key.to_string(),
                other => {
                    self.node(other, at, None)?;
                    String::new()
                }
            };
            let place = (at.line(), at.col() + 1, key.chars().count());
            if seen.contains(&key) {
                return Err(KeyError {
                    message: format!("key \"{key}\" stands here twice"),
                    hint: None,
                    place,
                });
            }
            let known = properties
                .and_then(|properties| properties.get(&key))
                .or(match rest {
                    Some(Value::Object(_)) => rest,
                    _ => None,
                });
            if let (None, Some(properties), Some(Value::Bool(false))) = (known, properties, rest) {
                return Err(unknown_key(&key, properties.keys().map(String::as_str), place));
            }
            seen.push(key);
            let (event, at) = self.next()?;
            self.node(event, at, known)?;
        }
    }

    /// Follows `$ref`.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
            return schema;
        };
        self.root
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or(schema)
    }

    /// Returns a keyword of the schema, also from below `anyOf` (an optional value) or `allOf` (a described one).
    fn part(&self, schema: &'a Value, keyword: &str) -> Option<&'a Value> {
        schema.get(keyword).or_else(|| {
            ["anyOf", "allOf", "oneOf"]
                .iter()
                .filter_map(|word| schema.get(*word)?.as_array())
                .flatten()
                .find_map(|inner| self.part(self.resolved(inner), keyword))
        })
    }
}

fn unknown_key<'k>(
    key: &str,
    known: impl Iterator<Item = &'k str>,
    place: (usize, usize, usize),
) -> KeyError {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    let nearest = known
        .iter()
        .max_by(|a, b| strsim::jaro_winkler(key, a).total_cmp(&strsim::jaro_winkler(key, b)));
    let hint = match nearest {
        Some(nearest) if strsim::jaro_winkler(key, nearest) > 0.75 => format!("Did you mean \"{nearest}\"?"),
        _ => format!("The keys here are {}.", known.join(", ")),
    };
    KeyError {
        message: format!("key \"{key}\" is not known here"),
        hint: Some(hint),
        place,
    }
}
