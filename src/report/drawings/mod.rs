//! Drawings of the graph: one file each, listed here in alphabetical order.
//!
//! In: a [`Graph`]. Out: text in the language of the drawing. Ids and messages come from files that anybody may write:
//! whatever a language gives a meaning to is escaped, and [`visible`] shows what a terminal would obey.

pub mod dot;
pub mod mermaid;
pub mod text;

use std::borrow::Cow;

use crate::graph::Graph;
use crate::model::Revision;

/// A way to draw the graph.
pub struct Drawing {
    /// The word after `--format`.
    pub name: &'static str,
    /// Draws the graph.
    pub draw: fn(&Graph) -> String,
}

/// Every drawing, sorted by name.
pub const DRAWINGS: &[Drawing] = &[
    Drawing {
        name: "dot",
        draw: dot::draw,
    },
    Drawing {
        name: "mermaid",
        draw: mermaid::draw,
    },
    Drawing {
        name: "text",
        draw: text::draw,
    },
];

/// Says whether a terminal obeys a character, or turns the direction of text around at it.
pub fn obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Replaces characters that a terminal obeys by their code.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|c| {
        if obeyed(c) {
            format!("\\u{{{:x}}}", u32::from(c))
        } else {
            c.to_string()
        }
    });
    Cow::Owned(shown.collect())
}

/// Groups the revisions by branch folder, both in the order in which they run.
fn by_branch(graph: &Graph) -> Vec<(&str, Vec<&Revision>)> {
    let mut groups: Vec<(&str, Vec<&Revision>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for revision in graph.revisions() {
        let place = *places.entry(revision.branch.as_str()).or_insert_with(|| {
            groups.push((&revision.branch, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(revision);
    }
    groups
}
