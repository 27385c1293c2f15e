//! Expressions, as far as rules look into them.

use super::query::Query;
use super::{Span, WrittenName};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Where it stands.
    pub span: Span,
    /// What it is. Parentheses are left out.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A literal, NULL included.
    Literal(Literal),
    /// A column, or something that looks like one.
    Column(ColumnRef),
    /// A function call; key-word functions (`CURRENT_TIMESTAMP`, `COALESCE`) by their lower-case name.
    Call {
        /// The function.
        name: WrittenName,
        /// Its arguments.
        arguments: Vec<Expr>,
        /// Whether it is an aggregate or window call by its clauses (DISTINCT, FILTER, OVER, WITHIN GROUP).
        windowed: bool,
    },
    /// An operator with one or two operands; the sign as written, key-word operators in upper case
    /// (`LIKE`, `IS DISTINCT FROM`, `AT TIME ZONE`).
    Operator {
        /// The sign.
        sign: Box<str>,
        /// The operands.
        operands: Vec<Expr>,
    },
    /// AND of two or more.
    And(Vec<Expr>),
    /// OR of two or more.
    Or(Vec<Expr>),
    /// NOT.
    Not(Box<Expr>),
    /// `IS NULL`, or `IS NOT NULL`.
    IsNull {
        /// What is tested.
        operand: Box<Expr>,
        /// NOT.
        negated: bool,
    },
    /// `IN (…)`, `= ANY (…)` of a list: the left side, then the members.
    In {
        /// The left side.
        operand: Box<Expr>,
        /// The members; none where a query stands there.
        members: Vec<Expr>,
        /// The query.
        query: Option<Box<Query>>,
        /// NOT.
        negated: bool,
    },
    /// `expr::type`, `CAST (expr AS type)`, `type 'literal'`.
    Cast {
        /// What is cast.
        operand: Box<Expr>,
        /// To what.
        target: TypeName,
    },
    /// CASE: every condition and result.
    Case(Vec<Expr>),
    /// A subquery, EXISTS included.
    Query(Box<Query>),
    /// ARRAY[…] and ROW(…).
    Row(Vec<Expr>),
    /// Anything else, by its parts.
    Other(Vec<Expr>),
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// NULL.
    Null,
    /// TRUE or FALSE.
    Bool(bool),
    /// A number as written.
    Number(Box<str>),
    /// A string, decoded.
    Text(Box<str>),
    /// A bit string or anything else, as written.
    Other(Box<str>),
}

/// A reference to a column: `a`, `t.a`, `s.t.a`, `t.*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnRef {
    /// What stands before the last dot: a relation or an alias.
    pub qualifier: Option<WrittenName>,
    /// The name; `*` for all.
    pub name: Box<str>,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// The name that pg_type has: `int4` for `INTEGER`, `timestamptz` for `TIMESTAMP WITH TIME ZONE`, `varchar` for
    /// `CHARACTER VARYING`, `bpchar` for `CHAR`. Without a schema where none was written; `pg_catalog` is left out.
    /// `serial`, `bigserial`, `smallserial` stay what they are.
    pub name: WrittenName,
    /// The numbers in parentheses: length, precision and scale.
    pub modifiers: Vec<i32>,
    /// How many dimensions of array; `int[]` has 1.
    pub dimensions: u8,
    /// SETOF.
    pub set_of: bool,
    /// Where it stands.
    pub span: Span,
}

impl Expr {
    /// Calls `visit` for this expression and every one in it, queries in it included, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        self.parts().for_each(|part| part.walk(visit));
        match &self.kind {
            ExprKind::In {
                query: Some(query), ..
            }
            | ExprKind::Query(query) => query.walk(visit),
            _ => {}
        }
    }

    /// Returns the expressions right below it, from left to right; a query in it has a scope of its own and is left out.
    pub fn parts(&self) -> impl Iterator<Item = &Expr> {
        let (first, rest): (Option<&Expr>, &[Expr]) = match &self.kind {
            ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::Query(_) => (None, &[]),
            ExprKind::Call { arguments: parts, .. }
            | ExprKind::Operator { operands: parts, .. }
            | ExprKind::And(parts)
            | ExprKind::Or(parts)
            | ExprKind::Case(parts)
            | ExprKind::Row(parts)
            | ExprKind::Other(parts) => (None, parts),
            ExprKind::Not(part)
            | ExprKind::IsNull { operand: part, .. }
            | ExprKind::Cast { operand: part, .. } => (Some(part), &[]),
            ExprKind::In { operand, members, .. } => (Some(operand), members),
        };
        first.into_iter().chain(rest)
    }

    /// Changes every reference to a column outside of subqueries.
    pub fn change_columns(&mut self, change: &mut dyn FnMut(&mut ColumnRef)) {
        match &mut self.kind {
            ExprKind::Literal(_) | ExprKind::Query(_) => {}
            ExprKind::Column(column) => change(column),
            ExprKind::Call { arguments: parts, .. }
            | ExprKind::Operator { operands: parts, .. }
            | ExprKind::And(parts)
            | ExprKind::Or(parts)
            | ExprKind::Case(parts)
            | ExprKind::Row(parts)
            | ExprKind::Other(parts) => parts.iter_mut().for_each(|part| part.change_columns(change)),
            ExprKind::Not(part)
            | ExprKind::IsNull { operand: part, .. }
            | ExprKind::Cast { operand: part, .. } => part.change_columns(change),
            ExprKind::In { operand, members, .. } => {
                operand.change_columns(change);
                members
                    .iter_mut()
                    .for_each(|member| member.change_columns(change));
            }
        }
    }

    /// Says whether some expression in this one, itself included, is as asked.
    pub fn any(&self, mut wanted: impl FnMut(&Expr) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |expr| found = found || wanted(expr));
        found
    }

    /// Returns the parts of a conjunction; the expression itself where it is none.
    pub fn conjuncts(&self) -> &[Expr] {
        match &self.kind {
            ExprKind::And(parts) => parts,
            _ => std::slice::from_ref(self),
        }
    }

    /// Returns the expression below casts.
    pub fn without_casts(&self) -> &Expr {
        match &self.kind {
            ExprKind::Cast { operand, .. } => operand.without_casts(),
            _ => self,
        }
    }

    /// Returns the column, if the expression is one and nothing else.
    pub fn as_column(&self) -> Option<&ColumnRef> {
        match &self.kind {
            ExprKind::Column(column) => Some(column),
            _ => None,
        }
    }

    /// Returns the literal, if the expression is one and nothing else.
    pub fn as_literal(&self) -> Option<&Literal> {
        match &self.kind {
            ExprKind::Literal(literal) => Some(literal),
            _ => None,
        }
    }
}
