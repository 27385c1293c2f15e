//! What pending revisions will do to others: each statement's locks, scans and rewrites, and what each transaction holds
//! in all at its end.
//!
//! The schema before the first statement is the target's; each statement is replayed on it, so that the next one is
//! judged by what is there by then. Rows of the ledger are written in every transaction, in tables that only migrators
//! use; they are left out.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use serde::Serialize;

use super::hazard::{self, Hazard};
use super::size::{Size, Sizes};
use super::step::{Mode, Step, Unit};
use crate::lint::effects::{self, Effects, Work};
use crate::lint::schema::replay::Place;
use crate::lint::schema::{Key, Log, Origin, Schema, replay};
use crate::lint::transaction::Transaction;
use crate::model::{LockMode, RevisionId};
use crate::sql::act::routine::BodyKind;
use crate::sql::act::{self, Act, Action};
use crate::sql::transaction::Nature;
use crate::sql::{Expect, RowSecurity};

/// What decides beside the statements themselves.
#[derive(Clone, Debug)]
pub struct Circumstances<'a> {
    /// The major version of the server.
    pub major: u32,
    /// The schemas in which names are looked up.
    pub search_path: Vec<String>,
    /// How big relations are.
    pub sizes: &'a Sizes,
    /// Whether all revisions share one transaction.
    pub together: bool,
    /// `lock_timeout` where nothing else is written.
    pub lock_timeout: Duration,
    /// `statement_timeout` where nothing else is written.
    pub statement_timeout: Duration,
}

/// One transaction of the run, or one statement that commits by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Together {
    /// Its revisions, in order.
    pub revisions: Vec<RevisionId>,
    /// Its statements, in order.
    pub statements: Vec<Foreseen>,
    /// What guarded sections lock as soon as it begins.
    pub guard: Vec<Lock>,
    /// Every lock that it holds in all, each relation once with its strongest mode, by name.
    pub locks: Vec<Lock>,
    /// Hazards of the transaction as a whole.
    pub hazards: Vec<Hazard>,
}

/// One statement with what it does to others.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreseen {
    /// The revision.
    pub revision: RevisionId,
    /// The index of the statement in its file, from 0.
    pub index: usize,
    /// The locks that others notice.
    pub locks: Vec<Lock>,
    /// What is read whole under a lock.
    pub scans: Vec<Load>,
    /// What is written anew.
    pub rewrites: Vec<Load>,
    /// What a person should know.
    pub hazards: Vec<Hazard>,
    /// `lock_timeout`; zero for none.
    pub lock_timeout: Duration,
    /// `statement_timeout`; zero for none.
    pub statement_timeout: Duration,
}

/// A lock on a relation that others can see.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// The relation.
    pub relation: Key,
    /// The mode.
    pub mode: LockMode,
    /// How long it is held.
    pub until: Until,
    /// How big the relation is, where that is known.
    pub size: Option<Size>,
}

/// How long a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// CONCURRENTLY gives it back itself.
    Statement,
    /// To the end of the transaction.
    Transaction,
}

/// Work whose time grows with a relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// The relation.
    pub relation: Key,
    /// Why, in words.
    pub why: &'static str,
    /// How big the relation is, where that is known.
    pub size: Option<Size>,
}

/// Foresees what steps do, one after the other.
pub fn foresee(steps: &[Step], base: &Schema, circumstances: &Circumstances<'_>) -> Vec<Together> {
    let mut walk = Walk {
        circumstances,
        schema: base.clone(),
        transaction: Transaction::default(),
        together: Together::default(),
        done: Vec::new(),
        number: 0,
    };
    for (index, step) in steps.iter().enumerate() {
        walk.step(index, step);
    }
    walk.end();
    walk.done
}

struct Walk<'a> {
    circumstances: &'a Circumstances<'a>,
    schema: Schema,
    transaction: Transaction,
    together: Together,
    done: Vec<Together>,
    number: u32,
}

