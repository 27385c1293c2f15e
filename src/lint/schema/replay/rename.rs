//! RENAME and SET SCHEMA: the object goes on under another name, and so does everything that points at it.

use std::sync::Arc;

use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::relation::{Relation, TableConstraintKind};
use crate::lint::schema::{Found, Index, Key, Schema};
use crate::sql::act::{Expr, ObjectKind, ObjectName, Rename, Span};

impl Replay<'_> {
    pub(super) fn rename(&mut self, rename: &Rename) {
        use ObjectKind as K;
        let span = rename.object.span.clone();
        let name = &rename.object.name;
        match rename.object.kind {
            K::Column => self.rename_column(rename),
            K::Constraint | K::Trigger | K::Policy | K::Rule => self.rename_on_table(rename),
            K::Table | K::View | K::MaterializedView | K::ForeignTable | K::Index | K::Sequence => {
                self.rename_relation(rename);
            }
            K::Function | K::Procedure | K::Routine => {
                let Some(key) = self.schema.routines(name).first().map(|found| found.key.clone()) else {
                    return;
                };
                let to = Key::new(Arc::clone(&key.schema), &*rename.to);
                for routine in self
                    .schema
                    .take_routines(&key, rename.object.arguments.as_deref())
                {
                    let mut moved = crate::lint::schema::Routine::clone(&routine);
                    moved.key = to.clone();
                    self.schema.put_routine(moved);
                }
                self.moved(Touched::Routine(key), Touched::Routine(to), span);
            }
            K::Type | K::Domain => match self.schema.type_(name) {
                Found::Known(found) => {
                    let key = found.key.clone();
                    let to = Key::new(Arc::clone(&key.schema), &*rename.to);
                    if let Some(found) = self.schema.take_type(&key) {
                        let mut moved = crate::lint::schema::Type::clone(&found);
                        moved.key = to.clone();
                        self.schema.put_type(moved);
                    }
                    self.moved(Touched::Type(key), Touched::Type(to), span);
                }
                Found::Absent if !self.schema.has_extensions() => {
                    self.absent(Missing::Type, name, None, span)
                }
                _ => {}
            },
            K::Schema => {
                self.schema.take_schema(&name.name);
                self.schema.put_schema(Arc::from(&*rename.to), self.place.origin);
                for key in self.schema.relation_keys() {
                    if *key.schema == *name.name {
                        self.touch(Touched::Relation(key.clone()), TouchKind::Rename, span.clone());
                        self.move_relation(&key, &Key::new(&*rename.to, Arc::clone(&key.name)));
                    }
                }
                let (from, to) = (Arc::from(name.name.as_str()), Arc::from(&*rename.to));
                self.moved(Touched::Schema(from), Touched::Schema(to), span);
            }
            other => {
                let own = super::names::other_name(name);
                self.schema.take_other(other, &own);
                self.schema.put_other(other, &rename.to, self.place.origin);
                let (from, to) = (Arc::from(own), Arc::from(&*rename.to));
                self.moved(Touched::Other(other, from), Touched::Other(other, to), span);
            }
        }
    }

    fn moved(&mut self, from: Touched, to: Touched, span: Span) {
        self.touch(from, TouchKind::Rename, span.clone());
        self.touch(to, self.create_kind(false), span);
    }

    pub(super) fn set_schema(&mut self, object: &ObjectName, schema: &str) {
        let span = object.span.clone();
        match object.kind {
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::ForeignTable => {
                let Some(key) = self.need_relation(&object.name, span.clone()) else {
                    return;
                };
                let to = Key::new(schema, Arc::clone(&key.name));
                self.move_relation(&key, &to);
                self.moved(Touched::Relation(key), Touched::Relation(to), span);
            }
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                let Some(key) = self
                    .schema
                    .routines(&object.name)
                    .first()
                    .map(|found| found.key.clone())
                else {
                    return;
                };
                let to = Key::new(schema, Arc::clone(&key.name));
                for routine in self.schema.take_routines(&key, object.arguments.as_deref()) {
                    let mut moved = crate::lint::schema::Routine::clone(&routine);
                    moved.key = to.clone();
                    self.schema.put_routine(moved);
                }
                self.moved(Touched::Routine(key), Touched::Routine(to), span);
            }
            ObjectKind::Type | ObjectKind::Domain => {
                let Some(key) = self
                    .schema
                    .type_(&object.name)
                    .known()
                    .map(|found| found.key.clone())
                else {
                    return;
                };
                let to = Key::new(schema, Arc::clone(&key.name));
                if let Some(found) = self.schema.take_type(&key) {
                    let mut moved = crate::lint::schema::Type::clone(&found);
                    moved.key = to.clone();
                    self.schema.put_type(moved);
                }
                self.moved(Touched::Type(key), Touched::Type(to), span);
            }
            ObjectKind::Sequence => {
                let Some(key) = self
                    .schema
                    .sequence(&object.name)
                    .known()
                    .map(|found| found.key.clone())
                else {
                    return;
                };
                let to = Key::new(schema, Arc::clone(&key.name));
                move_sequence(self.schema, &key, &to);
                self.moved(Touched::Sequence(key), Touched::Sequence(to), span);
            }
            _ => {}
        }
    }

    fn rename_relation(&mut self, rename: &Rename) {
        let span = rename.object.span.clone();
        let name = &rename.object.name;
        if let Found::Known(index) = self.schema.index(name) {
            let key = index.key.clone();
            let to = Key::new(Arc::clone(&key.schema), &*rename.to);
            rename_index(self.schema, &key, &to);
            return self.moved(Touched::Index(key), Touched::Index(to), span);
        }
        if let Found::Known(sequence) = self.schema.sequence(name) {
            let key = sequence.key.clone();
            let to = Key::new(Arc::clone(&key.schema), &*rename.to);
            move_sequence(self.schema, &key, &to);
            return self.moved(Touched::Sequence(key), Touched::Sequence(to), span);
        }
        match rename.object.kind {
            ObjectKind::Index | ObjectKind::Sequence => {
                let missing = match rename.object.kind {
                    ObjectKind::Index => Missing::Index,
                    _ => Missing::Sequence,
                };
                if self.schema.complete() && !rename.if_exists {
                    self.absent(missing, name, None, span);
                }
            }
            _ => {
                if rename.if_exists && self.schema.relation(name).is_absent() {
                    return;
                }
                let Some(key) = self.need_relation(name, span.clone()) else {
                    return;
                };
                let to = Key::new(Arc::clone(&key.schema), &*rename.to);
                self.move_relation(&key, &to);
                self.moved(Touched::Relation(key), Touched::Relation(to), span);
            }
        }
    }

    /// Gives a relation another name and follows every pointer to it.
    fn move_relation(&mut self, from: &Key, to: &Key) {
        let Some(found) = self.schema.take_relation(from) else {
            return;
        };
        let mut moved = Relation::clone(&found);
        moved.key = to.clone();
        let indexes = std::mem::take(&mut moved.indexes);
        self.schema.put_relation(moved);
        for key in indexes {
            let Some(index) = self.schema.take_index(&key) else {
                continue;
            };
            let mut index = Index::clone(&index);
            index.relation = to.clone();
            index.key = Key::new(Arc::clone(&to.schema), Arc::clone(&key.name));
            self.schema.put_index(index);
        }
        let pointing: Vec<Key> = self
            .schema
            .relations()
            .filter(|relation| points_at(relation, from))
            .map(|relation| relation.key.clone())
            .collect();
        for key in pointing {
            self.schema
                .change_relation(&key, |relation| point_elsewhere(relation, from, to));
        }
        let owned: Vec<Key> = self
            .schema
            .sequences()
            .filter(|sequence| sequence.owned_by.as_ref().is_some_and(|(table, _)| table == from))
            .map(|sequence| sequence.key.clone())
            .collect();
        for key in owned {
            self.schema.change_sequence(&key, |sequence| {
                if let Some((table, _)) = &mut sequence.owned_by {
                    *table = to.clone();
                }
            });
        }
    }

    fn rename_column(&mut self, rename: &Rename) {
        let span = rename.object.span.clone();
        let Some(on) = &rename.object.on else { return };
        if rename.if_exists && self.schema.relation(on).is_absent() {
            return;
        }
        let Some(table) = self.need_relation(on, span.clone()) else {
            return;
        };
        let from: Arc<str> = rename.object.name.name.as_str().into();
        let to: Arc<str> = Arc::from(&*rename.to);
        if !self.use_column(&table, &from, span.clone()) {
            return;
        }
        let indexes = self
            .schema
            .relation_at(&table)
            .map(|found| found.indexes.clone())
            .unwrap_or_default();
        for key in indexes {
            self.schema.change_index(&key, |index| {
                for column in &mut index.columns {
                    replace(&mut column.column, &from, &to);
                    column
                        .expr
                        .iter_mut()
                        .for_each(|expr| rename_in(expr, &from, &to));
                }
                index
                    .condition
                    .iter_mut()
                    .for_each(|expr| rename_in(expr, &from, &to));
                index
                    .include
                    .iter_mut()
                    .filter(|column| **column == from)
                    .for_each(|column| *column = Arc::clone(&to));
            });
        }
        let children = self
            .schema
            .relation_at(&table)
            .map(|found| found.children.clone())
            .unwrap_or_default();
        for key in std::iter::once(table.clone()).chain(children) {
            self.schema
                .change_relation(&key, |relation| rename_column_of(relation, &from, &to));
        }
        self.schema.rename_referenced(&table, &from, &to);
        let (old, new) = (Touched::Column(table.clone(), from), Touched::Column(table, to));
        self.moved(old, new, span);
    }

    fn rename_on_table(&mut self, rename: &Rename) {
        let span = rename.object.span.clone();
        let Some(on) = &rename.object.on else { return };
        let Some(table) = self.need_relation(on, span.clone()) else {
            return;
        };
        let from: Arc<str> = rename.object.name.name.as_str().into();
        let to: Arc<str> = Arc::from(&*rename.to);
        let (missing, of): (Missing, OnTable) = match rename.object.kind {
            ObjectKind::Constraint => (Missing::Constraint, Touched::Constraint),
            ObjectKind::Trigger => (Missing::Trigger, Touched::Trigger),
            ObjectKind::Policy => (Missing::Policy, Touched::Policy),
            _ => (Missing::Rule, Touched::Rule),
        };
        if !self.need_on(&table, &from, missing, &span) {
            return;
        }
        let index = Key::new(Arc::clone(&table.schema), Arc::clone(&from));
        if missing == Missing::Constraint
            && self.schema.index_at(&index).is_some_and(|found| found.constraint)
        {
            rename_index(
                self.schema,
                &index,
                &Key::new(Arc::clone(&table.schema), Arc::clone(&to)),
            );
        }
        self.schema.change_relation(&table, |relation| match missing {
            Missing::Constraint => {
                relation
                    .constraints
                    .iter_mut()
                    .filter(|found| found.name == from)
                    .for_each(|found| found.name = Arc::clone(&to));
            }
            Missing::Trigger => {
                relation
                    .triggers
                    .iter_mut()
                    .filter(|found| found.name == from)
                    .for_each(|found| found.name = Arc::clone(&to));
            }
            Missing::Policy => {
                relation
                    .policies
                    .iter_mut()
                    .filter(|found| found.name == from)
                    .for_each(|found| found.name = Arc::clone(&to));
            }
            _ => relation
                .rules
                .iter_mut()
                .filter(|found| found.name == from)
                .for_each(|found| found.name = Arc::clone(&to)),
        });
        self.moved(of(table.clone(), from), of(table, to), span);
    }
}

