//! What every reader needs: names, places, and the list of what a statement uses.

use std::collections::HashSet;

use super::literal::identifier;
use super::place::Place;
use crate::sql::WrittenName;
use crate::sql::act::{ObjectKind, Span, TypeName, Uses};
use crate::sql::parse::{Node, SyntaxKind};

/// Reads nodes of one tree into values, and notes what they name.
pub(super) struct Reader<'p> {
    /// Where the tree's text stands in the file.
    pub(super) place: &'p Place,
    /// What was named so far.
    pub(super) uses: Uses,
    /// The common table expressions in scope, innermost last.
    pub(super) in_scope: Vec<Box<str>>,
    /// How many expressions and queries are open.
    pub(super) depth: usize,
    /// How many bodies stand around this text.
    pub(super) level: usize,
}

/// From how many entries on a list is freed of doubles at the end only.
const LONG: usize = 64;

impl<'p> Reader<'p> {
    /// Begins to read a tree whose text stands at `place`.
    pub(super) fn new(place: &'p Place, level: usize) -> Self {
        Reader {
            place,
            uses: Uses::default(),
            in_scope: Vec::new(),
            depth: 0,
            level,
        }
    }

    /// Returns where a node stands in the file.
    pub(super) fn span(&self, node: Node<'_>) -> Span {
        self.place.span(node.range())
    }

    /// Notes a relation that is read.
    pub(super) fn reads(&mut self, name: &WrittenName, span: Span) {
        note(&mut self.uses.reads, name, span);
    }

    /// Notes a relation named in a string.
    pub(super) fn by_text(&mut self, name: &WrittenName, span: Span) {
        note(&mut self.uses.by_text, name, span);
    }

    /// Notes a call.
    pub(super) fn calls(&mut self, name: &WrittenName, arguments: usize, span: Span) {
        let arguments = u16::try_from(arguments).unwrap_or(u16::MAX);
        let calls = &mut self.uses.calls;
        if calls.len() >= LONG
            || !calls
                .iter()
                .any(|(known, count, _)| *count == arguments && known == name)
        {
            calls.push((name.clone(), arguments, span));
        }
    }

    /// Notes a type, unless its name is a key word of the grammar.
    pub(super) fn types(&mut self, name: &WrittenName, span: Span) {
        note(&mut self.uses.types, name, span);
    }

    /// Notes an object of a sort that has no list of its own.
    pub(super) fn names_object(&mut self, kind: ObjectKind, name: WrittenName, span: Span) {
        let objects = &mut self.uses.objects;
        let is_known = |(own, known, _): &(ObjectKind, WrittenName, Span)| *own == kind && *known == name;
        if objects.len() < LONG && !objects.iter().any(is_known) {
            objects.push((kind, name, span));
        }
    }

    /// Takes what was noted.
    pub(super) fn take_uses(&mut self) -> Uses {
        let mut uses = std::mem::take(&mut self.uses);
        for list in [&mut uses.reads, &mut uses.by_text, &mut uses.types] {
            if list.len() >= LONG {
                let mut seen = HashSet::new();
                list.retain(|(name, _)| seen.insert(name.clone()));
            }
        }
        if uses.calls.len() >= LONG {
            let mut seen = HashSet::new();
            uses.calls
                .retain(|(name, count, _)| seen.insert((name.clone(), *count)));
        }
        uses
    }

    /// Adds what a part noted elsewhere.
    pub(super) fn adopt(&mut self, uses: &Uses) {
        uses.reads
            .iter()
            .for_each(|(name, span)| self.reads(name, span.clone()));
        uses.by_text
            .iter()
            .for_each(|(name, span)| self.by_text(name, span.clone()));
        uses.types
            .iter()
            .for_each(|(name, span)| self.types(name, span.clone()));
        for (kind, name, span) in &uses.objects {
            self.names_object(*kind, name.clone(), span.clone());
        }
        let calls = uses.calls.iter();
        calls.for_each(|(name, count, span)| self.calls(name, usize::from(*count), span.clone()));
    }

    /// Reads the name of a relation that is read, unless it is a common table expression in scope.
    pub(super) fn read_relation(&mut self, node: Node<'_>) -> WrittenName {
        let name = name_of(node);
        let local = name.schema.is_none() && self.in_scope.iter().any(|known| **known == *name.name);
        if !local && !name.name.is_empty() {
            let span = self.span(node);
            self.reads(&name, span);
        }
        name
    }

    /// Reads a type and notes it.
    pub(super) fn type_name(&mut self, node: Node<'_>) -> TypeName {
        super::types::read(self, node)
    }
}

fn note(list: &mut Vec<(WrittenName, Span)>, name: &WrittenName, span: Span) {
    if list.len() >= LONG || !list.iter().any(|(known, _)| known == name) {
        list.push((name.clone(), span));
    }
}

/// Reads the identifiers below a node as one name; ONLY, `*` and parentheses are passed over.
pub(super) fn name_of(node: Node<'_>) -> WrittenName {
    let (mut schema, mut name) = (None, None);
    for token in node.tokens() {
        use SyntaxKind as K;
        if matches!(
            token.kind(),
            K::DOT | K::STAR | K::L_PAREN | K::R_PAREN | K::ONLY_KW
        ) {
            continue;
        }
        schema = name.replace(identifier(token.text()));
    }
    WrittenName {
        schema,
        name: name.unwrap_or_default(),
    }
}

/// Reads the single identifier of a node.
pub(super) fn word(node: Node<'_>) -> Box<str> {
    identifier(node.text()).into_boxed_str()
}

/// Reads the single identifier of a child, or nothing where it is missing.
pub(super) fn word_at(node: Node<'_>, kind: SyntaxKind) -> Box<str> {
    node.child(kind).map(word).unwrap_or_default()
}

/// Reads the identifiers of all children of a kind.
pub(super) fn words_of(node: Node<'_>, kind: SyntaxKind) -> Vec<Box<str>> {
    node.children_of(kind).map(word).collect()
}

/// Reads the text of a node with single blanks between its tokens, key words as written.
pub(super) fn as_written(node: Node<'_>) -> Box<str> {
    let mut text = String::new();
    let mut end = None;
    for token in node.tokens() {
        if end.is_some_and(|end| end < token.range().start) {
            text.push(' ');
        }
        text.push_str(token.text());
        end = Some(token.range().end);
    }
    text.into_boxed_str()
}

/// Reads the text of a node in upper case.
pub(super) fn upper(node: Node<'_>) -> Box<str> {
    as_written(node).to_ascii_uppercase().into_boxed_str()
}
