//! The value of a facet.

use std::collections::BTreeMap;
use std::fmt;

/// What a facet holds. A facet that has its default is absent, so `Null` never appears in an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text, an expression or a body.
    Text(Box<str>),
    /// Several values; already sorted where order has no meaning.
    List(Vec<Value>),
    /// Named values.
    Map(BTreeMap<Box<str>, Value>),
}

impl Value {
    /// Makes a text.
    pub fn text(text: impl Into<Box<str>>) -> Self {
        Value::Text(text.into())
    }

    /// Makes a list of texts.
    pub fn texts<T: Into<Box<str>>>(texts: impl IntoIterator<Item = T>) -> Self {
        Value::List(texts.into_iter().map(Value::text).collect())
    }

    /// Returns the text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Says whether the value has no content: null, an empty list or an empty map.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    /// Writes the value on one line, as findings show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("nothing"),
            Value::Bool(true) => f.write_str("yes"),
            Value::Bool(false) => f.write_str("no"),
            Value::Int(number) => write!(f, "{number}"),
            Value::Text(text) => f.write_str(text),
            Value::List(items) if items.is_empty() => f.write_str("nothing"),
            Value::List(items) => write_joined(f, items.iter(), |f, item| write!(f, "{item}")),
            Value::Map(entries) if entries.is_empty() => f.write_str("nothing"),
            Value::Map(entries) => {
                write_joined(f, entries.iter(), |f, (key, value)| write!(f, "{key}: {value}"))
            }
        }
    }
}

fn write_joined<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
    mut each: impl FnMut(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        each(f, item)?;
    }
    Ok(())
}