impl Walk<'_> {
    fn step(&mut self, index: usize, step: &Step) {
        let path = self.circumstances.search_path.iter();
        self.schema.set_search_path(path.map(|name| name.as_str().into()));
        self.schema.set_current_role(None);
        if step.mode == Mode::Transaction {
            if !self.circumstances.together || self.together.revisions.is_empty() {
                self.begin(true);
            }
            self.together.revisions.push(step.revision.id.clone());
            self.guards(step, 0..step.script.sections.len());
            for unit in &step.units {
                self.unit(index, step, unit);
            }
            return;
        }
        for unit in &step.units {
            let shared = !matches!(unit, Unit::Statement(_));
            self.begin(shared);
            self.together.revisions.push(step.revision.id.clone());
            if let Unit::Section(section) = unit {
                self.guards(step, *section..section + 1);
            }
            self.unit(index, step, unit);
        }
        self.end();
    }

    fn begin(&mut self, shared: bool) {
        self.end();
        self.number += 1;
        self.transaction = Transaction {
            number: self.number,
            shared,
            ..Transaction::default()
        };
    }

    fn end(&mut self) {
        let mut together = std::mem::take(&mut self.together);
        if together.revisions.is_empty() {
            return;
        }
        together.locks = total(&together);
        together.hazards = held_while_working(&together);
        if !together.guard.is_empty() {
            let names: Vec<String> = together
                .guard
                .iter()
                .map(|lock| lock.relation.to_string())
                .collect();
            let message = format!(
                "the guard of a backfill keeps everybody away from {} from the beginning of the transaction to its end",
                names.join(", ")
            );
            together.hazards.push(Hazard::new("guard-blocks", message));
        }
        self.done.push(together);
    }

    fn unit(&mut self, migration: usize, step: &Step, unit: &Unit) {
        for index in step.statements_of(unit) {
            let foreseen = self.statement(migration, step, index);
            self.together.statements.push(foreseen);
        }
    }

    fn statement(&mut self, migration: usize, step: &Step, index: usize) -> Foreseen {
        let timeouts = step.script.timeouts.get(&index).copied().unwrap_or_default();
        let mut foreseen = Foreseen {
            revision: step.revision.id.clone(),
            index,
            locks: Vec::new(),
            scans: Vec::new(),
            rewrites: Vec::new(),
            hazards: Vec::new(),
            lock_timeout: timeouts.lock.unwrap_or(self.circumstances.lock_timeout),
            statement_timeout: timeouts.statement.unwrap_or(self.circumstances.statement_timeout),
        };
        let statement = step.statement(index);
        let refusal = statement.refuses_transaction(u32::MAX);
        if refusal.is_some_and(|refusal| matches!(refusal.nature, Nature::Concurrent | Nature::Long)) {
            // As `apply::standalone` does: a lock timeout would leave an invalid index behind.
            if !statement.is("ALTER TABLE") {
                foreseen.lock_timeout = Duration::ZERO;
            }
            foreseen.statement_timeout = Duration::ZERO;
        }
        for act in act::read(step.text(index)) {
            match &act.action {
                Action::Do(body) => {
                    for inner in &body.statements {
                        if let BodyKind::Sql(act) | BodyKind::Dynamic(act) = &inner.kind {
                            let conditional = inner.conditional || inner.caught;
                            self.act(migration, act, index, conditional, &mut foreseen);
                        }
                    }
                }
                _ => self.act(migration, &act, index, false, &mut foreseen),
            }
        }
        if statement.reaches_outside(&step.source) {
            let message = "does something outside of the database that no rollback undoes";
            foreseen.hazards.push(Hazard::new("reaches-outside", message));
        }
        dedup(&mut foreseen.hazards);
        foreseen
    }

    fn act(&mut self, migration: usize, act: &Act, index: usize, conditional: bool, foreseen: &mut Foreseen) {
        let effects = effects::of(act, &self.schema, &self.transaction, self.circumstances.major);
        let locks = self.locks(&effects);
        // What is held already is told where it was taken.
        let holds = |lock: &&Lock| {
            let held = self.transaction.holds(&lock.relation);
            held.is_some_and(|held| held.mode >= lock.mode)
        };
        let new: Vec<Lock> = locks.iter().filter(|lock| !holds(lock)).cloned().collect();
        let hazards = hazard::of(act, &effects, &new, self.circumstances.sizes);
        foreseen.hazards.extend(hazards);
        foreseen.scans.extend(self.loads(&effects.scans));
        foreseen.rewrites.extend(self.loads(&effects.rewrites));
        locks.into_iter().for_each(|lock| add(&mut foreseen.locks, lock));
        self.transaction.add(index, &effects);
        let place = Place {
            origin: Origin::Made {
                migration: migration as u32,
                transaction: self.number,
                statement: index as u32,
            },
            conditional,
            in_body: false,
        };
        replay(&mut self.schema, act, place, &mut Log::default());
    }

    fn locks(&self, effects: &Effects) -> Vec<Lock> {
        let visible = effects.locks.iter().filter(|lock| lock.visible);
        visible
            .map(|lock| Lock {
                relation: lock.relation.clone(),
                mode: lock.mode,
                until: if lock.to_end {
                    Until::Transaction
                } else {
                    Until::Statement
                },
                size: self.circumstances.sizes.of(&lock.relation),
            })
            .collect()
    }

    fn loads(&self, work: &[Work]) -> Vec<Load> {
        work.iter()
            .filter(|work| work.visible)
            .map(|work| Load {
                relation: work.relation.clone(),
                why: work.why,
                size: self.circumstances.sizes.of(&work.relation),
            })
            .collect()
    }

    /// What the guards of sections lock: at the beginning, as far as it exists by then.
    fn guards(&mut self, step: &Step, sections: Range<usize>) {
        for section in &step.script.sections[sections] {
            let (mode, names) = match step.row_security(section) {
                RowSecurity::Toggle => (LockMode::AccessExclusive, step.guarded(section)),
                RowSecurity::Bypass => {
                    let counts = matches!(section.backfill.expect, Some(Expect::All | Expect::Matching));
                    if !counts || section.batched.is_some() {
                        continue;
                    }
                    (LockMode::ShareRowExclusive, vec![section.backfill.table.clone()])
                }
            };
            for (at, name) in names.iter().enumerate() {
                let Some(found) = self.schema.relation(name).known().cloned() else {
                    continue;
                };
                let tree = self.tree(&found.key);
                // Of what is only read, those trees are opened that have row security anywhere.
                if at > 0 && !tree.iter().any(|key| self.is_secured(key)) {
                    continue;
                }
                for relation in tree {
                    let size = self.circumstances.sizes.of(&relation);
                    let lock = Lock {
                        relation,
                        mode,
                        until: Until::Transaction,
                        size,
                    };
                    add(&mut self.together.guard, lock);
                }
            }
        }
        self.together
            .guard
            .sort_by(|left, right| left.relation.cmp(&right.relation));
    }

    fn is_secured(&self, key: &Key) -> bool {
        self.schema
            .relation_at(key)
            .is_some_and(|relation| relation.row_security)
    }

    /// A table with its partitions and inheritance children; a view's tables in its stead. What this very transaction
    /// made is left out, for nobody else sees it.
    fn tree(&self, root: &Key) -> Vec<Key> {
        let mut seen = BTreeSet::new();
        let mut tables = Vec::new();
        let mut waiting = vec![root.clone()];
        while let Some(key) = waiting.pop() {
            let Some(relation) = self.schema.relation_at(&key).filter(|_| seen.insert(key.clone())) else {
                continue;
            };
            if relation.is_table() {
                waiting.extend(relation.children.iter().cloned());
                if !self.transaction.made(relation.origin) {
                    tables.push(key);
                }
            } else {
                waiting.extend(relation.reads.iter().cloned());
            }
        }
        tables.sort();
        tables
    }
}

