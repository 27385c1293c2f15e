//! Expressions.

use super::literal::{decode, identifier, is_string};
use super::names::{Reader, name_of};
use super::operators::{Sign, operator_and_last};
use super::types::type_in;
use crate::sql::WrittenName;
use crate::sql::act::expression::{ColumnRef, Expr, ExprKind, Literal};
use crate::sql::parse::{Node, SyntaxKind as K};

/// How deep an expression may nest before only what it names is noted.
const DEEPEST: usize = 100;

/// Functions whose first argument names a relation in a string.
const NAMES_RELATION: [&str; 8] = [
    "currval",
    "nextval",
    "pg_get_serial_sequence",
    "pg_indexes_size",
    "pg_relation_size",
    "pg_table_size",
    "pg_total_relation_size",
    "setval",
];

impl Reader<'_> {
    /// Reads an expression.
    pub(super) fn expr(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(node);
        if self.depth >= DEEPEST {
            self.note_flat(node);
            return Expr {
                span,
                kind: ExprKind::Other(Vec::new()),
            };
        }
        self.depth += 1;
        let kind = self.expr_kind(node);
        self.depth -= 1;
        Expr { span, kind }
    }

    /// Reads all expressions below a node that has no form of its own.
    pub(super) fn parts(&mut self, node: Node<'_>) -> Vec<Expr> {
        let mut parts = Vec::new();
        self.collect(node, &mut parts);
        parts
    }

    fn collect(&mut self, node: Node<'_>, parts: &mut Vec<Expr>) {
        for child in node.nodes() {
            if is_expr(child.kind()) || is_query(child.kind()) {
                parts.push(self.expr(child));
            } else if super::types::is_type(child.kind()) {
                self.type_name(child);
            } else if self.depth < DEEPEST {
                self.depth += 1;
                self.collect(child, parts);
                self.depth -= 1;
            } else {
                self.note_flat(child);
            }
        }
    }

    /// Notes what a node names, without regard to how it nests.
    fn note_flat(&mut self, node: Node<'_>) {
        let known = self.in_scope.len();
        for inner in node.descendants() {
            match inner.kind() {
                K::CTE_NAME => self.in_scope.push(super::names::word(inner)),
                K::RELATION_FROM_ITEM => {
                    if let Some(name) = inner.child(K::RELATION_NAME_REF) {
                        self.read_relation(name);
                    }
                }
                K::CALL_EXPR => self.note_call(inner),
                _ => {}
            }
        }
        self.in_scope.truncate(known);
    }

    fn note_call(&mut self, call: Node<'_>) {
        let function = call.nodes().next();
        let Some(function) =
            function.filter(|function| matches!(function.kind(), K::NAME_REF | K::FIELD_EXPR))
        else {
            return;
        };
        let name = name_of(function);
        let count = call
            .child(K::ARG_LIST)
            .map_or(0, |list| list.children_of(K::ARG).count());
        let span = self.span(function);
        self.calls(&name, count, span);
    }

    fn expr_kind(&mut self, node: Node<'_>) -> ExprKind {
        match node.kind() {
            K::LITERAL => ExprKind::Literal(literal(node)),
            K::NAME_REF => name_ref(node),
            K::FIELD_EXPR => self.field(node),
            K::CALL_EXPR => self.call(node),
            K::BIN_EXPR => self.binary(node),
            K::PREFIX_EXPR => self.prefix(node),
            K::POSTFIX_EXPR => self.postfix(node),
            K::BETWEEN_EXPR => self.between(node),
            K::CAST_EXPR => self.cast(node),
            K::CASE_EXPR => ExprKind::Case(self.parts(node)),
            K::TUPLE_EXPR | K::ROW => ExprKind::Row(self.operands(node)),
            K::ARRAY_EXPR => match node.nodes().find(|inner| is_query(inner.kind())) {
                Some(query) => ExprKind::Query(Box::new(self.query(query))),
                None => ExprKind::Row(self.operands(node)),
            },
            K::PAREN_EXPR => match node.nodes().next() {
                Some(inner) if is_query(inner.kind()) || is_expr(inner.kind()) => {
                    self.expr_kind_nested(inner)
                }
                _ => ExprKind::Other(self.parts(node)),
            },
            K::COLLATE => match node.nodes().next() {
                Some(inner) if is_expr(inner.kind()) => self.expr_kind_nested(inner),
                _ => ExprKind::Other(Vec::new()),
            },
            K::PLPGSQL_EXPR => self.plpgsql(node),
            kind if is_query(kind) => ExprKind::Query(Box::new(self.query(node))),
            _ => ExprKind::Other(self.parts(node)),
        }
    }

    fn expr_kind_nested(&mut self, node: Node<'_>) -> ExprKind {
        self.expr(node).kind
    }

    pub(super) fn operands(&mut self, node: Node<'_>) -> Vec<Expr> {
        node.nodes().map(|part| self.expr(part)).collect()
    }

    fn field(&mut self, node: Node<'_>) -> ExprKind {
        // `a.b.c` leans to the left; anything but names below makes it a field of an expression.
        let mut base = node;
        while base.kind() == K::FIELD_EXPR {
            match base.nodes().next() {
                Some(inner) => base = inner,
                None => break,
            }
        }
        if base.kind() != K::NAME_REF {
            return ExprKind::Other(vec![self.expr(base)]);
        }
        let mut names: Vec<&str> = node
            .tokens()
            .map(Node::text)
            .filter(|text| *text != ".")
            .collect();
        let name = match names.pop() {
            Some("*") => "*".into(),
            Some(name) => identifier(name).into_boxed_str(),
            None => Box::default(),
        };
        let qualifier = names.pop().map(|relation| WrittenName {
            schema: names.pop().map(identifier),
            name: identifier(relation),
        });
        ExprKind::Column(ColumnRef { qualifier, name })
    }

    fn call(&mut self, node: Node<'_>) -> ExprKind {
        let Some(function) = node.nodes().next() else {
            return ExprKind::Other(Vec::new());
        };
        match function.kind() {
            K::NAME_REF | K::FIELD_EXPR => {}
            K::EXISTS_FN => {
                let query = function.nodes().find(|inner| is_query(inner.kind()));
                return match query {
                    Some(query) => ExprKind::Query(Box::new(self.query(query))),
                    None => ExprKind::Other(self.parts(function)),
                };
            }
            _ => {
                // `EXTRACT (…)`, `TRIM (…)`: the first word is the name.
                let name = function
                    .tokens()
                    .next()
                    .map_or("", Node::text)
                    .to_ascii_lowercase();
                return ExprKind::Call {
                    name: WrittenName { schema: None, name },
                    arguments: self.parts(function),
                    windowed: false,
                };
            }
        }
        let name = name_of(function);
        let mut arguments = Vec::new();
        let mut windowed = false;
        for part in node.nodes().skip(1) {
            match part.kind() {
                K::ARG_LIST => {
                    windowed |= part.has(K::DISTINCT);
                    for argument in part.children_of(K::ARG) {
                        windowed |= argument.has(K::ORDER_BY_CLAUSE);
                        arguments.extend(self.argument(argument));
                    }
                }
                _ => {
                    windowed = true;
                    self.parts(part);
                }
            }
        }
        let span = self.span(function);
        if !is_key_word_function(function, &name) {
            self.calls(&name, arguments.len(), span);
        }
        self.note_text_argument(&name, &arguments);
        ExprKind::Call {
            name,
            arguments,
            windowed,
        }
    }

    fn argument(&mut self, argument: Node<'_>) -> Option<Expr> {
        let mut value = None;
        for inner in argument.nodes() {
            match inner.kind() {
                K::NAMED_ARG => value = inner.nodes().last().map(|expr| self.expr(expr)),
                K::ORDER_BY_CLAUSE => drop(self.parts(inner)),
                _ => value = Some(self.expr(inner)),
            }
        }
        value
    }

    fn note_text_argument(&mut self, name: &WrittenName, arguments: &[Expr]) {
        self.note_configuration(name, arguments);
        let known = NAMES_RELATION.contains(&name.name.as_str())
            && matches!(name.schema.as_deref(), None | Some("pg_catalog"));
        if let (true, Some(first)) = (known, arguments.first())
            && let ExprKind::Literal(Literal::Text(text)) = &first.kind
        {
            self.note_text(text, first);
        }
    }

    fn note_text(&mut self, text: &str, literal: &Expr) {
        if let Some(name) = WrittenName::parse(text.trim()) {
            self.by_text(&name, literal.span.clone());
        }
    }

    fn cast(&mut self, node: Node<'_>) -> ExprKind {
        let operand = node
            .nodes()
            .find(|part| is_expr(part.kind()) || is_query(part.kind()));
        let (Some(operand), Some(target)) = (operand, type_in(node)) else {
            return ExprKind::Other(self.parts(node));
        };
        let operand = self.expr(operand);
        let target = self.type_name(target);
        if let ExprKind::Literal(Literal::Text(text)) = &operand.kind
            && target.name.name == "regclass"
            && target.dimensions == 0
        {
            let text = text.clone();
            self.note_text(&text, &operand);
        }
        if target.name.name == "regconfig" {
            self.configuration_in(&operand);
        }
        ExprKind::Cast {
            operand: Box::new(operand),
            target,
        }
    }

    fn prefix(&mut self, node: Node<'_>) -> ExprKind {
        let (operator, operand) = operator_and_last(node);
        let Some(operand) = operand else {
            return ExprKind::Other(Vec::new());
        };
        let operand = self.expr(operand);
        if operator.eq_ignore_ascii_case("not") {
            return ExprKind::Not(Box::new(operand));
        }
        // `-1` is a number.
        if let ("-", ExprKind::Literal(Literal::Number(number))) = (&*operator, &operand.kind) {
            return ExprKind::Literal(Literal::Number(format!("-{number}").into()));
        }
        ExprKind::Operator {
            sign: operator,
            operands: vec![operand],
        }
    }

    fn postfix(&mut self, node: Node<'_>) -> ExprKind {
        let Some(operand) = node.nodes().next() else {
            return ExprKind::Other(Vec::new());
        };
        let operand = Box::new(self.expr(operand));
        let mut sign = Sign::default();
        node.children().skip(1).for_each(|part| sign.push(part));
        match &*sign.text {
            "ISNULL" => ExprKind::IsNull {
                operand,
                negated: false,
            },
            "NOTNULL" => ExprKind::IsNull {
                operand,
                negated: true,
            },
            _ => ExprKind::Operator {
                sign: sign.text.into(),
                operands: vec![*operand],
            },
        }
    }

    fn between(&mut self, node: Node<'_>) -> ExprKind {
        let negated = node.has(K::NOT_KW);
        let operands: Vec<Expr> = node
            .nodes()
            .filter(|part| is_expr(part.kind()))
            .map(|part| self.expr(part))
            .collect();
        let sign = if negated { "NOT BETWEEN" } else { "BETWEEN" };
        ExprKind::Operator {
            sign: sign.into(),
            operands,
        }
    }

    /// PL/pgSQL writes an expression as what stands after SELECT.
    fn plpgsql(&mut self, node: Node<'_>) -> ExprKind {
        let mut parts = node.nodes();
        if let (Some(list), None) = (parts.next(), parts.next())
            && list.kind() == K::TARGET_LIST
        {
            let mut targets = list.children_of(K::TARGET);
            if let (Some(target), None) = (targets.next(), targets.next())
                && let Some(expr) = target.nodes().next()
                && !target.has(K::AS_NAME)
            {
                return self.expr_kind_nested(expr);
            }
        }
        ExprKind::Query(Box::new(self.query(node)))
    }
}

