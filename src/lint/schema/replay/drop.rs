//! DROP, with what goes along.

use std::sync::Arc;

use super::needed::Change;
use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::relation::TableConstraintKind;
use crate::lint::schema::{Found, Key};
use crate::sql::WrittenName;
use crate::sql::act::{Drop, ObjectKind, ObjectName, Span};

impl Replay<'_> {
    pub(super) fn drop(&mut self, drop: &Drop) {
        let named = drop
            .objects
            .iter()
            .filter_map(|object| self.schema.relation(&object.name).known());
        self.going = named.map(|relation| relation.key.clone()).collect();
        for object in &drop.objects {
            self.drop_one(object, drop);
        }
    }

    fn drop_one(&mut self, object: &ObjectName, drop: &Drop) {
        use ObjectKind as K;
        let span = object.span.clone();
        let kind = self.drop_kind(drop.if_exists);
        match object.kind {
            K::Table | K::View | K::MaterializedView | K::ForeignTable => {
                match self.schema.relation(&object.name) {
                    Found::Known(found) => {
                        let key = found.key.clone();
                        self.touch(Touched::Relation(key.clone()), kind, span.clone());
                        self.drop_relation(&key, drop.cascade, &span);
                    }
                    found => {
                        let is_absent = found.is_absent();
                        self.gone_already(is_absent, Missing::Relation, object, kind);
                    }
                }
            }
            K::Sequence => match self.schema.sequence(&object.name) {
                Found::Known(found) => {
                    let key = found.key.clone();
                    self.schema.take_sequence(&key);
                    self.touch(Touched::Sequence(key), kind, span);
                }
                found => {
                    let is_absent = found.is_absent();
                    self.gone_already(is_absent, Missing::Sequence, object, kind);
                }
            },
            K::Index => match self.schema.index(&object.name) {
                Found::Known(found) => {
                    let key = found.key.clone();
                    if found.constraint {
                        let by = vec![format!("constraint {} on {}", key.name, found.relation)];
                        self.refused(Touched::Index(key.clone()), by, Change::Drop, &span);
                    }
                    self.touch(Touched::Index(key.clone()), kind, span);
                    self.schema.take_index(&key);
                }
                found => {
                    let is_absent = found.is_absent();
                    self.gone_already(is_absent, Missing::Index, object, kind);
                }
            },
            K::Type | K::Domain => match self.schema.type_(&object.name) {
                Found::Known(found) => {
                    let key = found.key.clone();
                    if !drop.cascade {
                        let by = self.users_of_type(&key);
                        self.refused(Touched::Type(key.clone()), by, Change::Drop, &span);
                    }
                    self.schema.take_type(&key);
                    self.touch(Touched::Type(key), kind, span);
                }
                Found::Absent if self.schema.has_extensions() => {}
                found => {
                    let is_absent = found.is_absent();
                    self.gone_already(is_absent, Missing::Type, object, kind);
                }
            },
            K::Function | K::Procedure | K::Routine | K::Aggregate => {
                self.drop_routine(object, drop.cascade, kind)
            }
            K::Trigger | K::Policy | K::Rule => self.drop_on_table(object, kind),
            K::Schema => self.drop_schema(object, drop.cascade, kind),
            other => {
                let name: Arc<str> = super::names::other_name(&object.name).into();
                self.schema.take_other(other, &name);
                self.touch(Touched::Other(other, name), kind, span);
            }
        }
    }

    fn drop_kind(&self, if_exists: bool) -> TouchKind {
        if if_exists || self.place.conditional {
            TouchKind::DropIfExists
        } else {
            TouchKind::Drop
        }
    }

    /// What is not there: a mistake, or something that IF EXISTS asks about.
    fn gone_already(&mut self, is_absent: bool, missing: Missing, object: &ObjectName, kind: TouchKind) {
        if is_absent && kind == TouchKind::Drop {
            self.absent(missing, &object.name, None, object.span.clone());
        }
        let key = self.schema.creation_key(&object.name, false);
        let what = match missing {
            Missing::Sequence => Touched::Sequence(key),
            Missing::Index => Touched::Index(key),
            Missing::Type => Touched::Type(key),
            Missing::Routine => Touched::Routine(key),
            _ => Touched::Relation(key),
        };
        self.touch(what, kind, object.span.clone());
    }

    /// Removes a relation with its indexes, triggers, policies, sequences and partitions; with CASCADE also what reads
    /// or references it (manual, section 5.15 "Dependency Tracking").
    pub(super) fn drop_relation(&mut self, key: &Key, cascade: bool, span: &Span) {
        let Some(relation) = self.schema.take_relation(key) else {
            return;
        };
        for index in &relation.indexes {
            self.schema.take_index(index);
        }
        let owned: Vec<Key> = self
            .schema
            .sequences()
            .filter(|sequence| sequence.owned_by.as_ref().is_some_and(|(table, _)| table == key))
            .map(|sequence| sequence.key.clone())
            .collect();
        for sequence in owned {
            self.schema.take_sequence(&sequence);
        }
        if let Some(place) = &relation.partition {
            self.schema.change_relation(&place.parent, |parent| {
                parent.children.retain(|child| child != key)
            });
        }
        for child in &relation.children {
            let is_partition = self
                .schema
                .relation_at(child)
                .is_some_and(|found| found.partition.as_ref().is_some_and(|place| place.parent == *key));
            if is_partition || cascade {
                self.drop_relation(child, cascade, span);
            }
        }
        let mut others = self.dependents(key);
        if cascade {
            others.iter().for_each(|other| self.cut_off(key, other, span));
        } else {
            others.retain(|other| !self.going.contains(other));
            let by = others.iter().map(ToString::to_string).collect();
            self.refused(Touched::Relation(key.clone()), by, Change::Drop, span);
        }
    }

    /// The relations that read a relation or have a foreign key to it.
    pub(super) fn dependents(&self, key: &Key) -> Vec<Key> {
        self.schema
            .relations()
            .filter(|other| {
                other.reads.contains(key)
                    || other.constraints.iter().any(|constraint| {
                        matches!(&constraint.kind, TableConstraintKind::ForeignKey { table, .. } if table == key)
                    })
            })
            .map(|other| other.key.clone())
            .collect()
    }

    /// CASCADE: a view goes, a foreign key goes and leaves its table.
    fn cut_off(&mut self, key: &Key, other: &Key, span: &Span) {
        let reads = self
            .schema
            .relation_at(other)
            .is_some_and(|found| found.reads.contains(key));
        if reads {
            self.touch(Touched::Relation(other.clone()), TouchKind::Drop, span.clone());
            return self.drop_relation(other, true, span);
        }
        self.schema.change_relation(other, |relation| {
            relation.constraints.retain(|constraint| {
                !matches!(&constraint.kind, TableConstraintKind::ForeignKey { table, .. } if table == key)
            });
        });
    }

    fn drop_routine(&mut self, object: &ObjectName, cascade: bool, kind: TouchKind) {
        let found = self
            .schema
            .routines(&object.name)
            .first()
            .map(|routine| routine.key.clone());
        let Some(key) = found else {
            if self.schema.complete() && !self.schema.has_extensions() && kind == TouchKind::Drop {
                self.absent(Missing::Routine, &object.name, None, object.span.clone());
            }
            let key = self.schema.creation_key(&object.name, false);
            return self.touch(Touched::Routine(key), kind, object.span.clone());
        };
        if !cascade {
            let by = self.users_of_routine(&key);
            self.refused(Touched::Routine(key.clone()), by, Change::Drop, &object.span);
        }
        self.schema.take_routines(&key, object.arguments.as_deref());
        self.touch(Touched::Routine(key), kind, object.span.clone());
    }

    fn drop_on_table(&mut self, object: &ObjectName, kind: TouchKind) {
        let Some(on) = &object.on else { return };
        let span = object.span.clone();
        let conditional = kind == TouchKind::DropIfExists;
        if conditional && self.schema.relation(on).is_absent() {
            return;
        }
        let Some(table) = self.need_relation(on, span.clone()) else {
            return;
        };
        let name: Arc<str> = object.name.name.as_str().into();
        let (missing, what) = match object.kind {
            ObjectKind::Trigger => (
                Missing::Trigger,
                Touched::Trigger(table.clone(), Arc::clone(&name)),
            ),
            ObjectKind::Policy => (Missing::Policy, Touched::Policy(table.clone(), Arc::clone(&name))),
            _ => (Missing::Rule, Touched::Rule(table.clone(), Arc::clone(&name))),
        };
        if !conditional && !self.need_on(&table, &name, missing, &span) {
            return;
        }
        self.schema.change_relation(&table, |relation| match missing {
            Missing::Trigger => relation.triggers.retain(|found| found.name != name),
            Missing::Policy => relation.policies.retain(|found| found.name != name),
            _ => relation.rules.retain(|found| found.name != name),
        });
        self.touch(what, kind, span);
    }

    fn drop_schema(&mut self, object: &ObjectName, cascade: bool, kind: TouchKind) {
        let name: Arc<str> = object.name.name.as_str().into();
        let span = object.span.clone();
        if !self.schema.has_schema(&name) {
            if self.schema.complete() && kind == TouchKind::Drop {
                let written = WrittenName {
                    schema: None,
                    name: name.to_string(),
                };
                self.log.absences.push(super::Absence {
                    missing: Missing::Schema,
                    name: written,
                    keys: vec![Key::new("", Arc::clone(&name))],
                    on: None,
                    span,
                    conditional: false,
                    unsure: self.schema.has_extensions(),
                    statement: 0,
                });
            }
            return;
        }
        if cascade {
            let inside: Vec<Key> = self
                .schema
                .relation_keys()
                .into_iter()
                .filter(|key| key.schema == name)
                .collect();
            for key in inside {
                self.touch(Touched::Relation(key.clone()), TouchKind::Drop, span.clone());
                self.drop_relation(&key, true, &span);
            }
            for key in self.schema.routine_keys_in(&name) {
                self.schema.take_routines(&key, None);
            }
            let types: Vec<Key> = self
                .schema
                .types()
                .map(|found| found.key.clone())
                .filter(|key| key.schema == name)
                .collect();
            for key in types {
                self.schema.take_type(&key);
            }
        }
        self.schema.take_schema(&name);
        self.touch(Touched::Schema(name), kind, span);
    }

    pub(super) fn drop_column(
        &mut self,
        table: &Key,
        name: &str,
        if_exists: bool,
        cascade: bool,
        span: &Span,
    ) {
        let what = Touched::Column(table.clone(), name.into());
        let is_there = self
            .schema
            .relation_at(table)
            .is_some_and(|found| found.column(name).is_some());
        if !is_there && !if_exists && !self.use_column(table, name, span.clone()) {
            return;
        }
        self.touch(what.clone(), self.drop_kind(if_exists), span.clone());
        let by = self.users_of_column(table, name, Change::Drop);
        if cascade {
            let reads: Vec<Key> = self
                .schema
                .relations()
                .filter(|other| by.iter().any(|by| by.ends_with(&format!("view {}", other.key))))
                .map(|other| other.key.clone())
                .collect();
            reads.iter().for_each(|view| self.drop_relation(view, true, span));
        } else {
            self.refused(what, by, Change::Drop, span);
        }
        let Some(relation) = self.schema.relation_at(table).cloned() else {
            return;
        };
        for index in self.schema.indexes_of(&relation).cloned().collect::<Vec<_>>() {
            let uses = index.columns.iter().any(|column| {
                column.column.as_deref() == Some(name)
                    || column.expr.as_ref().is_some_and(|expr| names_column(expr, name))
            }) || index.include.iter().any(|column| **column == *name)
                || index
                    .condition
                    .as_ref()
                    .is_some_and(|expr| names_column(expr, name));
            if uses {
                self.schema.take_index(&index.key);
                // What goes with the column is there no more for who drops it by name.
                if !index.constraint {
                    self.touch(
                        Touched::Index(index.key.clone()),
                        TouchKind::DropIfExists,
                        span.clone(),
                    );
                }
            }
        }
        for constraint in relation
            .constraints
            .iter()
            .filter(|one| constraint_names(&one.kind, name))
        {
            let what = Touched::Constraint(table.clone(), Arc::clone(&constraint.name));
            self.touch(what, TouchKind::DropIfExists, span.clone());
        }
        self.schema.change_relation(table, |relation| {
            relation.columns.retain(|column| *column.name != *name);
            relation
                .constraints
                .retain(|constraint| !constraint_names(&constraint.kind, name));
            if cascade {
                relation.policies.retain(|policy| {
                    !policy
                        .using
                        .iter()
                        .chain(&policy.with_check)
                        .any(|expr| names_column(expr, name))
                });
            }
        });
        let owned: Vec<Key> = self
            .schema
            .sequences()
            .filter(|sequence| {
                sequence
                    .owned_by
                    .as_ref()
                    .is_some_and(|(on, column)| on == table && **column == *name)
            })
            .map(|sequence| sequence.key.clone())
            .collect();
        for sequence in owned {
            self.schema.take_sequence(&sequence);
        }
        for child in &relation.children {
            self.schema.change_relation(child, |child| {
                child.columns.retain(|column| *column.name != *name)
            });
        }
    }
}

fn names_column(expr: &crate::sql::act::Expr, name: &str) -> bool {
    expr.any(|part| part.as_column().is_some_and(|column| *column.name == *name))
}

fn constraint_names(kind: &TableConstraintKind, name: &str) -> bool {
    match kind {
        TableConstraintKind::Check(expr) => names_column(expr, name),
        TableConstraintKind::PrimaryKey(columns)
        | TableConstraintKind::Unique(columns)
        | TableConstraintKind::ForeignKey { columns, .. } => columns.iter().any(|column| **column == *name),
        TableConstraintKind::Exclude => false,
    }
}
