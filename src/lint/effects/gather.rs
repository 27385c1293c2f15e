//! Puts together what one statement does: each relation once, with its strongest lock.

use super::forms::{Below, Form};
use super::{Effects, Sure, TakenLock, Work};
use crate::lint::schema::{Found, Key, Origin, Relation, RelationKind, Schema};
use crate::lint::transaction::Transaction;
use crate::model::LockMode;
use crate::sql::WrittenName;

/// What a statement does, while it is worked out.
pub(super) struct Gather<'a> {
    pub schema: &'a Schema,
    pub transaction: &'a Transaction,
    pub major: u32,
    pub effects: Effects,
    /// Whether locks last to the end of the transaction.
    pub to_end: bool,
    /// How many routines called each other on the way here.
    pub depth: usize,
    /// The constraints that the statement drops; it does so before it looks at what the others prove.
    pub dropped: Vec<Box<str>>,
}

impl<'a> Gather<'a> {
    pub(super) fn new(schema: &'a Schema, transaction: &'a Transaction, major: u32) -> Self {
        Gather {
            schema,
            transaction,
            major,
            effects: Effects::default(),
            to_end: true,
            depth: 0,
            dropped: Vec::new(),
        }
    }

    /// Finds what a statement names; what is known not to exist is not locked, what is not known is by its name.
    pub(super) fn find(&self, name: &WrittenName) -> Option<Key> {
        match self.schema.relation(name) {
            Found::Known(relation) => Some(relation.key.clone()),
            Found::Unknown => Some(self.schema.creation_key(name, false)),
            Found::Absent | Found::System => None,
        }
    }