pub(super) fn is_null(node: Node<'_>) -> bool {
    node.kind() == K::LITERAL
        && node
            .tokens()
            .next()
            .is_some_and(|token| token.kind() == K::NULL_KW)
}

/// COALESCE, GREATEST and the like are no functions of the catalog (gram.y, `func_expr_common_subexpr`).
fn is_key_word_function(function: Node<'_>, name: &WrittenName) -> bool {
    function.kind() == K::NAME_REF
        && name.schema.is_none()
        && matches!(
            name.name.as_str(),
            "coalesce" | "greatest" | "least" | "nullif" | "grouping" | "merge_action"
        )
        && !function.text().starts_with('"')
}

/// The functions that are written without parentheses (manual, sections 9.9 and 9.27).
fn name_ref(node: Node<'_>) -> ExprKind {
    let is_key_word = node.tokens().next().is_some_and(|token| {
        matches!(
            token.kind(),
            K::CURRENT_CATALOG_KW
                | K::CURRENT_DATE_KW
                | K::CURRENT_ROLE_KW
                | K::CURRENT_SCHEMA_KW
                | K::CURRENT_TIME_KW
                | K::CURRENT_TIMESTAMP_KW
                | K::CURRENT_USER_KW
                | K::LOCALTIME_KW
                | K::LOCALTIMESTAMP_KW
                | K::SESSION_USER_KW
                | K::SYSTEM_USER_KW
                | K::USER_KW
        )
    });
    let name = identifier(node.text());
    match is_key_word {
        true => ExprKind::Call {
            name: WrittenName { schema: None, name },
            arguments: Vec::new(),
            windowed: false,
        },
        false => ExprKind::Column(ColumnRef {
            qualifier: None,
            name: name.into(),
        }),
    }
}

