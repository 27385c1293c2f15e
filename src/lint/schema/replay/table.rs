//! CREATE TABLE, and columns and constraints wherever they are defined.

use std::sync::Arc;

use super::names::{column_type, free_name};
use super::query::Shape;
use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::relation::{
    Column, Partition, Relation, RelationKind, TableConstraint, TableConstraintKind,
};
use crate::lint::schema::{Found, Index, Key, Sequence};
use crate::sql::act::{ColumnDef, Constraint, ConstraintKind, CreateTable, Span};

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

    pub(super) fn set_not_null(&mut self, table: &Key, column: &str, not_null: bool) {
        self.schema.change_relation(table, |relation| {
            if let Some(found) = relation.column_mut(column) {
                found.not_null = not_null;
            }
        });
    }
}
