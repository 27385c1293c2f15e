//! What a run tells while it works. Somebody else shows it.

use std::time::Duration;

use super::retry::Blocker;
use crate::ledger::SectionRow;
use crate::model::RevisionId;
use crate::pg::Notice;

/// Hears what happens.
pub trait Progress {
    /// Something happened.
    fn event(&mut self, event: Event<'_>);
}

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another migrator holds the lock; the run polls for it.
    WaitingForMigrator {
        /// Who, as text for people.
        holder: &'a str,
        /// How long it has waited.
        waited: Duration,
    },
    /// It is known what will run.
    Planned {
        /// How many revisions.
        revisions: usize,
    },
    /// A revision begins.
    Began {
        /// Which.
        revision: &'a RevisionId,
        /// Its place among the pending ones, from 1.
        number: usize,
        /// How many statements its file has.
        statements: usize,
    },
    /// A statement begins.
    Statement {
        /// The revision.
        revision: &'a RevisionId,
        /// The place in the file, from 1.
        number: usize,
    },
    /// A guarded section is done.
    Section {
        /// The revision.
        revision: &'a RevisionId,
        /// What it did.
        row: &'a SectionRow,
    },
    /// The server said something.
    Notice {
        /// The revision.
        revision: &'a RevisionId,
        /// What.
        notice: &'a Notice,
    },
    /// The transaction is repeated after a pause.
    Retrying {
        /// The revision.
        revision: &'a RevisionId,
        /// Why.
        error: &'a str,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// The pause.
        pause: Duration,
        /// Who held it up.
        blockers: &'a [Blocker],
    },
    /// A revision is done.
    Done {
        /// Which.
        revision: &'a RevisionId,
        /// How long it took.
        took: Duration,
    },
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
    fn event(&mut self, _: Event<'_>) {}
}