fn literal(node: Node<'_>) -> Literal {
    let Some(first) = node.tokens().next() else {
        return Literal::Other(Box::default());
    };
    match first.kind() {
        K::NULL_KW => Literal::Null,
        K::TRUE_KW => Literal::Bool(true),
        K::FALSE_KW => Literal::Bool(false),
        K::INT_NUMBER | K::NUMERIC_NUMBER => Literal::Number(first.text().into()),
        kind if is_string(kind) => match decode(node) {
            Some(decoded) => Literal::Text(decoded.text.into()),
            None => Literal::Other(node.text().into()),
        },
        _ => Literal::Other(node.text().into()),
    }
}

/// Says whether a node can stand beside an operator.
pub(super) fn is_operand(kind: K) -> bool {
    is_expr(kind) || is_query(kind)
}

/// Says whether a node is an expression.
pub(super) fn is_expr(kind: K) -> bool {
    matches!(
        kind,
        K::LITERAL
            | K::NAME_REF
            | K::FIELD_EXPR
            | K::CALL_EXPR
            | K::BIN_EXPR
            | K::PREFIX_EXPR
            | K::POSTFIX_EXPR
            | K::BETWEEN_EXPR
            | K::CAST_EXPR
            | K::CASE_EXPR
            | K::TUPLE_EXPR
            | K::ARRAY_EXPR
            | K::PAREN_EXPR
            | K::COLLATE
            | K::INDEX_EXPR
            | K::SLICE_EXPR
            | K::PLPGSQL_EXPR
    )
}

/// Says whether a node is a query.
pub(super) fn is_query(kind: K) -> bool {
    matches!(
        kind,
        K::SELECT | K::SELECT_INTO | K::PAREN_SELECT | K::COMPOUND_SELECT | K::TABLE | K::VALUES
    )
}
