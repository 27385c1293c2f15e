//! Operators between expressions, and chains of them.

use super::expr::{is_null, is_operand, is_query};
use super::names::Reader;
use crate::sql::act::expression::{Expr, ExprKind};
use crate::sql::parse::{Node, SyntaxKind as K};

/// How many operands a chain such as `a || b || c` may have before they are put side by side.
const LONGEST: usize = 60;

impl Reader<'_> {
    /// Chains may be long: they are taken apart in a loop.
    pub(super) fn binary(&mut self, node: Node<'_>) -> ExprKind {
        let Some((first, steps)) = chain_of(node) else {
            return ExprKind::Other(Vec::new());
        };
        let mut value = self.expr(first);
        if steps.len() > LONGEST {
            return self.long_chain(value, &steps);
        }
        for step in steps {
            let span = value.span.start..self.span(step.right).end.max(value.span.end);
            let kind = self.apply(value, step);
            value = Expr { span, kind };
        }
        value.kind
    }

    /// Joins what belongs to one AND or OR, and puts anything else side by side.
    fn long_chain(&mut self, first: Expr, steps: &[Step<'_>]) -> ExprKind {
        let sign = |step: &Step<'_>| step.operator.children().nth(1).map_or(K::ERROR, Node::kind);
        let same = steps.windows(2).all(|pair| sign(&pair[0]) == sign(&pair[1]));
        let mut parts = vec![first];
        parts.extend(steps.iter().map(|step| self.expr(step.right)));
        match steps.first().map(sign) {
            Some(K::AND_KW) if same => ExprKind::And(parts),
            Some(K::OR_KW) if same => ExprKind::Or(parts),
            _ => ExprKind::Other(parts),
        }
    }

    fn apply(&mut self, left: Expr, step: Step<'_>) -> ExprKind {
        let mut sign = Sign::default();
        let parts = step.operator.children().skip(1);
        parts
            .filter(|part| part.is_token() || !is_operand(part.kind()))
            .for_each(|part| sign.push(part));
        let right = step.right;
        let at = self.span(step.operator);
        self.note_operator(&sign.text, at);
        match &*sign.text {
            "AND" => ExprKind::And(joined(left, self.expr(right), |kind| match kind {
                ExprKind::And(parts) => Ok(parts),
                other => Err(other),
            })),
            "OR" => ExprKind::Or(joined(left, self.expr(right), |kind| match kind {
                ExprKind::Or(parts) => Ok(parts),
                other => Err(other),
            })),
            "IS" | "IS NOT" if is_null(right) => ExprKind::IsNull {
                operand: Box::new(left),
                negated: sign.text == "IS NOT",
            },
            "IN" | "NOT IN" => self.within(left, right, sign.text == "NOT IN"),
            "=" if right.kind() == K::CALL_EXPR && right.has(K::ANY_FN) => self.equals_any(left, right),
            _ => {
                let right = self.expr(right);
                ExprKind::Operator {
                    sign: sign.text.into(),
                    operands: vec![left, right],
                }
            }
        }
    }

    fn within(&mut self, left: Expr, right: Node<'_>, negated: bool) -> ExprKind {
        let operand = Box::new(left);
        let mut inner = right.nodes();
        let first = inner.next();
        if let Some(query) = first.filter(|first| right.kind() == K::PAREN_EXPR && is_query(first.kind())) {
            let query = Some(Box::new(self.query(query)));
            return ExprKind::In {
                operand,
                members: Vec::new(),
                query,
                negated,
            };
        }
        if is_query(right.kind()) {
            let query = Some(Box::new(self.query(right)));
            return ExprKind::In {
                operand,
                members: Vec::new(),
                query,
                negated,
            };
        }
        let members = match right.kind() {
            K::TUPLE_EXPR | K::PAREN_EXPR => self.operands(right),
            _ => vec![self.expr(right)],
        };
        ExprKind::In {
            operand,
            members,
            query: None,
            negated,
        }
    }

    fn equals_any(&mut self, left: Expr, right: Node<'_>) -> ExprKind {
        let any = right.child(K::ANY_FN);
        let inner = any.and_then(|any| any.nodes().next());
        let operand = Box::new(left);
        match inner {
            Some(query) if is_query(query.kind()) => {
                let query = Some(Box::new(self.query(query)));
                ExprKind::In {
                    operand,
                    members: Vec::new(),
                    query,
                    negated: false,
                }
            }
            Some(list) => {
                let members = match self.expr(list) {
                    Expr {
                        kind: ExprKind::Row(members),
                        ..
                    } => members,
                    other => vec![other],
                };
                ExprKind::In {
                    operand,
                    members,
                    query: None,
                    negated: false,
                }
            }
            None => ExprKind::Other(vec![*operand]),
        }
    }
}

/// An operator and what stands to its right.
#[derive(Clone, Copy)]
pub(super) struct Step<'t> {
    /// The BIN_EXPR that the operator stands in.
    pub(super) operator: Node<'t>,
    /// The operand.
    pub(super) right: Node<'t>,
}

/// Takes a chain of operators apart, from left to right.
///
/// The parser lets AND, OR, `+` and the like lean to the left, and operators of other signs (`||`, `->`) to the right;
/// the server has all of them lean to the left (gram.y, `%left Op OPERATOR`).
pub(super) fn chain_of(node: Node<'_>) -> Option<(Node<'_>, Vec<Step<'_>>)> {
    let mut spine = Vec::new();
    let mut first = node;
    while first.kind() == K::BIN_EXPR {
        spine.push(first);
        first = first.nodes().next()?;
    }
    let mut steps = Vec::new();
    for mut operator in spine.into_iter().rev() {
        loop {
            let right = operator
                .nodes()
                .skip(1)
                .filter(|part| is_operand(part.kind()))
                .last()?;
            let both = operator.has(K::CUSTOM_OP) && right.kind() == K::BIN_EXPR && right.has(K::CUSTOM_OP);
            if !both {
                steps.push(Step { operator, right });
                break;
            }
            steps.push(Step {
                operator,
                right: right.nodes().next()?,
            });
            operator = right;
        }
    }
    Some((first, steps))
}

/// An operator as it is written down: key words in upper case with blanks between them.
#[derive(Default)]
pub(super) struct Sign {
    pub(super) text: String,
}

impl Sign {
    pub(super) fn push(&mut self, part: Node<'_>) {
        for token in part.tokens() {
            let text = token.text();
            let word = text.starts_with(|first: char| first.is_ascii_alphabetic());
            if word && !self.text.is_empty() {
                self.text.push(' ');
            }
            if word && !matches!(token.kind(), K::IDENT) {
                self.text.push_str(&text.to_ascii_uppercase());
            } else {
                self.text.push_str(text);
            }
        }
    }
}

pub(super) fn operator_and_last(node: Node<'_>) -> (Box<str>, Option<Node<'_>>) {
    let operand = node.nodes().filter(|part| is_operand(part.kind())).last();
    let mut sign = Sign::default();
    for part in node.children() {
        if part.is_token() || !is_operand(part.kind()) {
            sign.push(part);
        }
    }
    (sign.text.into(), operand)
}

fn joined(left: Expr, right: Expr, parts_of: impl Fn(ExprKind) -> Result<Vec<Expr>, ExprKind>) -> Vec<Expr> {
    let mut parts = Vec::new();
    for Expr { span, kind } in [left, right] {
        match parts_of(kind) {
            Ok(inner) if parts.is_empty() => parts = inner,
            Ok(inner) => parts.extend(inner),
            Err(kind) => parts.push(Expr { span, kind }),
        }
    }
    parts
}
