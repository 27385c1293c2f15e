//! Constraints of tables and of columns, with the indexes that they build.

use std::sync::Arc;

use super::names::free_name;
use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::relation::{TableConstraint, TableConstraintKind};
use crate::lint::schema::{Index, IndexColumn, Key};
use crate::sql::act::{ColumnDef, Constraint, ConstraintKind, Span};
use crate::sql::normal::fingerprint;

impl Replay<'_> {
    pub(super) fn column_constraints(&mut self, table: &Key, column: &ColumnDef) {
        for constraint in &column.constraints {
            match &constraint.kind {
                ConstraintKind::Check { .. }
                | ConstraintKind::Unique { .. }
                | ConstraintKind::PrimaryKey { .. }
                | ConstraintKind::ForeignKey(_) => self.add_constraint(table, constraint, Some(&column.name)),
                ConstraintKind::Default(expr) if column.data_type.is_none() => {
                    let expr = expr.clone();
                    self.schema.change_relation(table, |relation| {
                        if let Some(found) = relation.column_mut(&column.name) {
                            found.default = Some(expr);
                        }
                    });
                }
                ConstraintKind::NotNull { .. } if column.data_type.is_none() => {
                    self.set_not_null(table, &column.name, true)
                }
                _ => {}
            }
        }
    }

    /// Adds a constraint; `column` where it stands in a column's definition.
    pub(super) fn add_constraint(&mut self, table: &Key, constraint: &Constraint, column: Option<&str>) {
        let own: Vec<Arc<str>> = column.iter().map(|name| Arc::from(*name)).collect();
        let columns = |written: &[Box<str>]| -> Vec<Arc<str>> {
            if written.is_empty() {
                own.clone()
            } else {
                written.iter().map(|name| Arc::from(&**name)).collect()
            }
        };
        let span = constraint.span.clone();
        let (kind, label, named_after) = match &constraint.kind {
            ConstraintKind::Check { expr, .. } => {
                self.use_columns(table, expr);
                let of = single_column(expr).unwrap_or_default();
                if !of.is_empty() && !constraint.not_valid {
                    let what = Touched::Column(table.clone(), of.as_str().into());
                    let kind = TouchKind::Set("check", fingerprint(&expr.normal()));
                    self.touch(what, kind, span.clone());
                }
                (TableConstraintKind::Check(expr.clone()), "check", of)
            }
            ConstraintKind::PrimaryKey {
                columns: written,
                using_index,
            } => {
                let columns = self.key_columns(table, columns(written), using_index.as_deref(), &span);
                columns
                    .iter()
                    .for_each(|column| self.set_not_null(table, column, true));
                (TableConstraintKind::PrimaryKey(columns), "pkey", String::new())
            }
            ConstraintKind::Unique {
                columns: written,
                using_index,
                ..
            } => {
                let columns = self.key_columns(table, columns(written), using_index.as_deref(), &span);
                let of = columns.join("_");
                (TableConstraintKind::Unique(columns), "key", of)
            }
            ConstraintKind::Exclude => (TableConstraintKind::Exclude, "excl", String::new()),
            ConstraintKind::ForeignKey(key) => {
                let columns = columns(&key.columns);
                let Some(referenced) = self.need_relation(&key.table, key.table_span.clone()) else {
                    return;
                };
                self.touch(
                    Touched::Relation(referenced.clone()),
                    TouchKind::Use,
                    key.table_span.clone(),
                );
                let of = columns.join("_");
                let names = self.referenced(&referenced, &key.referenced, &key.table_span);
                if referenced != *table {
                    self.need_key(&referenced, &names, Missing::UniqueKey, &span);
                }
                if !constraint.not_valid {
                    self.refuses_orphans(table, &referenced, &span);
                }
                let kind = TableConstraintKind::ForeignKey {
                    columns,
                    referenced: names,
                    table: referenced,
                    on_delete: key.on_delete.clone(),
                    on_update: key.on_update.clone(),
                };
                (kind, "fkey", of)
            }
            ConstraintKind::NotNull {
                column: Some(column), ..
            } => {
                self.use_column(table, column, span);
                // NOT NULL that is NOT VALID (18) does not hold for the rows that are there.
                return self.set_not_null(table, column, !constraint.not_valid);
            }
            _ => return,
        };
        if column.is_none() {
            for name in kind_columns(&kind) {
                self.use_column(table, &name, span.clone());
            }
        }
        let name: Arc<str> = match (&constraint.name, using_index(&constraint.kind)) {
            (Some(name), _) => Arc::from(&**name),
            (None, Some(index)) => Arc::from(index),
            (None, None) => self.free_constraint_name(table, &named_after, label),
        };
        self.put_constraint(table, constraint, kind, name);
    }

    fn put_constraint(
        &mut self,
        table: &Key,
        constraint: &Constraint,
        kind: TableConstraintKind,
        name: Arc<str>,
    ) {
        let what = Touched::Constraint(table.clone(), Arc::clone(&name));
        let is_there = self
            .schema
            .relation_at(table)
            .is_some_and(|relation| relation.constraint(&name).is_some());
        self.touch(what.clone(), self.create_kind(false), constraint.span.clone());
        if is_there {
            return self.exists(&what, constraint.span.clone());
        }
        let is_new = self
            .schema
            .relation_at(table)
            .is_some_and(|relation| relation.origin == self.place.origin);
        if matches!(kind, TableConstraintKind::PrimaryKey(_)) && !is_new {
            // There can be one, whatever it is called.
            let only = Touched::Constraint(table.clone(), "primary key".into());
            self.touch(only, self.create_kind(false), constraint.span.clone());
        }
        self.index_of_constraint(table, constraint, &kind, &name);
        let made = TableConstraint {
            name,
            valid: !constraint.not_valid && !constraint.not_enforced,
            enforced: !constraint.not_enforced,
            initially_deferred: constraint.initially_deferred,
            kind,
            origin: self.place.origin,
        };
        self.schema
            .change_relation(table, |relation| relation.constraints.push(made));
    }

    /// Keys have an index of their name; USING INDEX renames the one that is there.
    fn index_of_constraint(
        &mut self,
        table: &Key,
        constraint: &Constraint,
        kind: &TableConstraintKind,
        name: &Arc<str>,
    ) {
        let (TableConstraintKind::PrimaryKey(columns) | TableConstraintKind::Unique(columns)) = kind else {
            return;
        };
        let primary = matches!(kind, TableConstraintKind::PrimaryKey(_));
        let key = Key::new(Arc::clone(&table.schema), Arc::clone(name));
        if let Some(used) = using_index(&constraint.kind) {
            let old = Key::new(Arc::clone(&table.schema), used);
            if let Some(index) = self.schema.take_index(&old) {
                self.schema.put_index(Index {
                    key,
                    primary,
                    constraint: true,
                    ..Index::clone(&index)
                });
            }
            return;
        }
        let nulls_not_distinct = matches!(
            constraint.kind,
            ConstraintKind::Unique {
                nulls_not_distinct: true,
                ..
            }
        );
        let names: Vec<&str> = columns.iter().map(|name| &**name).collect();
        self.provide_key(table, &names, &constraint.span);
        self.schema.put_index(Index {
            key,
            relation: table.clone(),
            unique: true,
            primary,
            constraint: true,
            valid: true,
            method: "btree".into(),
            columns: columns
                .iter()
                .map(|column| IndexColumn {
                    column: Some(Arc::clone(column)),
                    expr: None,
                    tail: "".into(),
                })
                .collect(),
            include: Vec::new(),
            condition: None,
            nulls_not_distinct,
            origin: self.place.origin,
        });
    }

    fn key_columns(
        &mut self,
        table: &Key,
        written: Vec<Arc<str>>,
        using: Option<&str>,
        span: &Span,
    ) -> Vec<Arc<str>> {
        let Some(using) = using else { return written };
        let index = Key::new(Arc::clone(&table.schema), using);
        match self.schema.index_at(&index) {
            Some(index) => index
                .columns
                .iter()
                .filter_map(|column| column.column.clone())
                .collect(),
            None => {
                // The index of a known table is known; one that another migration makes is missed.
                let name = crate::sql::WrittenName {
                    schema: Some(table.schema.to_string()),
                    name: using.to_owned(),
                };
                self.absent(Missing::Index, &name, None, span.clone());
                if let Some(absence) = self.log.absences.last_mut() {
                    absence.unsure = true;
                }
                written
            }
        }
    }

    /// The columns that a foreign key refers to; the primary key where none are written.
    fn referenced(&mut self, table: &Key, written: &[Box<str>], span: &Span) -> Vec<Arc<str>> {
        for column in written {
            self.use_column(table, column, span.clone());
        }
        if !written.is_empty() {
            return written.iter().map(|name| Arc::from(&**name)).collect();
        }
        let relation = self.schema.relation_at(table);
        relation
            .and_then(|found| found.primary_key())
            .map(<[_]>::to_vec)
            .unwrap_or_default()
    }

    fn free_constraint_name(&self, table: &Key, columns: &str, label: &str) -> Arc<str> {
        if matches!(label, "pkey" | "key" | "excl") {
            return self.free_relation_name(table, columns, label);
        }
        let relation = self.schema.relation_at(table);
        free_name(&table.name, columns, label, |name| {
            relation.is_some_and(|relation| relation.constraint(name).is_some())
        })
    }
}

fn using_index(kind: &ConstraintKind) -> Option<&str> {
    match kind {
        ConstraintKind::PrimaryKey { using_index, .. } | ConstraintKind::Unique { using_index, .. } => {
            using_index.as_deref()
        }
        _ => None,
    }
}

fn kind_columns(kind: &TableConstraintKind) -> Vec<Arc<str>> {
    match kind {
        TableConstraintKind::PrimaryKey(columns)
        | TableConstraintKind::Unique(columns)
        | TableConstraintKind::ForeignKey { columns, .. } => columns.clone(),
        TableConstraintKind::Check(_) | TableConstraintKind::Exclude => Vec::new(),
    }
}

/// The column that a CHECK is named after: the only one that it uses (`ChooseConstraintName` in heap.c).
fn single_column(expr: &crate::sql::act::Expr) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    expr.walk(&mut |part| {
        if let Some(column) = part.as_column()
            && !names.iter().any(|name| **name == *column.name)
        {
            names.push(column.name.to_string());
        }
    });
    match names.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}
