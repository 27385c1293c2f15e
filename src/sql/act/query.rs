//! Queries, as far as rules look into them.

use super::expression::{Expr, Literal};
use super::rows::Dml;
use super::{Span, WrittenName};

/// A query: SELECT, VALUES, TABLE, and set operations of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Where it stands.
    pub span: Span,
    /// WITH: name and query. What changes rows there is in `changes`.
    pub with: Vec<(Box<str>, Query)>,
    /// WITH … AS (INSERT, UPDATE, DELETE): name and statement.
    pub changes: Vec<(Box<str>, Dml)>,
    /// The arms of UNION, INTERSECT and EXCEPT; one where there is none of these.
    pub arms: Vec<SelectCore>,
    /// Whether a set operation removes duplicates (UNION, INTERSECT, EXCEPT without ALL).
    pub distinct_arms: bool,
    /// ORDER BY.
    pub order_by: Vec<Expr>,
    /// LIMIT or FETCH FIRST.
    pub limit: Option<Box<Expr>>,
    /// Whether FOR UPDATE, SHARE, … is written.
    pub locks_rows: bool,
}

/// One SELECT.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SelectCore {
    /// What is selected.
    pub targets: Vec<Target>,
    /// FROM.
    pub from: Vec<FromItem>,
    /// WHERE.
    pub condition: Option<Expr>,
    /// GROUP BY; empty where there is none.
    pub group_by: Vec<Expr>,
    /// Whether GROUPING SETS, CUBE or ROLLUP are used.
    pub grouping_sets: bool,
    /// HAVING.
    pub having: Option<Expr>,
    /// DISTINCT.
    pub distinct: bool,
    /// DISTINCT ON: its expressions.
    pub distinct_on: Vec<Expr>,
    /// VALUES: its rows.
    pub values: Vec<Vec<Expr>>,
}

/// One column of a SELECT.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Its expression; a column called `*` for all columns.
    pub expr: Expr,
    /// AS.
    pub alias: Option<Box<str>>,
}

impl Target {
    /// Returns the name that the column gets (manual, section 7.3.2): its alias, its column's or its function's name.
    pub fn name(&self) -> Option<&str> {
        use super::expression::ExprKind as K;
        if let Some(alias) = &self.alias {
            return Some(alias);
        }
        match &self.expr.without_casts().kind {
            K::Column(column) => Some(&column.name),
            K::Call { name, .. } => Some(&name.name),
            _ => None,
        }
    }
}

/// An item of FROM.
#[derive(Clone, Debug, PartialEq)]
pub enum FromItem {
    /// A relation.
    Relation {
        /// Its name; that of a common table expression where one is in scope.
        name: WrittenName,
        /// Its alias.
        alias: Option<Box<str>>,
        /// ONLY.
        only: bool,
        /// Where it stands.
        span: Span,
    },
    /// A subquery.
    Query {
        /// The query.
        query: Box<Query>,
        /// Its alias.
        alias: Option<Box<str>>,
    },
    /// A function.
    Call {
        /// The call.
        call: Expr,
        /// Its alias.
        alias: Option<Box<str>>,
    },
    /// A join.
    Join {
        /// Left side.
        left: Box<FromItem>,
        /// Right side.
        right: Box<FromItem>,
        /// Which join.
        kind: JoinKind,
        /// ON.
        on: Option<Box<Expr>>,
        /// USING.
        using: Vec<Box<str>>,
    },
}

/// Which join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// INNER.
    Inner,
    /// LEFT.
    Left,
    /// RIGHT.
    Right,
    /// FULL.
    Full,
    /// CROSS.
    Cross,
    /// NATURAL of any sort.
    Natural,
}

impl FromItem {
    /// Calls `visit` for each relation, joins taken apart; subqueries are not entered.
    pub fn relations<'a>(&'a self, visit: &mut dyn FnMut(&'a WrittenName, Option<&'a str>, bool)) {
        match self {
            FromItem::Relation {
                name, alias, only, ..
            } => visit(name, alias.as_deref(), *only),
            FromItem::Join { left, right, .. } => {
                left.relations(visit);
                right.relations(visit);
            }
            FromItem::Query { .. } | FromItem::Call { .. } => {}
        }
    }

    fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match self {
            FromItem::Relation { .. } => {}
            FromItem::Query { query, .. } => query.walk(visit),
            FromItem::Call { call, .. } => call.walk(visit),
            FromItem::Join { left, right, on, .. } => {
                left.walk(visit);
                right.walk(visit);
                on.iter().for_each(|on| on.walk(visit));
            }
        }
    }
}

impl Query {
    /// Says whether LIMIT leaves one row at most.
    pub fn gives_one_row(&self) -> bool {
        let limit = self.limit.as_deref().and_then(Expr::as_literal);
        matches!(limit, Some(Literal::Number(number)) if matches!(&**number, "0" | "1"))
    }

    /// Calls `visit` for every expression in the query, those of its subqueries included.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        self.with.iter().for_each(|(_, query)| query.walk(visit));
        self.changes.iter().for_each(|(_, change)| change.walk(visit));
        self.arms.iter().for_each(|arm| arm.walk(visit));
        self.order_by.iter().for_each(|expr| expr.walk(visit));
        self.limit.iter().for_each(|expr| expr.walk(visit));
    }
}

impl SelectCore {
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        self.targets.iter().for_each(|target| target.expr.walk(visit));
        self.from.iter().for_each(|item| item.walk(visit));
        self.condition.iter().for_each(|expr| expr.walk(visit));
        self.group_by.iter().for_each(|expr| expr.walk(visit));
        self.having.iter().for_each(|expr| expr.walk(visit));
        self.distinct_on.iter().for_each(|expr| expr.walk(visit));
        self.values.iter().flatten().for_each(|expr| expr.walk(visit));
    }
}
