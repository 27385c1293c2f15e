//! What the parser lets pass and the server's grammar does not.
//!
//! The parser leaves much to later validation of its own, which costs more than parsing. These are the rules among
//! them that people break; found by leaving out each token of every statement form and asking a server.

use crate::sql::act::Span;
use crate::sql::parse::{Node, SyntaxKind as K, Tree, is_type_func_name_keyword};

/// Commands that stand alone in an ALTER (gram.y, RenameStmt and AlterObjectSchemaStmt).
const ALONE: [K; 5] = [
    K::TABLE_RENAME_TO,
    K::VIEW_RENAME_TO,
    K::RENAME_COLUMN,
    K::RENAME_CONSTRAINT,
    K::SET_SCHEMA,
];

/// Operators of the grammar that take a left side.
const BINARY_ONLY: [&str; 11] = ["=", "<", ">", "<=", ">=", "<>", "!=", "*", "/", "%", "^"];

/// Returns the first thing in a tree that the server's grammar refuses: what, and where.
pub(super) fn mistake(tree: &Tree<'_>) -> Option<(&'static str, Span)> {
    let mut in_array = 0;
    let mut function_name = None;
    for node in tree.root().descendants() {
        let wrong = match node.kind() {
            K::CALL_EXPR => {
                function_name = node.nodes().next().map(|name| name.range().start);
                None
            }
            K::NAME_REF => {
                let is_function = function_name.take() == Some(node.range().start);
                (!is_function).then(|| name(node)).flatten()
            }
            K::ARRAY_EXPR => {
                let bare = node
                    .children()
                    .next()
                    .is_some_and(|first| first.kind() == K::L_BRACK);
                let inside = node.range().start < in_array;
                in_array = in_array.max(node.range().end);
                (bare && !inside).then_some("an array is written ARRAY[…]")
            }
            _ if node.is_token() => None,
            _ => shape(node),
        };
        if let Some(message) = wrong {
            return Some((message, node.range()));
        }
    }
    None
}

fn name(node: Node<'_>) -> Option<&'static str> {
    let token = node.children().next()?;
    let reserved = is_type_func_name_keyword(token.kind()) && token.kind() != K::CURRENT_SCHEMA_KW;
    reserved.then_some("a key word stands where a column is expected")
}

fn shape(node: Node<'_>) -> Option<&'static str> {
    let has_none = |kinds: &[K]| node.child_of(kinds).is_none();
    match node.kind() {
        K::JOIN => {
            let none = has_none(&[K::JOIN_CROSS, K::JOIN_USING_CLAUSE, K::ON_CLAUSE, K::NATURAL_KW]);
            none.then_some("a join needs ON or USING")
        }
        K::SET_COLUMN_LIST => node.nodes().next().is_none().then_some("SET names no column"),
        K::CREATE_TABLE | K::CREATE_FOREIGN_TABLE => table(node),
        K::COMPOSITE_FIELD_DEF => super::types::type_in(node)
            .is_none()
            .then_some("an attribute has no type"),
        K::CREATE_INDEX | K::PARTITION_BY => key(node),
        K::ALTER_TABLE | K::ALTER_MATERIALIZED_VIEW | K::ALTER_FOREIGN_TABLE => alter(node),
        K::ALTER_FUNCTION | K::ALTER_PROCEDURE | K::ALTER_ROUTINE => node
            .nodes()
            .nth(1)
            .is_none()
            .then_some("ALTER says nothing to change"),
        K::DROP_TABLE => has_none(&[K::TABLE_NAME_REF]).then_some("DROP names no table"),
        K::COPY => has_none(&[K::COPY_FROM, K::COPY_TO]).then_some("COPY says neither FROM nor TO"),
        K::VACUUM => {
            let words = [
                K::FULL_KW,
                K::FREEZE_KW,
                K::VERBOSE_KW,
                K::ANALYZE_KW,
                K::ANALYSE_KW,
            ];
            let both = node.has(K::VACUUM_OPTION_LIST) && node.child_of(&words).is_some();
            both.then_some("VACUUM takes its options as words or in parentheses, not both")
        }
        K::GRANT | K::REVOKE => {
            has_none(&[K::ALL_PRIVILEGES, K::REVOKE_COMMAND_LIST]).then_some("no privilege is named")
        }
        K::PREFIX_EXPR => {
            let sign = node.children().next()?;
            let wrong = sign.kind() == K::CUSTOM_OP && BINARY_ONLY.contains(&sign.text());
            wrong.then_some("the operator has no left side")
        }
        K::INDEX_EXPR => node.nodes().nth(1).is_none().then_some("a subscript is missing"),
        K::LITERAL => continued(node),
        _ => None,
    }
}

fn table(node: Node<'_>) -> Option<&'static str> {
    if node.child_of(&[K::PARTITION_OF, K::OF_TYPE]).is_some() {
        return None;
    }
    let Some(list) = node.child(K::TABLE_ARG_LIST) else {
        return Some("the table has no list of columns");
    };
    let untyped = list
        .children_of(K::COLUMN)
        .any(|column| super::types::type_in(column).is_none());
    untyped.then_some("a column has no type")
}

/// The key of an index or a partitioned table: columns, calls, and anything in parentheses (gram.y, `index_elem`).
fn key(node: Node<'_>) -> Option<&'static str> {
    let list = node.child(K::PARTITION_ITEM_LIST)?;
    let plain = |item: Node<'_>| {
        let mut expr = item.nodes().next();
        while let Some(inner) = expr.filter(|inner| inner.kind() == K::COLLATE) {
            expr = inner.nodes().next();
        }
        let call_by_words = [K::NAME_REF, K::CALL_EXPR, K::PAREN_EXPR];
        expr.is_none_or(|inner| call_by_words.contains(&inner.kind()))
    };
    let all = list.children_of(K::PARTITION_ITEM).all(plain);
    (!all).then_some("an expression in a key stands in parentheses")
}

fn alter(node: Node<'_>) -> Option<&'static str> {
    if node.has(K::ALL_IN_TABLESPACE) {
        return None;
    }
    let named = [K::IF_EXISTS, K::TABLE_RELATION_NAME, K::VIEW_REF];
    let commands = || node.nodes().filter(|part| !named.contains(&part.kind()));
    match commands().count() {
        0 => Some("ALTER says nothing to change"),
        1 => None,
        _ if commands().any(|command| ALONE.contains(&command.kind())) => {
            Some("RENAME and SET SCHEMA stand alone in an ALTER")
        }
        _ => None,
    }
}

/// Strings follow each other as one only across lines (manual, section 4.1.2.1).
fn continued(literal: Node<'_>) -> Option<&'static str> {
    let mut before: Option<Node<'_>> = None;
    for token in literal.children() {
        if let Some(before) = before
            && super::literal::is_string(before.kind())
            && super::literal::is_string(token.kind())
        {
            let between = literal.between(before, token);
            if !between.contains(['\n', '\r']) {
                return Some("two strings stand on one line without an operator between them");
            }
        }
        before = Some(token);
    }
    None
}