/// Makes what is touched of a table and the name of something on it.
type OnTable = fn(Key, Arc<str>) -> Touched;

fn replace(slot: &mut Option<Arc<str>>, from: &Arc<str>, to: &Arc<str>) {
    if slot.as_ref() == Some(from) {
        *slot = Some(Arc::clone(to));
    }
}

/// An index that a constraint owns is renamed with its constraint.
fn rename_index(schema: &mut Schema, from: &Key, to: &Key) {
    let Some(index) = schema.take_index(from) else {
        return;
    };
    let mut index = Index::clone(&index);
    index.key = to.clone();
    if index.constraint {
        schema.change_relation(&index.relation, |relation| {
            relation
                .constraints
                .iter_mut()
                .filter(|constraint| constraint.name == from.name)
                .for_each(|constraint| constraint.name = Arc::clone(&to.name));
        });
    }
    schema.put_index(index);
}

fn move_sequence(schema: &mut Schema, from: &Key, to: &Key) {
    if let Some(found) = schema.take_sequence(from) {
        let mut moved = crate::lint::schema::Sequence::clone(&found);
        moved.key = to.clone();
        schema.put_sequence(moved);
    }
}

fn points_at(relation: &Relation, key: &Key) -> bool {
    relation.reads.contains(key)
        || relation.inherits.contains(key)
        || relation.children.contains(key)
        || relation.partition.as_ref().is_some_and(|place| place.parent == *key)
        || relation
            .constraints
            .iter()
            .any(|constraint| matches!(&constraint.kind, TableConstraintKind::ForeignKey { table, .. } if table == key))
}

