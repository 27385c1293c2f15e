//! Which relations others work with while a migration runs: those that stood before it. Pure.

use super::context::Step;
use super::effects::{Effects, Work};
use super::schema::{Found, Key, Relation, RelationKind};
use super::transaction::Held;
use crate::model::LockMode;
use crate::sql::WrittenName;
use crate::sql::act::table::FiringState;
use crate::sql::act::{Act, Action, AlterCommand};

/// How many statements count as recent.
const RECENT: usize = 1000;

impl<'a> Step<'a> {
    /// Says whether a relation, or the one that an index belongs to, stood before this migration, so that it may have
    /// rows and others work with it. Nobody waits for what this migration made, for temporary tables and for views.
    pub fn is_busy_at(&self, key: &Key) -> bool {
        if let Some(relation) = self.schema.relation_at(key) {
            return self.is_busy(relation);
        }
        match self.schema.index_at(key) {
            Some(index) => self.is_busy_at(&index.relation),
            // Nobody works with what was dropped.
            None => !self.relation(&written(key)).is_absent(),
        }
    }

    /// The same of a relation that is known.
    pub fn is_busy(&self, relation: &Relation) -> bool {
        let holds_rows = matches!(
            relation.kind,
            RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView
        );
        holds_rows && !relation.temporary && !self.is_made_here(relation)
    }

    /// The same of a relation as a statement names it. What is unknown is taken for a table with rows.
    pub fn is_busy_name(&self, name: &WrittenName) -> bool {
        match self.relation(name) {
            Found::Known(relation) => self.is_busy(relation),
            Found::Unknown => true,
            Found::Absent | Found::System => false,
        }
    }

    /// Says whether this migration made the relation.
    pub fn is_made_here(&self, relation: &Relation) -> bool {
        relation.origin.migration() == Some(self.migration.number)
    }

    /// Returns the name under which a relation is known, or would be.
    pub fn key_of(&self, name: &WrittenName) -> Key {
        match self.relation(name) {
            Found::Known(relation) => relation.key.clone(),
            _ => self.schema.creation_key(name, false),
        }
    }

    /// Walks what is read whole of what others work with.
    pub fn busy_scans<'e>(&'e self, effects: &'e Effects) -> impl Iterator<Item = &'e Work> {
        self.busy_work(&effects.scans)
    }

    /// Walks what is written anew of what others work with.
    pub fn busy_rewrites<'e>(&'e self, effects: &'e Effects) -> impl Iterator<Item = &'e Work> {
        self.busy_work(&effects.rewrites)
    }

    fn busy_work<'e>(&'e self, work: &'e [Work]) -> impl Iterator<Item = &'e Work> {
        work.iter()
            .filter(|work| work.visible && self.is_busy_at(&work.relation))
    }

    /// Walks the locks of earlier statements of the transaction, of at least a mode, on what others work with.
    pub fn busy_locks(&self, least: LockMode) -> impl Iterator<Item = &'a Held> {
        let step = *self;
        self.transaction
            .held
            .iter()
            .filter(move |held| held.mode >= least && step.is_busy_at(&held.relation))
    }

    /// Says whether a lock was taken only to switch off what guards the table: row security, FORCE, triggers. It has to
    /// be held while the guarded rows are worked on.
    pub fn is_of_toggle(&self, held: &Held) -> bool {
        let Some(Action::AlterTable(table)) = self.migration.acts.get(held.statement).map(|act| &act.action)
        else {
            return false;
        };
        table.commands.iter().all(|(command, _)| {
            matches!(
                command,
                AlterCommand::RowSecurity(_)
                    | AlterCommand::ForceRowSecurity(_)
                    | AlterCommand::Trigger { .. }
            )
        })
    }

    /// Says whether an earlier statement of the transaction switched off what guards a table.
    pub fn is_toggled(&self, name: &WrittenName) -> bool {
        let key = self.key_of(name);
        let is_locked = self
            .transaction
            .holds(&key)
            .is_some_and(|held| held.mode >= LockMode::ShareRowExclusive);
        is_locked
            && self.recent().any(|act| match &act.action {
                Action::AlterTable(table) => {
                    table.commands.iter().any(|(command, _)| switches_off(command))
                        && self.key_of(&table.name) == key
                }
                _ => false,
            })
    }

    /// Walks the statements of the transaction before this one, the last first; not all of a very long file, which would
    /// take as long again for each of its statements.
    pub fn recent(&self) -> impl Iterator<Item = &'a Act> {
        let begin = self
            .transaction
            .statements
            .first()
            .map_or(self.statement, |first| (*first).min(self.statement));
        self.migration
            .acts
            .get(begin..self.statement)
            .unwrap_or_default()
            .iter()
            .rev()
            .take(RECENT)
    }

    /// Says whether the statement shares its transaction with others, or would run in a block.
    pub fn is_in_transaction(&self) -> bool {
        self.transaction.shared || self.inside.is_some()
    }
}

fn switches_off(command: &AlterCommand) -> bool {
    matches!(
        command,
        AlterCommand::RowSecurity(false)
            | AlterCommand::ForceRowSecurity(false)
            | AlterCommand::Trigger {
                state: FiringState::Disabled,
                ..
            }
    )
}

fn written(key: &Key) -> WrittenName {
    WrittenName {
        schema: Some(key.schema.to_string()),
        name: key.name.to_string(),
    }
}