    pub(super) fn relation(&self, key: &Key) -> Option<&'a Relation> {
        self.schema.relation_at(key).map(|found| &**found)
    }

    pub(super) fn assume(&mut self) {
        self.effects.sure = self.effects.sure.max(Sure::Assumed);
    }

    fn is_visible(&self, key: &Key, origin: Option<Origin>, temporary: bool) -> bool {
        &*key.schema != "pg_temp" && !temporary && !origin.is_some_and(|origin| self.transaction.made(origin))
    }

    fn sees(&self, key: &Key) -> bool {
        let relation = self.relation(key);
        match (relation, self.schema.index_at(key)) {
            (Some(relation), _) => self.is_visible(key, Some(relation.origin), relation.temporary),
            (None, Some(index)) => {
                self.is_visible(key, Some(index.origin), false) && self.sees(&index.relation)
            }
            (None, None) => self.is_visible(key, None, false),
        }
    }

    pub(super) fn lock(&mut self, key: &Key, mode: LockMode) {
        if let Some(held) = self.effects.locks.iter_mut().find(|held| held.relation == *key) {
            held.mode = held.mode.max(mode);
            held.to_end |= self.to_end;
            return;
        }
        self.effects.locks.push(TakenLock {
            relation: key.clone(),
            mode,
            visible: self.sees(key),
            to_end: self.to_end,
        });
    }

    /// Locks the target of a form and what stands below it; returns all of them.
    pub(super) fn take(&mut self, form: Form, key: &Key, only: bool) -> Vec<Key> {
        let fact = form.fact(self.major);
        self.lock(key, fact.target);
        let mut locked = vec![key.clone()];
        for below in self.below(key, fact.below, only) {
            self.lock(&below, fact.below_mode.unwrap_or(fact.target));
            locked.push(below);
        }
        locked
    }

    /// Locks the other relation of a form.
    pub(super) fn take_other(&mut self, form: Form, key: &Key) {
        if let Some(mode) = form.fact(self.major).other {
            self.lock(key, mode);
        }
    }

    /// Locks the other end of a foreign key, where each partition has a part of it.
    pub(super) fn take_other_end(&mut self, form: Form, key: &Key) {
        self.take_other(form, key);
        for below in self.below(key, Below::Partitions, false) {
            self.take_other(form, &below);
        }
    }

    /// Locks the other end of a foreign key that goes with its column or table. Up to 14 a partitioned table is left
    /// out there, only its partitions are locked.
    pub(super) fn take_end_of_gone(&mut self, form: Form, key: &Key) {
        let below = self.below(key, Below::Partitions, false);
        if below.is_empty() || self.major >= 15 {
            self.take_other(form, key);
        }
        below.iter().for_each(|below| self.take_other(form, below));
    }

    /// Says whether a table is made in this transaction and nothing was put in since.
    pub(super) fn is_empty(&self, key: &Key) -> bool {
        self.relation(key)
            .is_some_and(|relation| self.transaction.made(relation.origin) && !relation.may_have_rows)
    }

    /// The relations below one, their own included.
    pub(super) fn below(&self, key: &Key, below: Below, only: bool) -> Vec<Key> {
        let mut found = Vec::new();
        let wanted = match below {
            Below::Nothing => false,
            Below::All => true,
            Below::UnlessOnly => !only,
            Below::Partitions => {
                !only
                    && self
                        .relation(key)
                        .is_some_and(|relation| relation.kind == RelationKind::PartitionedTable)
            }
        };
        if wanted {
            self.descend(key, &mut found);
        }
        found
    }

    fn descend(&self, key: &Key, found: &mut Vec<Key>) {
        let Some(relation) = self.relation(key) else {
            return;
        };
        for child in &relation.children {
            if !found.contains(child) {
                found.push(child.clone());
                self.descend(child, found);
            }
        }
    }

    /// Says whether a relation has rows of its own on this server. What is unknown has.
    pub(super) fn holds_rows(&self, key: &Key) -> bool {
        self.relation(key).is_none_or(|relation| {
            matches!(
                relation.kind,
                RelationKind::Table | RelationKind::MaterializedView
            )
        })
    }

    pub(super) fn scan(&mut self, key: &Key, why: &'static str) {
        if self.holds_rows(key) && !self.effects.scans.iter().any(|work| work.relation == *key) {
            let visible = self.sees(key);
            self.effects.scans.push(Work {
                relation: key.clone(),
                visible,
                why,
            });
        }
    }

    /// A relation, or an index, is written anew.
    pub(super) fn rewrite(&mut self, key: &Key, why: &'static str) {
        if self.holds_rows(key) && !self.effects.rewrites.iter().any(|work| work.relation == *key) {
            let visible = self.sees(key);
            self.effects.rewrites.push(Work {
                relation: key.clone(),
                visible,
                why,
            });
        }
    }

    pub(super) fn changes_rows(&mut self, key: &Key) {
        if !self.effects.changes_rows.contains(key) {
            self.effects.changes_rows.push(key.clone());
        }
    }

    /// The tables that have a foreign key to one, that one itself left out.
    pub(super) fn referencing(&self, key: &Key) -> Vec<Key> {
        use crate::lint::schema::TableConstraintKind as K;
        self.schema
            .relations()
            .filter(|other| other.key != *key)
            .filter(|other| {
                other
                    .constraints
                    .iter()
                    .any(|found| matches!(&found.kind, K::ForeignKey { table, .. } if table == key))
            })
            .map(|other| other.key.clone())
            .collect()
    }

    /// Takes over what another statement does.
    pub(super) fn absorb(&mut self, effects: Effects) {
        for lock in effects.locks {
            match self
                .effects
                .locks
                .iter_mut()
                .find(|held| held.relation == lock.relation)
            {
                Some(held) => {
                    held.mode = held.mode.max(lock.mode);
                    held.to_end |= lock.to_end;
                }
                None => self.effects.locks.push(lock),
            }
        }
        for (own, more) in [
            (&mut self.effects.scans, effects.scans),
            (&mut self.effects.rewrites, effects.rewrites),
        ] {
            for work in more {
                if !own.iter().any(|other| other.relation == work.relation) {
                    own.push(work);
                }
            }
        }
        effects.changes_rows.iter().for_each(|key| self.changes_rows(key));
        self.effects.sure = self.effects.sure.max(effects.sure);
    }
}
