//! The columns that queries and changes of rows name, wherever they stand: in subqueries, joins, WITH, the bodies of
//! functions in SQL. What is looked at here and nowhere else is missed only where a migration makes it: a name may be a
//! parameter, a column of something unknown, an alias.

use super::Replay;
use super::query::own_columns;
use crate::lint::schema::{Found, Key};
use crate::sql::act::expression::ExprKind;
use crate::sql::act::routine::{Body, BodyKind};
use crate::sql::act::{Action, Dml, DmlAction, Expr, FromItem, Query, Span};

/// What FROM lists: the name that it goes by, and the relation where its columns are known.
type Scope = Vec<(Box<str>, Option<Key>)>;

/// The scopes around an expression, outermost first, and the names of WITH.
#[derive(Clone, Default)]
struct Around {
    scopes: Vec<Scope>,
    local: Vec<Box<str>>,
    depth: usize,
}

/// How far back a name is looked for that was missed already.
const RECENT: usize = 64;

/// How deep queries are followed.
const DEEPEST: usize = 16;

impl Replay<'_> {
    /// Looks at every column that a query names.
    pub(super) fn names_of_query(&mut self, query: &Query) {
        self.query_in(query, &Around::default());
    }

    /// Looks at the columns that subqueries of an expression over a relation name.
    pub(super) fn names_of_expr(&mut self, relation: &Key, expr: &Expr) {
        let around = Around {
            scopes: vec![vec![(relation.name.as_ref().into(), Some(relation.clone()))]],
            ..Around::default()
        };
        self.subqueries(expr, &around);
    }

    /// Looks at every column that a change of rows names.
    pub(super) fn names_of_change(&mut self, change: &Dml) {
        let mut around = Around::default();
        for (name, query) in &change.with {
            self.query_in(query, &around);
            around.local.push(name.clone());
        }
        if let Some(source) = &change.source {
            self.query_in(source, &around);
        }
        // EXCLUDED is in scope after ON CONFLICT, sources after MERGE.
        if !matches!(change.action, DmlAction::Update | DmlAction::Delete) {
            return;
        }
        let shown = change.alias.as_deref().unwrap_or(&change.target.name);
        let mut scope: Scope = vec![(shown.into(), self.known(&change.target))];
        let mut on = Vec::new();
        for item in &change.from {
            self.enter(item, &mut around, &mut scope, &mut on);
        }
        around.scopes.push(scope);
        let exprs = change.values.iter().chain(&change.condition).chain(on);
        exprs.for_each(|expr| self.names_in(expr, &around, &[]));
    }

    /// Looks at every column that the body of a function in SQL names.
    pub(super) fn names_of_body(&mut self, body: &Body) {
        if &*body.language != "sql" {
            return;
        }
        for statement in &body.statements {
            let BodyKind::Sql(act) = &statement.kind else {
                continue;
            };
            match &act.action {
                Action::Select(query) => self.names_of_query(query),
                Action::Dml(change) => {
                    if let Some(table) = self.known(&change.target) {
                        for column in &change.columns {
                            self.maybe_column(&table, column, change.target_span.clone());
                        }
                    }
                    self.names_of_change(change);
                }
                _ => {}
            }
        }
    }

    fn query_in(&mut self, query: &Query, around: &Around) {
        let mut around = around.clone();
        around.depth += 1;
        if around.depth > DEEPEST {
            return;
        }
        // WITH RECURSIVE names itself.
        around
            .local
            .extend(query.with.iter().map(|(name, _)| name.clone()));
        around
            .local
            .extend(query.changes.iter().map(|(name, _)| name.clone()));
        for (_, with) in &query.with {
            self.query_in(with, &around);
        }
        for arm in &query.arms {
            let mut scope = Scope::new();
            let mut on = Vec::new();
            let mut inner = around.clone();
            for item in &arm.from {
                self.enter(item, &mut inner, &mut scope, &mut on);
            }
            inner.scopes.push(scope);
            let shown: Vec<&str> = arm.targets.iter().filter_map(|target| target.name()).collect();
            let targets = arm.targets.iter().map(|target| &target.expr);
            let plain = targets
                .chain(&arm.condition)
                .chain(&arm.having)
                .chain(arm.values.iter().flatten());
            plain.chain(on).for_each(|expr| self.names_in(expr, &inner, &[]));
            let order = query.order_by.iter().filter(|_| query.arms.len() == 1);
            let aliased = arm.group_by.iter().chain(&arm.distinct_on).chain(order);
            aliased.for_each(|expr| self.names_in(expr, &inner, &shown));
        }
    }

    /// Adds an item of FROM to a scope; subqueries are looked at on the way, beside what stands left of them (LATERAL).
    fn enter<'q>(
        &mut self,
        item: &'q FromItem,
        around: &mut Around,
        scope: &mut Scope,
        on: &mut Vec<&'q Expr>,
    ) {
        match item {
            FromItem::Relation { name, alias, .. } => {
                let is_local = name.schema.is_none() && around.local.iter().any(|own| **own == *name.name);
                let known = self.known(name).filter(|_| !is_local);
                scope.push((alias.as_deref().unwrap_or(&name.name).into(), known));
            }
            FromItem::Query { query, alias } => {
                around.scopes.push(scope.clone());
                self.query_in(query, around);
                around.scopes.pop();
                scope.push((alias.as_deref().unwrap_or_default().into(), None));
            }
            FromItem::Call { call, alias } => {
                on.push(call);
                scope.push((alias.as_deref().unwrap_or_default().into(), None));
            }
            FromItem::Join {
                left,
                right,
                on: condition,
                ..
            } => {
                self.enter(left, around, scope, on);
                self.enter(right, around, scope, on);
                on.extend(condition.as_deref());
            }
        }
    }

    fn known(&self, name: &crate::sql::WrittenName) -> Option<Key> {
        match self.schema.relation(name) {
            Found::Known(found) if found.columns_known => Some(found.key.clone()),
            _ => None,
        }
    }

    fn names_in(&mut self, expr: &Expr, around: &Around, shown: &[&str]) {
        let mut named = Vec::new();
        own_columns(expr, &mut named);
        for (column, span) in named {
            let is_shown = column.qualifier.is_none() && shown.contains(&&*column.name);
            if &*column.name == "*" || is_shown {
                continue;
            }
            match &column.qualifier {
                Some(of) if of.schema.is_none() => {
                    let scopes = around.scopes.iter().rev().flatten();
                    let entry = scopes.into_iter().find(|(own, _)| **own == *of.name);
                    if let Some((_, Some(table))) = entry {
                        self.maybe_column(table, &column.name, span);
                    }
                }
                Some(_) => {}
                None => self.unqualified(&column.name, around, span),
            }
        }
        self.subqueries(expr, around);
    }

    fn subqueries(&mut self, expr: &Expr, around: &Around) {
        let mut queries: Vec<&Query> = Vec::new();
        expr.walk(&mut |part| match &part.kind {
            ExprKind::Query(query) => queries.push(query),
            ExprKind::In {
                query: Some(query), ..
            } => queries.push(query),
            _ => {}
        });
        for query in queries {
            self.query_in(query, around);
        }
    }

    fn unqualified(&mut self, name: &str, around: &Around, span: Span) {
        let mut first = None;
        for scope in around.scopes.iter().rev() {
            if scope.iter().any(|(own, _)| **own == *name) {
                // A whole row.
                return;
            }
            for (_, table) in scope {
                let Some(table) = table else { return };
                let found = self.schema.relation_at(table);
                if found.is_some_and(|relation| relation.column(name).is_some()) {
                    let table = table.clone();
                    return self.maybe_column(&table, name, span);
                }
                first.get_or_insert_with(|| table.clone());
            }
        }
        if let Some(table) = first {
            self.maybe_column(&table, name, span);
        }
    }

    /// Looks at a column that may be something else.
    fn maybe_column(&mut self, table: &Key, name: &str, span: Span) {
        let before = self.log.absences.len();
        self.use_column(table, name, span);
        let absences = &mut self.log.absences;
        let Some(new) = absences.get_mut(before) else {
            return;
        };
        new.unsure = true;
        // What was missed here already is not missed twice.
        let (earlier, new) = absences.split_at(before);
        let is_known = |absence: &super::Absence| {
            new.first().is_some_and(|new| {
                absence.missing == new.missing && absence.span == new.span && absence.name == new.name
            })
        };
        if earlier.iter().rev().take(RECENT).any(is_known) {
            absences.truncate(before);
        }
    }
}
