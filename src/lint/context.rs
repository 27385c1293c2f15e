//! What a rule sees.

use std::path::Path;
use std::sync::Arc;

use super::digest::Digest;
use super::effects::Effects;
use super::house::HouseRule;
use super::schema::{Found, Relation, Schema};
use super::transaction::Transaction;
use crate::model::{LockMode, RevisionId};
use crate::sql::act::{Act, Action, BodyStatement};
use crate::sql::script::Section;
use crate::sql::{Statement, WrittenName};

/// What the project says that rules want to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The majors that the migrations run on, ascending; never empty.
    pub servers: Vec<u32>,
    /// Whether the migrating role bypasses row security (P1-A), as against the tables' owner.
    pub bypasses_row_security: bool,
    /// The roles that migrate, the canonical one first.
    pub migration_roles: Vec<String>,
    /// The roles that the application works with.
    pub runtime_roles: Vec<String>,
    /// The column that holds the tenant.
    pub tenant_column: Option<String>,
    /// The setting that policies compare it with.
    pub tenant_setting: Option<String>,
    /// Tables without row security by design, with or without schema.
    pub exempt: Vec<String>,
    /// The search path that migrations run with.
    pub search_path: Vec<Arc<str>>,
    /// Whether whoever runs the migrations sets `lock_timeout`.
    pub runner_sets_lock_timeout: bool,
    /// The project's own rules.
    pub house: Arc<[HouseRule]>,
}

impl Settings {
    /// Returns the oldest major.
    pub fn oldest(&self) -> u32 {
        self.servers.first().copied().unwrap_or(13)
    }

    /// Says whether a table is without row security by design.
    pub fn is_exempt(&self, relation: &Relation) -> bool {
        let full = relation.key.to_string();
        self.exempt
            .iter()
            .any(|name| *name == *relation.key.name || *name == full)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            servers: (13..=18).collect(),
            bypasses_row_security: true,
            migration_roles: vec!["postgres".to_owned()],
            runtime_roles: Vec::new(),
            tenant_column: None,
            tenant_setting: None,
            exempt: Vec::new(),
            search_path: vec!["public".into()],
            runner_sets_lock_timeout: true,
            house: Arc::from([]),
        }
    }
}

/// A migration file as it is linted.
#[derive(Clone, Debug)]
pub struct Migration {
    /// Its place in the order of the run.
    pub number: u32,
    /// The file, relative to the project.
    pub path: Arc<Path>,
    /// The revision; nothing for a file of no project.
    pub revision: Option<RevisionId>,
    /// Its text.
    pub source: Arc<str>,
    /// What it says.
    pub acts: Arc<[Act]>,
    /// Whether the file runs in one transaction.
    pub transactional: bool,
    /// The guarded backfills.
    pub sections: Vec<Section>,
    /// `approval` in the header.
    pub approval: Option<String>,
    /// Whether there is a down file.
    pub has_down: bool,
    /// Whether it joins two or more parents.
    pub is_merge: bool,
    /// What rules ask of the whole file at every statement.
    pub digest: Digest,
}

impl Migration {
    /// Returns the text of an act.
    pub fn text(&self, act: &Act) -> &str {
        self.source
            .get(act.span.start as usize..act.span.end as usize)
            .unwrap_or_default()
    }

    /// Says whether no statement of the file but settings would run in a transaction.
    pub fn refuses_any_transaction(&self, major: u32) -> bool {
        let mut statements = self
            .acts
            .iter()
            .filter(|act| !matches!(act.action, Action::Set(_) | Action::PsqlCommand(_)))
            .peekable();
        statements.peek().is_some()
            && statements.all(|act| {
                let text = self.text(act);
                Statement::read(text, 0..text.len())
                    .refuses_transaction(major)
                    .is_some()
            })
    }

    /// Returns the guarded backfill that a statement stands in.
    pub fn section_of(&self, statement: usize) -> Option<&Section> {
        self.sections
            .iter()
            .find(|section| section.statements.contains(&statement))
    }
}

/// A statement in its place.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// The file.
    pub migration: &'a Migration,
    /// The place of the statement in the file, from 0; that of the DO for what stands in one.
    pub statement: usize,
    /// The statement.
    pub act: &'a Act,
    /// Where it stands in a DO block, if it does.
    pub inside: Option<&'a BodyStatement>,
    /// The schema before it.
    pub schema: &'a Schema,
    /// What its transaction did before it.
    pub transaction: &'a Transaction,
    /// What it locks, scans and rewrites.
    pub effects: &'a Effects,
    /// What the project says.
    pub settings: &'a Settings,
}

impl<'a> Step<'a> {
    /// Looks up a relation as the statement names it.
    pub fn relation(&self, name: &WrittenName) -> Found<'a, Relation> {
        self.schema.relation(name)
    }

    /// Says whether others can see the relation: it was not made in this transaction. What is unknown can be seen.
    pub fn is_visible_to_others(&self, name: &WrittenName) -> bool {
        match self.relation(name) {
            Found::Known(relation) => !self.transaction.made(relation.origin) && !relation.temporary,
            Found::Unknown => true,
            Found::Absent | Found::System => false,
        }
    }

    /// Says whether the statement stands in a guarded backfill.
    pub fn section(&self) -> Option<&'a Section> {
        self.migration.section_of(self.statement)
    }

    /// Returns the strongest lock that the statement takes on relations that others can see, with the relation.
    pub fn strongest_lock(&self) -> Option<(LockMode, String)> {
        self.effects
            .locks
            .iter()
            .filter(|lock| lock.visible)
            .max_by_key(|lock| lock.mode)
            .map(|lock| (lock.mode, lock.relation.to_string()))
    }
}

/// A migration that has been read to its end.
#[derive(Clone, Copy)]
pub struct Ended<'a> {
    /// The file.
    pub migration: &'a Migration,
    /// The schema before it.
    pub before: &'a Schema,
    /// The schema after it.
    pub after: &'a Schema,
    /// The relations that it made, changed or touched and that exist at its end, by name.
    pub changed: &'a [Arc<Relation>],
    /// What it did, transaction by transaction.
    pub transactions: &'a [Transaction],
    /// What the project says.
    pub settings: &'a Settings,
}

impl Ended<'_> {
    /// Returns the relations that the migration made, changed or touched and that exist at its end.
    pub fn changed_relations(&self) -> impl Iterator<Item = &Arc<Relation>> {
        self.changed.iter()
    }

    /// Returns the place of the statement that made an object, if this migration did.
    pub fn span_of(&self, origin: super::schema::Origin) -> Option<crate::sql::act::Span> {
        match origin {
            super::schema::Origin::Made {
                migration, statement, ..
            } if migration == self.migration.number => self
                .migration
                .acts
                .get(statement as usize)
                .map(|act| act.span.clone()),
            _ => None,
        }
    }
}
