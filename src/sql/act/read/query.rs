//! Queries and what stands in FROM.

use super::expr::{is_expr, is_query};
use super::names::{Reader, name_of, word, word_at, words_of};
use crate::sql::act::expression::{ColumnRef, Expr, ExprKind};
use crate::sql::act::query::{FromItem, JoinKind, Query, SelectCore, Target};
use crate::sql::parse::{Node, SyntaxKind as K};

/// How deep queries and joins may nest before only what they name is noted.
const DEEPEST: usize = 100;

/// How many joins may stand in each other.
const LONGEST: usize = 60;

impl Reader<'_> {
    /// Reads a query; its common table expressions are in scope in it and nowhere else.
    pub(super) fn query(&mut self, node: Node<'_>) -> Query {
        let mut query = Query {
            span: self.span(node),
            ..Query::default()
        };
        let known = self.in_scope.len();
        self.arms(node, &mut query);
        self.in_scope.truncate(known);
        query
    }

    /// Reads the arms of a query. Set operations lean to the left and may be many: they are taken apart in a loop.
    fn arms(&mut self, node: Node<'_>, query: &mut Query) {
        let mut spine = Vec::new();
        let mut first = node;
        while first.kind() == K::COMPOUND_SELECT {
            spine.push(first);
            match first.nodes().next() {
                Some(inner) => first = inner,
                None => return,
            }
        }
        self.arm(first, query);
        for compound in spine.into_iter().rev() {
            let mut parts = compound.nodes().skip(1);
            if let Some(operator) = parts.next() {
                query.distinct_arms |= !operator.has(K::ALL);
            }
            for part in parts {
                match part.kind() {
                    kind if is_query(kind) || kind == K::PAREN_EXPR => self.arm(part, query),
                    _ => self.tail(part, query),
                }
            }
        }
    }

    fn arm(&mut self, node: Node<'_>, query: &mut Query) {
        if self.depth >= DEEPEST {
            self.parts(node);
            return;
        }
        self.depth += 1;
        match node.kind() {
            K::PAREN_SELECT | K::PAREN_EXPR => {
                for part in node.nodes() {
                    match part.kind() {
                        K::WITH_CLAUSE => self.with(part, query),
                        kind if is_query(kind) || kind == K::PAREN_EXPR => self.arms(part, query),
                        _ => self.tail(part, query),
                    }
                }
            }
            K::COMPOUND_SELECT => self.arms(node, query),
            _ => self.core(node, query),
        }
        self.depth -= 1;
    }

    fn core(&mut self, node: Node<'_>, query: &mut Query) {
        let mut core = SelectCore::default();
        for part in node.nodes() {
            match part.kind() {
                K::WITH_CLAUSE => self.with(part, query),
                K::SELECT_CLAUSE => part.nodes().for_each(|inner| self.select_part(inner, &mut core)),
                K::FROM_CLAUSE => core.from = self.items_of(part),
                K::WHERE_CLAUSE => core.condition = self.only_expr(part),
                K::GROUP_BY_CLAUSE => self.group_by(part, &mut core),
                K::HAVING_CLAUSE => core.having = self.only_expr(part),
                K::ROW_LIST => core.values = part.children_of(K::ROW).map(|row| self.row(row)).collect(),
                K::RELATION_NAME => self.table(part, &mut core),
                K::INTO_CLAUSE => {}
                K::TARGET_LIST | K::DISTINCT_CLAUSE => self.select_part(part, &mut core),
                _ => self.tail(part, query),
            }
        }
        query.arms.push(core);
    }

    fn row(&mut self, row: Node<'_>) -> Vec<Expr> {
        row.nodes().map(|expr| self.expr(expr)).collect()
    }

    /// `TABLE t` is `SELECT * FROM t`.
    fn table(&mut self, name: Node<'_>, core: &mut SelectCore) {
        let span = self.span(name);
        core.targets.push(Target {
            expr: star(span.clone()),
            alias: None,
        });
        core.from.push(FromItem::Relation {
            name: self.read_relation(name),
            alias: None,
            only: name.has(K::ONLY_KW),
            span,
        });
    }

    fn select_part(&mut self, part: Node<'_>, core: &mut SelectCore) {
        match part.kind() {
            K::DISTINCT_CLAUSE => match part.child(K::DISTINCT_ON) {
                Some(on) => core.distinct_on = on.nodes().map(|expr| self.expr(expr)).collect(),
                None => core.distinct = true,
            },
            K::TARGET_LIST => core
                .targets
                .extend(part.children_of(K::TARGET).map(|target| self.target(target))),
            _ => {}
        }
    }

    fn target(&mut self, target: Node<'_>) -> Target {
        let alias = target.child(K::AS_NAME).map(|name| word_at(name, K::COLUMN_NAME));
        let expr = match target.nodes().find(|part| part.kind() != K::AS_NAME) {
            Some(expr) => self.expr(expr),
            None => star(self.span(target)),
        };
        Target { expr, alias }
    }

    fn group_by(&mut self, clause: Node<'_>, core: &mut SelectCore) {
        let Some(list) = clause.child(K::GROUP_BY_LIST) else {
            return;
        };
        for item in list.nodes() {
            core.grouping_sets |= item.kind() != K::GROUPING_EXPR;
            core.group_by.extend(self.parts(item));
        }
    }

    fn tail(&mut self, part: Node<'_>, query: &mut Query) {
        match part.kind() {
            K::ORDER_BY_CLAUSE => query.order_by = self.parts(part),
            K::LIMIT_CLAUSE | K::FETCH_CLAUSE => {
                let expr = self.only_expr(part);
                query.limit = expr.map(Box::new).or_else(|| query.limit.take());
                if query.limit.is_none() && part.kind() == K::FETCH_CLAUSE {
                    // FETCH FIRST ROW ONLY is one row.
                    let kind = ExprKind::Literal(super::super::Literal::Number("1".into()));
                    query.limit = Some(Box::new(Expr {
                        span: self.span(part),
                        kind,
                    }));
                }
            }
            K::LOCKING_CLAUSE => query.locks_rows = true,
            _ => drop(self.parts(part)),
        }
    }

    /// Reads the expression of a clause that has one.
    pub(super) fn only_expr(&mut self, clause: Node<'_>) -> Option<Expr> {
        let expr = clause
            .nodes()
            .find(|part| is_expr(part.kind()) || is_query(part.kind()))?;
        Some(self.expr(expr))
    }

    /// Reads WITH into a query. A recursive name is in scope in all of them, any other in those that follow.
    pub(super) fn with(&mut self, clause: Node<'_>, query: &mut Query) {
        let recursive = clause.has(K::RECURSIVE_KW);
        let tables = || clause.children_of(K::WITH_TABLE);
        if recursive {
            self.in_scope
                .extend(tables().map(|table| word_at(table, K::CTE_NAME)));
        }
        for table in tables() {
            let name = word_at(table, K::CTE_NAME);
            for part in table.nodes() {
                match part.kind() {
                    K::INSERT | K::UPDATE | K::DELETE | K::MERGE => {
                        let change = self.dml(part);
                        query.changes.push((name.clone(), change));
                    }
                    kind if is_query(kind) => {
                        let inner = self.query(part);
                        query.with.push((name.clone(), inner));
                    }
                    K::CYCLE_CLAUSE => drop(self.parts(part)),
                    _ => {}
                }
            }
            if !recursive {
                self.in_scope.push(name);
            }
        }
    }

    /// Reads what stands in FROM or USING.
    pub(super) fn items_of(&mut self, clause: Node<'_>) -> Vec<FromItem> {
        let mut items = Vec::new();
        for item in clause.nodes() {
            self.join_chain(item, &mut items);
        }
        items
    }

    /// Reads one item of FROM.
    pub(super) fn item_of(&mut self, node: Node<'_>) -> FromItem {
        let mut items = Vec::new();
        self.join_chain(node, &mut items);
        items.swap_remove(0)
    }

    /// Reads an item of FROM. Joins lean to the left and may be many: beyond [`LONGEST`] they are put side by side.
    fn join_chain(&mut self, node: Node<'_>, items: &mut Vec<FromItem>) {
        if self.depth >= DEEPEST {
            items.push(self.call_item(node, None));
            return;
        }
        self.depth += 1;
        self.shallow_join_chain(node, items);
        self.depth -= 1;
    }

    fn shallow_join_chain(&mut self, node: Node<'_>, items: &mut Vec<FromItem>) {
        let mut spine = Vec::new();
        let mut first = node;
        while first.kind() == K::JOIN_EXPR {
            spine.push(first);
            match first.nodes().next() {
                Some(inner) => first = inner,
                None => break,
            }
        }
        let mut item = self.single_item(first);
        for (index, node) in spine.into_iter().rev().enumerate() {
            let Some(join) = node.child(K::JOIN) else {
                continue;
            };
            if index > 0 && index % LONGEST == 0 {
                items.push(item);
                item = self.joined(join);
            } else {
                item = self.join(item, join);
            }
        }
        items.push(item);
    }

    /// Reads the right side of a join, and drops how it is joined.
    fn joined(&mut self, join: Node<'_>) -> FromItem {
        let nothing = FromItem::Relation {
            name: Default::default(),
            alias: None,
            only: false,
            span: 0..0,
        };
        match self.join(nothing, join) {
            FromItem::Join { right, .. } => *right,
            other => other,
        }
    }

    fn single_item(&mut self, node: Node<'_>) -> FromItem {
        let alias = alias_of(node);
        if self.depth >= DEEPEST {
            return self.call_item(node, alias);
        }
        self.depth += 1;
        let item = match node.kind() {
            K::RELATION_FROM_ITEM => self.relation(node, alias),
            K::PAREN_FROM_ITEM => self.in_parentheses(node, alias),
            _ => self.call_item(node, alias),
        };
        self.depth -= 1;
        item
    }

    fn relation(&mut self, node: Node<'_>, alias: Option<Box<str>>) -> FromItem {
        if let Some(sample) = node.child(K::TABLESAMPLE_CLAUSE) {
            self.parts(sample);
        }
        let name = node.child(K::RELATION_NAME_REF);
        FromItem::Relation {
            name: name.map(|name| self.read_relation(name)).unwrap_or_default(),
            alias,
            only: node.has(K::ONLY_KW),
            span: self.span(name.unwrap_or(node)),
        }
    }

    fn in_parentheses(&mut self, node: Node<'_>, alias: Option<Box<str>>) -> FromItem {
        match node.nodes().next() {
            Some(query) if query.kind() == K::PAREN_SELECT => FromItem::Query {
                query: Box::new(self.query(query)),
                alias,
            },
            Some(paren) if paren.kind() == K::PAREN_EXPR => self.paren_item(paren, alias),
            _ => self.call_item(node, alias),
        }
    }

    fn paren_item(&mut self, paren: Node<'_>, alias: Option<Box<str>>) -> FromItem {
        match paren.nodes().next() {
            Some(inner) if is_query(inner.kind()) => FromItem::Query {
                query: Box::new(self.query(inner)),
                alias,
            },
            Some(inner) if inner.kind() == K::PAREN_EXPR => self.paren_item(inner, alias),
            Some(inner) if !is_expr(inner.kind()) => match (self.item_of(inner), alias) {
                (FromItem::Relation { name, only, span, .. }, alias @ Some(_)) => FromItem::Relation {
                    name,
                    alias,
                    only,
                    span,
                },
                (item, _) => item,
            },
            _ => self.call_item(paren, alias),
        }
    }

    fn call_item(&mut self, node: Node<'_>, alias: Option<Box<str>>) -> FromItem {
        let call = node.nodes().find(|part| is_expr(part.kind()));
        let call = match call {
            Some(call) => self.expr(call),
            None => Expr {
                span: self.span(node),
                kind: ExprKind::Other(self.parts(node)),
            },
        };
        FromItem::Call { call, alias }
    }

    fn join(&mut self, left: FromItem, join: Node<'_>) -> FromItem {
        let mut kind = JoinKind::Inner;
        let (mut right, mut on, mut using) = (None, None, Vec::new());
        for part in join.nodes() {
            match part.kind() {
                K::JOIN_INNER => kind = JoinKind::Inner,
                K::JOIN_LEFT => kind = JoinKind::Left,
                K::JOIN_RIGHT => kind = JoinKind::Right,
                K::JOIN_FULL => kind = JoinKind::Full,
                K::JOIN_CROSS => kind = JoinKind::Cross,
                K::ON_CLAUSE => on = self.only_expr(part).map(Box::new),
                K::JOIN_USING_CLAUSE => {
                    let columns = part.child(K::COLUMN_REF_LIST);
                    using = columns
                        .map(|list| words_of(list, K::COLUMN_NAME_REF))
                        .unwrap_or_default();
                }
                _ => right = Some(self.item_of(part)),
            }
        }
        if join.has(K::NATURAL_KW) {
            kind = JoinKind::Natural;
        }
        match right {
            Some(right) => FromItem::Join {
                left: Box::new(left),
                right: Box::new(right),
                kind,
                on,
                using,
            },
            None => left,
        }
    }
}

