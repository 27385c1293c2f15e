//! Text that EXECUTE runs, as far as it is constant.

use super::literal::{decode, is_string};
use super::names::name_of;
use super::operators::{Step, chain_of};
use super::place::Place;
use super::variables::Variables;
use crate::model::{quote_identifier, quote_literal};
use crate::sql::parse::{Node, SyntaxKind as K};

/// The text of an expression.
#[derive(Debug, Default)]
pub(super) struct Constant {
    /// The text, from its beginning to where it stops to be constant.
    pub(super) text: String,
    /// Where it stands in the file.
    pub(super) place: Place,
}

/// Reads the text of an expression; says whether all of it is constant, given what variables hold.
pub(super) fn fold(node: Node<'_>, outer: &Place, variables: &Variables, into: &mut Constant) -> bool {
    match node.kind() {
        K::LITERAL => literal(node, outer, into),
        K::PAREN_EXPR | K::COLLATE | K::CAST_EXPR | K::TARGET | K::TARGET_LIST | K::PLPGSQL_EXPR => {
            let mut parts = node.nodes();
            match (parts.next(), parts.next()) {
                (Some(inner), None) => fold(inner, outer, variables, into),
                (Some(inner), Some(_)) if matches!(node.kind(), K::COLLATE | K::CAST_EXPR) => {
                    !super::types::is_type(inner.kind()) && fold(inner, outer, variables, into)
                }
                _ => false,
            }
        }
        K::BIN_EXPR => chain(node, outer, variables, into),
        K::NAME_REF => variable(node, outer, variables, into),
        K::CALL_EXPR => call(node, outer, variables, into),
        _ => false,
    }
}

fn literal(node: Node<'_>, outer: &Place, into: &mut Constant) -> bool {
    let Some(first) = node.tokens().next() else {
        return false;
    };
    if is_string(first.kind()) {
        let Some(decoded) = decode(node) else { return false };
        into.place
            .append(into.text.len(), &decoded.place, decoded.text.len(), outer);
        into.text.push_str(&decoded.text);
        return true;
    }
    let number = matches!(first.kind(), K::INT_NUMBER | K::NUMERIC_NUMBER);
    if number {
        into.place.mark(into.text.len(), outer.at(first.range().start));
        into.text.push_str(first.text());
    }
    number
}

/// A variable of PL/pgSQL that is known.
fn variable(node: Node<'_>, outer: &Place, variables: &Variables, into: &mut Constant) -> bool {
    let Some(text) = variables.text(&super::names::word(node)) else {
        return false;
    };
    into.place.mark(into.text.len(), outer.at(node.range().start));
    into.text.push_str(text);
    // What follows stands somewhere else.
    into.place.mark(into.text.len(), outer.at(node.range().end));
    true
}

/// `a || b || c`.
fn chain(node: Node<'_>, outer: &Place, variables: &Variables, into: &mut Constant) -> bool {
    let Some((first, steps)) = chain_of(node) else {
        return false;
    };
    let concatenates = |step: &Step<'_>| {
        step.operator
            .child(K::CUSTOM_OP)
            .is_some_and(|sign| sign.text() == "||")
    };
    steps.iter().all(concatenates)
        && fold(first, outer, variables, into)
        && steps.iter().all(|step| fold(step.right, outer, variables, into))
}

fn call(node: Node<'_>, outer: &Place, variables: &Variables, into: &mut Constant) -> bool {
    let Some(function) = node.nodes().next() else {
        return false;
    };
    if !matches!(function.kind(), K::NAME_REF | K::FIELD_EXPR) {
        return false;
    }
    let name = name_of(function);
    if !matches!(name.schema.as_deref(), None | Some("pg_catalog")) {
        return false;
    }
    let arguments: Vec<Node<'_>> = node
        .child(K::ARG_LIST)
        .into_iter()
        .flat_map(|list| list.children_of(K::ARG))
        .filter_map(|argument| argument.nodes().next())
        .collect();
    match (name.name.as_str(), arguments.as_slice()) {
        ("format", [pattern, rest @ ..]) => format(*pattern, rest, outer, variables, into),
        ("concat", parts) => parts.iter().all(|part| fold(*part, outer, variables, into)),
        ("quote_ident", [part]) => quoted(*part, outer, variables, into, quote_identifier),
        ("quote_literal", [part]) => quoted(*part, outer, variables, into, quote_literal),
        _ => false,
    }
}

fn quoted(
    node: Node<'_>,
    outer: &Place,
    variables: &Variables,
    into: &mut Constant,
    quote: fn(&str) -> String,
) -> bool {
    let mut inner = Constant::default();
    let whole = fold(node, outer, variables, &mut inner);
    if whole {
        into.place.mark(into.text.len(), outer.at(node.range().start));
        into.text.push_str(&quote(&inner.text));
        // What follows stands somewhere else.
        into.place.mark(into.text.len(), outer.at(node.range().end));
    }
    whole
}

/// Carries out format() (manual, section 9.4.1), as long as the arguments are constant and no width is asked for.
fn format(
    pattern: Node<'_>,
    arguments: &[Node<'_>],
    outer: &Place,
    variables: &Variables,
    into: &mut Constant,
) -> bool {
    let mut written = Constant::default();
    if !fold(pattern, outer, variables, &mut written) {
        return false;
    }
    let (text, mut at, mut next) = (written.text.as_str(), 0, 0);
    while let Some(found) = text[at..].find('%') {
        copy(&written, at, at + found, into);
        at += found + 1;
        if text[at..].starts_with('%') {
            into.place.mark(into.text.len(), written.place.at(at as u32));
            into.text.push('%');
            at += 1;
            continue;
        }
        let digits = text[at..].bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && text[at + digits..].starts_with('$') {
            next = text[at..at + digits]
                .parse::<usize>()
                .unwrap_or(0)
                .wrapping_sub(1);
            at += digits + 1;
        }
        let Some(argument) = arguments.get(next) else {
            return false;
        };
        next += 1;
        let whole = match text[at..].chars().next() {
            Some('s') => fold(*argument, outer, variables, into),
            Some('I') => quoted(*argument, outer, variables, into, quote_identifier),
            Some('L') => quoted(*argument, outer, variables, into, quote_literal),
            _ => false,
        };
        if !whole {
            return false;
        }
        at += 1;
    }
    copy(&written, at, text.len(), into);
    true
}

fn copy(written: &Constant, from: usize, to: usize, into: &mut Constant) {
    if from < to {
        let base = into.text.len();
        into.place.copy(base, &written.place, from as u32, to as u32);
        into.text.push_str(&written.text[from..to]);
    }
}