fn point_elsewhere(relation: &mut Relation, from: &Key, to: &Key) {
    let keys = relation
        .reads
        .iter_mut()
        .chain(&mut relation.inherits)
        .chain(&mut relation.children);
    keys.filter(|key| *key == from).for_each(|key| *key = to.clone());
    if let Some(place) = &mut relation.partition
        && place.parent == *from
    {
        place.parent = to.clone();
    }
    for constraint in &mut relation.constraints {
        if let TableConstraintKind::ForeignKey { table, .. } = &mut constraint.kind
            && table == from
        {
            *table = to.clone();
        }
    }
}

fn rename_column_of(relation: &mut Relation, from: &Arc<str>, to: &Arc<str>) {
    if let Some(column) = relation.column_mut(from) {
        column.name = Arc::clone(to);
    }
    for column in &mut relation.columns {
        column
            .generated
            .iter_mut()
            .for_each(|(expr, _)| rename_in(expr, from, to));
    }
    for constraint in &mut relation.constraints {
        match &mut constraint.kind {
            TableConstraintKind::Check(expr) => rename_in(expr, from, to),
            TableConstraintKind::PrimaryKey(columns)
            | TableConstraintKind::Unique(columns)
            | TableConstraintKind::ForeignKey { columns, .. } => {
                columns
                    .iter_mut()
                    .filter(|column| *column == from)
                    .for_each(|column| *column = Arc::clone(to));
            }
            TableConstraintKind::Exclude => {}
        }
    }
    for policy in &mut relation.policies {
        policy
            .using
            .iter_mut()
            .chain(&mut policy.with_check)
            .for_each(|expr| rename_in(expr, from, to));
    }
    for trigger in &mut relation.triggers {
        trigger
            .columns
            .iter_mut()
            .filter(|column| *column == from)
            .for_each(|column| *column = Arc::clone(to));
    }
}

fn rename_in(expr: &mut Expr, from: &str, to: &str) {
    expr.change_columns(&mut |column| {
        if *column.name == *from {
            column.name = to.into();
        }
    });
}