/// Reads the alias of an item, a target or a statement.
pub(super) fn alias_of(node: Node<'_>) -> Option<Box<str>> {
    let alias = node.child_of(&[K::FROM_ALIAS, K::OPTIONAL_AS_ALIAS, K::REQUIRED_AS_ALIAS])?;
    alias.child(K::TABLE_ALIAS).map(word)
}

fn star(span: super::super::Span) -> Expr {
    let column = ColumnRef {
        qualifier: None,
        name: "*".into(),
    };
    Expr {
        span,
        kind: ExprKind::Column(column),
    }
}

/// Reads the name of a relation that is a target: not read.
pub(super) fn target_of(node: Node<'_>) -> Option<Node<'_>> {
    let outer = node.child_of(&[
        K::RELATION_NAME_REF,
        K::RELATION_NAME,
        K::TABLE_RELATION_NAME,
        K::TABLE_NAME_REF,
    ])?;
    match outer.kind() {
        K::RELATION_NAME | K::TABLE_RELATION_NAME => {
            outer.child_of(&[K::RELATION_NAME_REF, K::TABLE_NAME_REF])
        }
        _ => Some(outer),
    }
}

/// Reads the names of relations in a list.
pub(super) fn relation_names(list: Node<'_>) -> Vec<crate::sql::WrittenName> {
    list.nodes().map(name_of).collect()
}