/// Adds a lock, each relation once.
fn add(locks: &mut Vec<Lock>, lock: Lock) {
    match locks.iter_mut().find(|held| held.relation == lock.relation) {
        Some(held) => {
            held.mode = held.mode.max(lock.mode);
            held.until = held.until.max(lock.until);
        }
        None => locks.push(lock),
    }
}

fn total(together: &Together) -> Vec<Lock> {
    let mut locks = together.guard.clone();
    for lock in together.statements.iter().flat_map(|statement| &statement.locks) {
        add(&mut locks, lock.clone());
    }
    locks.sort_by(|left, right| left.relation.cmp(&right.relation));
    locks
}

/// Locks that keep others out while later statements of the same transaction work through relations: each once.
fn held_while_working(together: &Together) -> Vec<Hazard> {
    let blocks = |lock: &&Lock| {
        lock.until == Until::Transaction
            && (lock.mode.blocks_reads() || lock.mode.conflicts_with(LockMode::RowExclusive))
    };
    let mut held = BTreeSet::new();
    let mut hazards = Vec::new();
    for (at, statement) in together.statements.iter().enumerate() {
        for lock in statement.locks.iter().filter(blocks) {
            if !held.insert(lock.relation.clone()) {
                continue;
            }
            let later = together.statements[at + 1..].iter();
            let works: Vec<String> = later.filter_map(working).collect();
            if !works.is_empty() {
                let message = format!(
                    "{} on {}, taken by statement {} of {}, is held while {}",
                    lock.mode.as_str(),
                    lock.relation,
                    statement.index + 1,
                    statement.revision,
                    works.join(", ")
                );
                hazards.push(Hazard::new("held-while-working", message));
            }
        }
    }
    hazards
}

/// Says which relation a statement works through, if it does.
fn working(statement: &Foreseen) -> Option<String> {
    let work = statement.rewrites.iter().chain(&statement.scans).next()?;
    Some(format!(
        "statement {} of {} works through {}",
        statement.index + 1,
        statement.revision,
        work.relation
    ))
}

fn dedup(hazards: &mut Vec<Hazard>) {
    let mut seen = BTreeSet::new();
    hazards.retain(|hazard| seen.insert((hazard.id, hazard.message.clone())));
}
