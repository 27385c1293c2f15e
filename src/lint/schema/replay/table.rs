//! CREATE TABLE, and columns and constraints wherever they are defined.

use std::sync::Arc;

use super::names::{column_type, free_name};
use super::query::Shape;
use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::relation::{
    Column, Partition, Relation, RelationKind, TableConstraint, TableConstraintKind,
};
use crate::lint::schema::{Found, Index, IndexColumn, Key, Sequence};
use crate::sql::act::{ColumnDef, Constraint, ConstraintKind, CreateTable, Span};
use crate::sql::normal::fingerprint;

impl Replay<'_> {
    pub(super) fn create_table(&mut self, table: &CreateTable) {
        let span = table.name_span.clone();
        let key = self.schema.creation_key(&table.name, table.temporary);
        let what = Touched::Relation(key.clone());
        self.touch(what.clone(), self.create_kind(table.if_not_exists), span.clone());
        self.need_schema(&table.name, span.clone());
        if self
            .schema
            .relation_at(&key)
            .is_some_and(|found| !found.only_named)
        {
            if !table.if_not_exists {
                self.exists(&what, span);
            }
            return;
        }
        let kind = match () {
            () if table.foreign => RelationKind::ForeignTable,
            () if table.partition_by.is_some() => RelationKind::PartitionedTable,
            () => RelationKind::Table,
        };
        let mut relation = Relation::named(key.clone(), kind, self.place.origin);
        relation.temporary = table.temporary;
        relation.unlogged = table.unlogged;
        relation.owner = self.owner_of_new();
        relation.partition_by = table.partition_by.clone();
        relation.options = table.options.iter().cloned().collect();
        relation.may_have_rows = table.query.is_some() && !table.no_data;
        self.schema.put_relation(relation);
        self.take_over(table, &key);
        // A CHECK of one column may name those that follow it.
        let is_own = |column: &&ColumnDef| table.partition_of.is_none() || column.data_type.is_some();
        for column in table.columns.iter().filter(is_own) {
            self.put_column(&key, column);
        }
        for column in &table.columns {
            self.column_constraints(&key, column);
        }
        for constraint in &table.constraints {
            // A new table has no rows: NOT VALID says nothing there (`transformCheckConstraints`).
            let valid = Constraint {
                not_valid: false,
                ..constraint.clone()
            };
            self.add_constraint(&key, &valid, None);
        }
        for column in &table.columns {
            self.use_generated(&key, column);
        }
    }

    /// Takes over columns from parents, LIKE and the query.
    fn take_over(&mut self, table: &CreateTable, key: &Key) {
        let span = table.name_span.clone();
        for parent in table.inherits.iter().chain(&table.partition_of) {
            let Some(parent_key) = self.need_relation(parent, span.clone()) else {
                continue;
            };
            self.touch(
                Touched::Relation(parent_key.clone()),
                TouchKind::Use,
                span.clone(),
            );
            self.inherit(key, &parent_key);
            self.schema
                .change_relation(&parent_key, |parent| parent.children.push(key.clone()));
        }
        if let Some(parent) = &table.partition_of {
            let parent = self
                .schema
                .relation(parent)
                .known()
                .map(|found| found.key.clone());
            let bound = table.bound.clone().unwrap_or_default();
            if let Some(parent) = &parent {
                self.bound_of(parent, &bound, self.create_kind(table.if_not_exists), &span);
            }
            self.schema.change_relation(key, |relation| {
                relation.partition = parent.map(|parent| Partition { parent, bound });
            });
        }
        for parent in &table.inherits {
            if let Found::Known(found) = self.schema.relation(parent) {
                let parent = found.key.clone();
                self.schema
                    .change_relation(key, |relation| relation.inherits.push(parent));
            }
        }
        for (source, with_indexes) in &table.like {
            let Some(source) = self.need_relation(source, span.clone()) else {
                continue;
            };
            self.touch(Touched::Relation(source.clone()), TouchKind::Use, span.clone());
            let every = Touched::Column(source.clone(), "*".into());
            self.touch(every, TouchKind::Bind, span.clone());
            self.like(key, &source, *with_indexes);
        }
        if let Some(query) = &table.query {
            self.names_of_query(query);
            let Shape { columns, known, .. } = self.shape_of(query);
            let origin = self.place.origin;
            self.schema.change_relation(key, |relation| {
                relation.columns_known &= known;
                // Of a query's result only names and types are kept.
                relation.columns.extend(columns.into_iter().map(|column| Column {
                    not_null: false,
                    default: None,
                    generated: None,
                    identity: false,
                    origin,
                    comment: None,
                    ..column
                }));
            });
        }
    }

    /// Copies what a child has from its parent: columns, CHECK and NOT NULL; a partition also keys and indexes, which
    /// the caller of ATTACH and PARTITION OF adds by name only where rules look.
    pub(super) fn inherit(&mut self, child: &Key, parent: &Key) {
        let Some(parent) = self.schema.relation_at(parent).cloned() else {
            return;
        };
        let origin = self.place.origin;
        self.schema.change_relation(child, |relation| {
            relation.columns_known &= parent.columns_known;
            for column in &parent.columns {
                if relation.column(&column.name).is_none() {
                    relation.columns.push(Column {
                        origin,
                        ..column.clone()
                    });
                }
            }
            for constraint in &parent.constraints {
                let inherited = matches!(constraint.kind, TableConstraintKind::Check(_))
                    || parent.kind == RelationKind::PartitionedTable;
                if inherited && relation.constraint(&constraint.name).is_none() {
                    relation.constraints.push(TableConstraint {
                        origin,
                        ..constraint.clone()
                    });
                }
            }
        });
    }

    /// LIKE copies columns and NOT NULL; INCLUDING ALL the rest. Foreign keys never.
    fn like(&mut self, key: &Key, source: &Key, including_all: bool) {
        let Some(source) = self.schema.relation_at(source).cloned() else {
            return;
        };
        let origin = self.place.origin;
        self.schema.change_relation(key, |relation| {
            relation.columns_known &= source.columns_known;
            relation.copied.push(source.key.clone());
            for column in &source.columns {
                let (default, generated) = match including_all {
                    true => (column.default.clone(), column.generated.clone()),
                    false => (None, None),
                };
                relation.columns.push(Column {
                    default,
                    generated,
                    identity: column.identity && including_all,
                    origin,
                    ..column.clone()
                });
            }
            if including_all {
                let copied = source
                    .constraints
                    .iter()
                    .filter(|constraint| !matches!(constraint.kind, TableConstraintKind::ForeignKey { .. }));
                relation
                    .constraints
                    .extend(copied.map(|constraint| TableConstraint {
                        origin,
                        ..constraint.clone()
                    }));
            }
        });
        if including_all {
            for index in self.schema.indexes_of(&source).cloned().collect::<Vec<_>>() {
                let columns = index.plain_columns().unwrap_or_default().join("_");
                let label = if index.primary { "pkey" } else { "idx" };
                let name = self.free_relation_name(key, if index.primary { "" } else { &columns }, label);
                self.schema.put_index(Index {
                    key: Key::new(Arc::clone(&key.schema), name),
                    relation: key.clone(),
                    origin,
                    ..Index::clone(&index)
                });
            }
        }
    }

    pub(super) fn need_schema(&mut self, name: &crate::sql::WrittenName, span: Span) {
        let Some(schema) = &name.schema else { return };
        if self.schema.has_schema(schema) {
            self.touch(Touched::Schema(schema.as_str().into()), TouchKind::Use, span);
        } else if self.schema.complete()
            && !crate::lint::schema::is_system_schema(schema)
            && schema != "pg_temp"
        {
            let written = crate::sql::WrittenName {
                schema: None,
                name: schema.clone(),
            };
            let unsure = self.schema.has_extensions();
            self.log.absences.push(super::Absence {
                missing: Missing::Schema,
                name: written,
                keys: vec![Key::new("", schema.as_str())],
                on: None,
                span,
                conditional: self.place.conditional,
                unsure,
                statement: 0,
            });
            self.schema.put_schema(schema.as_str().into(), self.place.origin);
        }
    }

    pub(super) fn free_relation_name(&self, table: &Key, columns: &str, label: &str) -> Arc<str> {
        free_name(&table.name, columns, label, |name| {
            let key = Key::new(Arc::clone(&table.schema), name);
            self.schema.relation_at(&key).is_some()
                || self.schema.index_at(&key).is_some()
                || self.schema.sequence_at(&key).is_some()
        })
    }

    /// Adds a column with everything that its definition brings: constraints, indexes, the sequence of a serial.
    pub(super) fn add_column(&mut self, table: &Key, column: &ColumnDef) {
        self.put_column(table, column);
        self.column_constraints(table, column);
    }

    /// Adds a column with the sequence of a serial.
    fn put_column(&mut self, table: &Key, column: &ColumnDef) {
        let name: Arc<str> = Arc::from(&*column.name);
        let data_type = column
            .data_type
            .as_ref()
            .map(|written| column_type(self.schema, written));
        let serial = column
            .data_type
            .as_ref()
            .is_some_and(|written| written.name.schema.is_none() && written.name.name.contains("serial"));
        let generated = column
            .constraints
            .iter()
            .find_map(|constraint| match &constraint.kind {
                ConstraintKind::Generated { expr, stored } => Some((expr.clone(), *stored)),
                _ => None,
            });
        let identity = column
            .constraints
            .iter()
            .any(|constraint| matches!(constraint.kind, ConstraintKind::Identity { .. }));
        let made = Column {
            name: Arc::clone(&name),
            data_type,
            collation: column
                .collation
                .as_ref()
                .map(|collation| collation.to_string().into()),
            not_null: column.is_not_null() || serial,
            default: column.default().cloned(),
            generated,
            identity,
            origin: self.place.origin,
            comment: None,
        };
        self.schema.change_relation(table, |relation| {
            relation.columns.retain(|other| other.name != made.name);
            relation.columns.push(made);
        });
        if serial || identity {
            let sequence = self.free_relation_name(table, &column.name, "seq");
            let key = Key::new(Arc::clone(&table.schema), sequence);
            self.touch(
                Touched::Sequence(key.clone()),
                self.create_kind(false),
                column.span.clone(),
            );
            self.schema.put_sequence(Sequence {
                key,
                owned_by: Some((table.clone(), name)),
                owner: self.owner_of_new(),
                grants: crate::lint::schema::Grants::default(),
                origin: self.place.origin,
            });
        }
        if let Some(collation) = &column.collation {
            self.use_collation(collation, &column.span);
        }
        if let Some(default) = column.default() {
            self.label_for(table, &column.name, default);
        }
    }

    /// A collation that no migration makes is one of the server's.
    pub(super) fn use_collation(&mut self, collation: &crate::sql::WrittenName, span: &Span) {
        let name = collation.to_string();
        if self
            .schema
            .other(crate::sql::act::ObjectKind::Collation, &name)
            .is_none()
        {
            self.unsure(Missing::Collation, &name, None, span.clone());
        }
    }

    /// Looks at the columns that a generated column is made from.
    pub(super) fn use_generated(&mut self, table: &Key, column: &ColumnDef) {
        for constraint in &column.constraints {
            if let ConstraintKind::Generated { expr, .. } = &constraint.kind {
                self.binding = true;
                self.use_columns(table, expr);
                self.binding = false;
            }
        }
    }

    fn column_constraints(&mut self, table: &Key, column: &ColumnDef) {
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

    pub(super) fn set_not_null(&mut self, table: &Key, column: &str, not_null: bool) {
        self.schema.change_relation(table, |relation| {
            if let Some(found) = relation.column_mut(column) {
                found.not_null = not_null;
            }
        });
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
