//! What a transaction has done so far: what it made, locked and changed, and how its session is set.

use std::collections::{BTreeMap, HashMap};

use super::effects::Effects;
use super::schema::{Key, Origin};
use crate::model::LockMode;

/// One transaction of a migration, or one statement that commits by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transaction {
    /// Its number over the whole run; [`Origin::Made`] holds it.
    pub number: u32,
    /// Whether several statements share it; in a file without a transaction each commits by itself.
    pub shared: bool,
    /// The statements, by place in the file, that ran in it.
    pub statements: Vec<usize>,
    /// Each relation that others can see, with the strongest lock that is held and the statement that took it, in the
    /// order in which they were first locked.
    pub held: Vec<Held>,
    /// Relations whose rows were changed, with the statement that did first.
    pub changed_rows: BTreeMap<Key, usize>,
    /// Settings that statements made for the session or the transaction: name in lower case to value, nothing for RESET.
    pub settings: BTreeMap<Box<str>, SetTo>,
    /// Where each relation stands in `held`.
    pub places: HashMap<Key, usize>,
}

/// A lock that is held to the end of the transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The relation.
    pub relation: Key,
    /// The mode.
    pub mode: LockMode,
    /// The statement that took this mode, by its place in the file.
    pub statement: usize,
}

/// What a statement set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetTo {
    /// The value; nothing for RESET and for what is not constant.
    pub value: Option<Box<str>>,
    /// SET LOCAL.
    pub local: bool,
    /// The statement, by its place in the file.
    pub statement: usize,
}

impl Transaction {
    /// Says whether this transaction made an object, so that nobody else can see it.
    pub fn made(&self, origin: Origin) -> bool {
        origin.transaction() == Some(self.number)
    }

    /// Returns the lock that is held on a relation.
    pub fn holds(&self, relation: &Key) -> Option<&Held> {
        self.places.get(relation).and_then(|at| self.held.get(*at))
    }

    /// Takes over what a statement did.
    pub fn add(&mut self, statement: usize, effects: &Effects) {
        if self.statements.last() != Some(&statement) {
            self.statements.push(statement);
        }
        for lock in effects.locks.iter().filter(|lock| lock.visible) {
            let at = *self.places.entry(lock.relation.clone()).or_insert_with(|| {
                self.held.push(Held {
                    relation: lock.relation.clone(),
                    mode: lock.mode,
                    statement,
                });
                self.held.len() - 1
            });
            let held = &mut self.held[at];
            if held.mode < lock.mode {
                held.mode = lock.mode;
                held.statement = statement;
            }
        }
        for relation in &effects.changes_rows {
            self.changed_rows.entry(relation.clone()).or_insert(statement);
        }
    }
}
