//! DROP: what goes is locked, and what it hangs on or what hangs on it.

use super::forms::Form;
use super::gather::Gather;
use crate::lint::schema::{Found, Key, TableConstraintKind};
use crate::model::LockMode;
use crate::sql::WrittenName;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Drop, Expr, ObjectKind, ObjectName};

impl Gather<'_> {
    pub(super) fn drop(&mut self, drop: &Drop) {
        self.to_end = !drop.concurrently;
        for object in &drop.objects {
            self.drop_one(object, drop);
        }
    }

    fn drop_one(&mut self, object: &ObjectName, drop: &Drop) {
        use ObjectKind as K;
        match object.kind {
            K::Table | K::View | K::MaterializedView | K::ForeignTable => {
                if let Some(key) = self.find(&object.name) {
                    self.drop_relation(&key, drop.cascade);
                }
            }
            K::Index => self.drop_index(object, drop.concurrently),
            K::Trigger | K::Policy | K::Rule => self.drop_on_table(object, drop.if_exists),
            K::Schema if drop.cascade => {
                let inside: Vec<Key> = self
                    .schema
                    .relations()
                    .filter(|relation| *relation.key.schema == *object.name.name)
                    .map(|relation| relation.key.clone())
                    .collect();
                inside.iter().for_each(|key| self.drop_relation(key, true));
            }
            K::Type | K::Domain if drop.cascade => {
                if let Found::Known(found) = self.schema.type_(&object.name) {
                    self.tables_of_type(&found.key.clone());
                }
            }
            K::Sequence if drop.cascade => {
                if let Found::Known(found) = self.schema.sequence(&object.name) {
                    let key = found.key.clone();
                    self.tables_where(|expr| is_nextval_of(expr, &key));
                }
            }
            K::Function | K::Procedure | K::Routine if drop.cascade => self.users_of_routine(object),
            _ => {}
        }
    }

    /// A table goes with its partitions; the parent, and the tables at the other end of its foreign keys, are locked.
    pub(super) fn drop_relation(&mut self, key: &Key, cascade: bool) {
        let already = self
            .effects
            .locks
            .iter()
            .any(|held| held.relation == *key && held.mode == LockMode::AccessExclusive);
        let going = self.take(Form::DropRelation, key, false);
        if already && going.len() == 1 {
            return;
        }
        for gone in &going {
            let Some(relation) = self.relation(gone) else {
                continue;
            };
            for constraint in &relation.constraints {
                if let TableConstraintKind::ForeignKey { table, .. } = &constraint.kind {
                    self.take_end_of_gone(Form::DropRelation, table);
                }
            }
            if let Some(place) = &relation.partition {
                self.take_other(Form::DropRelation, &place.parent);
                let above = self.relation(&place.parent);
                if let Some(default) = above.and_then(|above| self.default_partition(above, gone)) {
                    self.take_other(Form::DropRelation, &default);
                }
            }
            if cascade {
                self.cut_off(gone);
            }
        }
    }

    fn cut_off(&mut self, key: &Key) {
        for other in self.referencing(key) {
            self.take_other(Form::DropRelation, &other);
        }
        let children = self
            .relation(key)
            .map(|found| found.children.clone())
            .unwrap_or_default();
        for other in self.readers_of(key).into_iter().chain(children) {
            let is_new = !self.effects.locks.iter().any(|held| held.relation == other);
            if is_new {
                self.drop_relation(&other, true);
            }
        }
    }

    /// The views that read a relation.
    pub(super) fn readers_of(&self, key: &Key) -> Vec<Key> {
        self.schema
            .relations()
            .filter(|other| other.reads.contains(key))
            .map(|other| other.key.clone())
            .collect()
    }

    fn drop_index(&mut self, object: &ObjectName, concurrently: bool) {
        let form = if concurrently {
            Form::DropIndexConcurrently
        } else {
            Form::DropIndex
        };
        match self.schema.index(&object.name) {
            Found::Known(index) => {
                let table = index.relation.clone();
                self.take(form, &table, false);
            }
            // Its table is not known, only that there is one.
            Found::Unknown => self.assume(),
            Found::Absent | Found::System => {}
        }
    }

    fn drop_on_table(&mut self, object: &ObjectName, if_exists: bool) {
        let Some(on) = &object.on else { return };
        let Some(key) = self.find(on) else { return };
        let name = object.name.name.as_str();
        let is_there = self.relation(&key).is_none_or(|found| match object.kind {
            ObjectKind::Trigger => found.trigger(name).is_some(),
            ObjectKind::Policy => found.policy(name).is_some(),
            _ => found.rules.iter().any(|rule| *rule.name == *name),
        });
        let is_known = self.relation(&key).is_some_and(|found| {
            !found.only_named && (self.schema.complete() || self.transaction.made(found.origin))
        });
        if if_exists && !is_there && is_known {
            return;
        }
        self.take(Form::DropOnTable, &key, false);
        let clones = object.kind == ObjectKind::Trigger
            && self
                .relation(&key)
                .and_then(|found| found.trigger(name))
                .is_some_and(|trigger| trigger.for_each_row);
        if clones {
            for below in self.below(&key, super::forms::Below::Partitions, false) {
                self.take(Form::DropOnTable, &below, false);
            }
        }
    }

    fn tables_of_type(&mut self, key: &Key) {
        let users: Vec<Key> = self
            .schema
            .relations()
            .filter(|relation| {
                relation
                    .columns
                    .iter()
                    .any(|column| super::column::is_of_type(column.data_type.as_ref(), key))
            })
            .map(|relation| relation.key.clone())
            .collect();
        users
            .iter()
            .for_each(|key| self.take_other(Form::DropRelation, key));
    }

    /// Locks the tables with an expression that goes: defaults, CHECK constraints, policies, triggers' conditions.
    fn tables_where(&mut self, wanted: impl Fn(&Expr) -> bool) {
        let mut found = Vec::new();
        for relation in self.schema.relations() {
            let defaults = relation
                .columns
                .iter()
                .filter_map(|column| column.default.as_ref());
            let checks = relation
                .constraints
                .iter()
                .filter_map(|constraint| match &constraint.kind {
                    TableConstraintKind::Check(expr) => Some(expr),
                    _ => None,
                });
            let policies = relation
                .policies
                .iter()
                .flat_map(|policy| policy.using.iter().chain(&policy.with_check));
            let computed = relation
                .columns
                .iter()
                .filter_map(|column| column.generated.as_ref().map(|(expr, _)| expr));
            if defaults
                .chain(checks)
                .chain(policies)
                .chain(computed)
                .any(|expr| expr.any(&wanted))
            {
                found.push(relation.key.clone());
            }
        }
        found
            .iter()
            .for_each(|key| self.take_other(Form::DropRelation, key));
    }

    fn users_of_routine(&mut self, object: &ObjectName) {
        let Some(key) = self
            .schema
            .routines(&object.name)
            .first()
            .map(|found| found.key.clone())
        else {
            return;
        };
        let fired: Vec<Key> = self
            .schema
            .relations()
            .filter(|relation| relation.triggers.iter().any(|trigger| trigger.function == key))
            .map(|relation| relation.key.clone())
            .collect();
        fired
            .iter()
            .for_each(|key| self.take_other(Form::DropRelation, key));
        self.tables_where(|expr| matches!(&expr.kind, ExprKind::Call { name, .. } if is_named(name, &key)));
    }
}

fn is_named(name: &WrittenName, key: &Key) -> bool {
    *name.name == *key.name && name.schema.as_deref().is_none_or(|schema| *schema == *key.schema)
}

fn is_nextval_of(expr: &Expr, sequence: &Key) -> bool {
    let ExprKind::Call { name, arguments, .. } = &expr.kind else {
        return false;
    };
    let Some(crate::sql::act::Literal::Text(text)) = arguments
        .first()
        .and_then(|argument| argument.without_casts().as_literal())
    else {
        return false;
    };
    name.name == "nextval" && WrittenName::parse(text).is_some_and(|named| is_named(&named, sequence))
}
