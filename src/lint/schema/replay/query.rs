//! Queries: the columns that they give, the relations that they read, the columns that they name.

use std::sync::Arc;

use super::names::column_type;
use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::{Column, ColumnType, Found, Key, Relation};
use crate::sql::WrittenName;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Copy, Dml, DmlAction, Expr, FromItem, Query, SelectCore, Span};

/// What a query gives.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Whether these are all.
    pub known: bool,
    /// The relations that it reads.
    pub reads: Vec<Key>,
}

/// Columns that every table has (manual, section 5.6).
pub(super) fn is_system_column(name: &str) -> bool {
    matches!(
        name,
        "ctid" | "xmin" | "xmax" | "cmin" | "cmax" | "tableoid" | "oid"
    )
}

impl Replay<'_> {
    pub(super) fn shape_of(&self, query: &Query) -> Shape {
        let mut shape = Shape {
            known: true,
            ..Shape::default()
        };
        self.reads_of(query, &[], &mut shape.reads);
        let Some(arm) = query.arms.first() else {
            shape.known = false;
            return shape;
        };
        for target in &arm.targets {
            match target.expr.as_column() {
                Some(column) if &*column.name == "*" => {
                    if !self.all_columns(query, arm, column.qualifier.as_ref(), &mut shape.columns) {
                        shape.known = false;
                    }
                }
                _ => {
                    let Some(name) = target.name() else {
                        shape.columns.push(self.bare_column("?column?"));
                        continue;
                    };
                    let mut column = self.bare_column(name);
                    column.data_type = self.type_of(arm, &target.expr);
                    shape.columns.push(column);
                }
            }
        }
        if let (true, Some(row)) = (arm.targets.is_empty(), arm.values.first()) {
            shape
                .columns
                .extend((1..=row.len()).map(|at| self.bare_column(&format!("column{at}"))));
        }
        shape
    }

    /// Adds what `*` means; says whether all of it is known.
    fn all_columns(
        &self,
        query: &Query,
        arm: &SelectCore,
        of: Option<&WrittenName>,
        columns: &mut Vec<Column>,
    ) -> bool {
        let mut known = true;
        for item in &arm.from {
            if !matches!(item, FromItem::Relation { .. }) && !matches!(item, FromItem::Join { .. }) {
                known = false;
            }
            item.relations(&mut |name, alias, _| {
                let wanted =
                    of.is_none_or(|of| of.schema.is_none() && alias.unwrap_or(&name.name) == of.name);
                if !wanted {
                    return;
                }
                let is_local = name.schema.is_none() && query.with.iter().any(|(own, _)| **own == *name.name);
                match self.schema.relation(name) {
                    Found::Known(found) if found.columns_known && !is_local => {
                        columns.extend(found.columns.iter().map(|column| Column {
                            not_null: false,
                            default: None,
                            generated: None,
                            identity: false,
                            origin: self.place.origin,
                            comment: None,
                            ..column.clone()
                        }));
                    }
                    _ => known = false,
                }
            });
        }
        known
    }

    /// The type of an expression where it is a column or a cast.
    fn type_of(&self, arm: &SelectCore, expr: &Expr) -> Option<ColumnType> {
        match &expr.kind {
            ExprKind::Cast { target, .. } => Some(column_type(self.schema, target)),
            ExprKind::Column(column) => {
                let mut found = None;
                for item in &arm.from {
                    item.relations(&mut |name, alias, _| {
                        let wanted = column
                            .qualifier
                            .as_ref()
                            .is_none_or(|of| alias.unwrap_or(&name.name) == of.name);
                        if let (true, Found::Known(relation)) =
                            (wanted && found.is_none(), self.schema.relation(name))
                        {
                            found = relation
                                .column(&column.name)
                                .and_then(|column| column.data_type.clone());
                        }
                    });
                }
                found
            }
            _ => None,
        }
    }

    /// Collects the relations that a query reads, those of its subqueries too; `local` are names of WITH around it.
    fn reads_of(&self, query: &Query, local: &[&str], reads: &mut Vec<Key>) {
        let mut names: Vec<&str> = local.to_vec();
        for (name, with) in &query.with {
            self.reads_of(with, &names, reads);
            names.push(name);
        }
        for arm in &query.arms {
            for item in &arm.from {
                self.reads_of_item(item, &names, reads);
            }
        }
        let mut inner = Vec::new();
        for arm in &query.arms {
            let exprs = arm
                .targets
                .iter()
                .map(|target| &target.expr)
                .chain(&arm.condition)
                .chain(&arm.having);
            exprs.for_each(|expr| {
                expr.walk(&mut |part| match &part.kind {
                    ExprKind::Query(query) => inner.push(&**query),
                    ExprKind::In {
                        query: Some(query), ..
                    } => inner.push(&**query),
                    _ => {}
                });
            });
        }
        for query in inner {
            self.reads_of(query, &names, reads);
        }
    }

    fn reads_of_item(&self, item: &FromItem, local: &[&str], reads: &mut Vec<Key>) {
        match item {
            FromItem::Relation { name, .. } => {
                if name.schema.is_none() && local.contains(&name.name.as_str()) {
                    return;
                }
                if let Found::Known(found) = self.schema.relation(name)
                    && !reads.contains(&found.key)
                {
                    reads.push(found.key.clone());
                }
            }
            FromItem::Query { query, .. } => self.reads_of(query, local, reads),
            FromItem::Join { left, right, .. } => {
                self.reads_of_item(left, local, reads);
                self.reads_of_item(right, local, reads);
            }
            FromItem::Call { .. } => {}
        }
    }

    /// Looks at the columns that the arms of a query name, where all that FROM lists is known.
    pub(super) fn columns_of_query(&mut self, query: &Query) {
        let local: Vec<Box<str>> = query.with.iter().map(|(name, _)| name.clone()).collect();
        for arm in &query.arms {
            let mut scope = Vec::new();
            if !arm
                .from
                .iter()
                .all(|item| self.scope_of(item, &local, &mut scope))
                || scope.is_empty()
            {
                continue;
            }
            let exprs = arm
                .targets
                .iter()
                .map(|target| &target.expr)
                .chain(&arm.condition)
                .chain(&arm.group_by);
            // ORDER BY may name a target, GROUP BY too; correlated subqueries bring scopes of their own.
            let aliases: Vec<&str> = arm
                .targets
                .iter()
                .filter_map(|target| target.alias.as_deref())
                .collect();
            let mut named = Vec::new();
            exprs.for_each(|expr| own_columns(expr, &mut named));
            for (column, span) in named {
                if column.qualifier.is_none() && aliases.contains(&&*column.name) {
                    continue;
                }
                self.column_in_scope(&scope, column.qualifier.as_ref(), &column.name, span);
            }
            if let ([(_, only)], Some(condition)) = (scope.as_slice(), &arm.condition) {
                self.labels_of(only, condition);
            }
        }
    }

    /// Writes down the relations that a query takes every column of.
    pub(super) fn every_column(&mut self, query: &Query, span: &Span) {
        let mut names: Vec<&WrittenName> = Vec::new();
        for arm in &query.arms {
            let stars = arm.targets.iter().filter_map(|target| target.expr.as_column());
            for star in stars.filter(|column| &*column.name == "*") {
                let of = star.qualifier.as_ref();
                for item in &arm.from {
                    item.relations(&mut |name, alias, _| {
                        if of.is_none_or(|of| alias.unwrap_or(&name.name) == of.name) {
                            names.push(name);
                        }
                    });
                }
            }
        }
        for name in names {
            let is_local = name.schema.is_none() && query.with.iter().any(|(own, _)| **own == *name.name);
            if let (Found::Known(found), false) = (self.schema.relation(name), is_local) {
                let every = Touched::Column(found.key.clone(), "*".into());
                self.touch(every, TouchKind::Bind, span.clone());
            }
        }
    }

    /// Collects the relations of an item of FROM under their names; says whether all of them are known.
    fn scope_of(&self, item: &FromItem, local: &[Box<str>], scope: &mut Vec<(Box<str>, Key)>) -> bool {
        match item {
            FromItem::Relation { name, alias, .. } => {
                let is_local = name.schema.is_none() && local.iter().any(|own| **own == *name.name);
                match self.schema.relation(name) {
                    Found::Known(found) if found.columns_known && !is_local => {
                        let shown = alias.clone().unwrap_or_else(|| name.name.as_str().into());
                        scope.push((shown, found.key.clone()));
                        true
                    }
                    _ => false,
                }
            }
            FromItem::Join { left, right, .. } => {
                self.scope_of(left, local, scope) && self.scope_of(right, local, scope)
            }
            FromItem::Query { .. } | FromItem::Call { .. } => false,
        }
    }

    fn column_in_scope(
        &mut self,
        scope: &[(Box<str>, Key)],
        qualifier: Option<&WrittenName>,
        name: &str,
        span: Span,
    ) {
        if name == "*" || is_system_column(name) {
            return;
        }
        let candidates: Vec<&Key> = scope
            .iter()
            .filter(|(shown, _)| qualifier.is_none_or(|of| *of.name == **shown))
            .map(|(_, key)| key)
            .collect();
        let has = |key: &&Key| {
            self.schema
                .relation_at(key)
                .is_some_and(|found| found.column(name).is_some())
        };
        if let Some(key) = candidates.iter().copied().find(|key| has(key)) {
            let key = key.clone();
            return self.touch(Touched::Column(key, name.into()), self.use_kind(), span);
        }
        // A whole row is named like its table.
        let is_row = qualifier.is_none() && scope.iter().any(|(shown, _)| **shown == *name);
        if let ([first, ..], false) = (candidates.as_slice(), is_row) {
            let on = (*first).clone();
            let written = WrittenName {
                schema: None,
                name: name.to_owned(),
            };
            self.absent(Missing::Column, &written, Some(on), span);
            // Without a qualifier it may be a variable.
            let unsure = self.place.in_body && qualifier.is_none();
            if let Some(absence) = self.log.absences.last_mut() {
                absence.unsure |= unsure;
            }
        }
    }

    pub(super) fn dml(&mut self, change: &Dml) {
        let span = change.target_span.clone();
        let Some(key) = self.need_relation(&change.target, span.clone()) else {
            return;
        };
        self.touch(Touched::Relation(key.clone()), TouchKind::Use, span.clone());
        let kind = match self.rows(&key, change) {
            true => TouchKind::Pinned,
            false => TouchKind::Change,
        };
        for column in &change.columns {
            if self.use_column(&key, column, span.clone()) && change.action != DmlAction::Insert {
                let what = Touched::Column(key.clone(), Arc::from(&**column));
                self.touch(what, kind("values"), span.clone());
            }
        }
        self.touch(
            Touched::Rows(key.clone()),
            kind(change.action.as_str()),
            span.clone(),
        );
        self.schema
            .change_relation(&key, |relation| relation.may_have_rows = true);
        if change.from.is_empty() && change.with.is_empty() {
            let shown = change
                .alias
                .clone()
                .unwrap_or_else(|| change.target.name.as_str().into());
            let is_known = self
                .schema
                .relation_at(&key)
                .is_some_and(|found: &Arc<Relation>| found.columns_known);
            let mut named = Vec::new();
            let values = match change.action {
                // EXCLUDED is in scope after ON CONFLICT, sources after MERGE.
                DmlAction::Update => change.values.as_slice(),
                _ => &[],
            };
            let condition = change
                .condition
                .iter()
                .filter(|_| change.action != DmlAction::Merge);
            values
                .iter()
                .chain(condition)
                .for_each(|expr| own_columns(expr, &mut named));
            if is_known {
                let scope = [(shown, key)];
                for (column, span) in named {
                    self.column_in_scope(&scope, column.qualifier.as_ref(), &column.name, span);
                }
            }
        }
        if let Some(source) = &change.source {
            self.columns_of_query(source);
        }
        self.names_of_change(change);
    }

    pub(super) fn copy(&mut self, copy: &Copy, span: Span) {
        let Some(table) = &copy.table else { return };
        let Some(key) = self.need_relation(table, span.clone()) else {
            return;
        };
        self.touch(Touched::Relation(key.clone()), TouchKind::Use, span.clone());
        if copy.is_from {
            self.touch(Touched::Rows(key.clone()), TouchKind::Change("INSERT"), span);
            self.schema
                .change_relation(&key, |relation| relation.may_have_rows = true);
        }
    }
}

/// The columns that an expression names itself, those of its subqueries left out.
pub(super) fn own_columns<'a>(expr: &'a Expr, named: &mut Vec<(&'a crate::sql::act::ColumnRef, Span)>) {
    if let ExprKind::Column(column) = &expr.kind {
        named.push((column, expr.span.clone()));
    }
    expr.parts().for_each(|part| own_columns(part, named));
}
