//! Variables of PL/pgSQL whose value is constant where they are read.

use std::collections::HashSet;

use super::dynamic::{Constant, fold};
use super::place::Place;
use crate::sql::parse::{Node, SyntaxKind as K, TokenKind, tokens};

/// How many elements of a list a loop is followed through.
const ELEMENTS: usize = 64;

/// What a variable holds.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Text.
    Text(String),
    /// An array of texts.
    List(Vec<String>),
}

/// The variables in scope, innermost last; nothing where what they hold is not constant.
#[derive(Debug, Default)]
pub(super) struct Variables {
    known: Vec<(String, Option<Value>)>,
    /// What SELECT … INTO and the like set, anywhere in the body.
    set_by_rows: HashSet<String>,
}

impl Variables {
    /// None are known yet; `text` is the body.
    pub(super) fn of(text: &str) -> Self {
        Variables {
            known: Vec::new(),
            set_by_rows: set_by_rows(text),
        }
    }

    /// Returns the text that a variable holds.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.value(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn value(&self, name: &str) -> Option<&Value> {
        let (_, value) = self.known.iter().rev().find(|(own, _)| own == name)?;
        value.as_ref()
    }

    /// Says whether a name is that of a variable.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.known.iter().any(|(own, _)| own == name)
    }

    /// Begins the scope of a variable.
    pub(super) fn declare(&mut self, name: &str, value: Option<Value>) {
        let value = value.filter(|_| !self.set_by_rows.contains(name));
        self.known.push((name.to_owned(), value));
    }

    /// Ends the scopes that began since there were `count`.
    pub(super) fn leave(&mut self, count: usize) {
        self.known.truncate(count);
    }

    /// Returns how many scopes are open.
    pub(super) fn count(&self) -> usize {
        self.known.len()
    }

    /// Follows an assignment.
    pub(super) fn assign(&mut self, name: &str, value: Option<Value>) {
        let value = value.filter(|_| !self.set_by_rows.contains(name));
        if let Some(known) = self.known.iter_mut().rev().find(|(own, _)| own == name) {
            known.1 = value;
        }
    }

    /// Forgets what the statements below a node assign: they may run, run again, or not.
    pub(super) fn forget_assigned(&mut self, node: Node<'_>) {
        for target in node
            .descendants()
            .filter(|part| matches!(part.kind(), K::PLPGSQL_ASSIGN_TARGET | K::PLPGSQL_FOR_VARIABLE))
        {
            self.assign(&name_of(target), None);
        }
    }

    /// Returns what an expression gives, where that is constant.
    pub(super) fn read(&self, expr: Node<'_>, place: &Place) -> Option<Value> {
        let mut constant = Constant::default();
        if fold(expr, place, self, &mut constant) {
            return Some(Value::Text(constant.text));
        }
        self.list(expr, place).map(Value::List)
    }

    /// Returns the elements of an array that is constant, as many as a loop is followed through.
    pub(super) fn list(&self, expr: Node<'_>, place: &Place) -> Option<Vec<String>> {
        let found = match expr.kind() {
            K::ARRAY_EXPR => expr
                .nodes()
                .map(|element| {
                    let mut constant = Constant::default();
                    fold(element, place, self, &mut constant).then_some(constant.text)
                })
                .collect::<Option<Vec<String>>>()?,
            K::NAME_REF => match self.value(&super::names::word(expr)) {
                Some(Value::List(list)) => list.clone(),
                _ => return None,
            },
            K::CAST_EXPR => {
                let inner = expr.nodes().next()?;
                match self.list(inner, place) {
                    Some(list) => list,
                    None => elements_of(inner, place, self)?,
                }
            }
            // A literal that is assigned to a variable of an array type.
            K::LITERAL => elements_of(expr, place, self)?,
            K::PAREN_EXPR | K::TARGET | K::TARGET_LIST | K::PLPGSQL_EXPR => {
                let mut parts = expr.nodes();
                match (parts.next(), parts.next()) {
                    (Some(inner), None) => self.list(inner, place)?,
                    _ => return None,
                }
            }
            _ => return None,
        };
        (found.len() <= ELEMENTS).then_some(found)
    }
}

/// The elements of `'{a, b}'`, where none is quoted.
fn elements_of(literal: Node<'_>, place: &Place, variables: &Variables) -> Option<Vec<String>> {
    let mut constant = Constant::default();
    if !fold(literal, place, variables, &mut constant) {
        return None;
    }
    let inner = constant.text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let is_plain = !inner.contains(['"', '\\', '{', '}']);
    is_plain.then(|| {
        inner
            .split(',')
            .map(|element| element.trim().to_owned())
            .collect()
    })
}

/// The name at the beginning of a target.
pub(super) fn name_of(target: Node<'_>) -> String {
    target
        .child(K::PLPGSQL_VAR_NAME_REF)
        .map(|name| super::names::word(name).into_string())
        .unwrap_or_default()
}

/// The variables behind INTO of SELECT, RETURNING, FETCH and EXECUTE.
fn set_by_rows(text: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut before = "";
    let mut all = tokens(text).filter(|token| !token.is_trivia()).peekable();
    while let Some(token) = all.next() {
        let word = token.text(text);
        let is_target = word.eq_ignore_ascii_case("into")
            && !before.eq_ignore_ascii_case("insert")
            && !before.eq_ignore_ascii_case("merge");
        before = word;
        if !is_target {
            continue;
        }
        let mut expected = true;
        while let Some(next) = all.next_if(|next| match next.kind {
            TokenKind::Ident => expected,
            kind => matches!(kind, TokenKind::Comma | TokenKind::Dot),
        }) {
            let name = next.text(text);
            // After a name only a comma or a dot goes on; STRICT is no name.
            expected = next.kind != TokenKind::Ident || name.eq_ignore_ascii_case("strict");
            if next.kind == TokenKind::Ident {
                found.insert(super::literal::identifier(name));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_of_into_are_not_constant() {
        let found = set_by_rows(
            "BEGIN INSERT INTO t SELECT 1; SELECT a, b INTO STRICT x, y.f FROM t; FETCH c INTO z; END",
        );
        assert!(
            ["x", "y", "z"].iter().all(|name| found.contains(*name)) && !found.contains("t"),
            "{found:?}"
        );
    }
}
