//! What a run tells while it works. Somebody else shows it.

use std::fmt;
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
    /// A batch of a backfill is committed.
    Batch {
        /// The revision.
        revision: &'a RevisionId,
        /// The table as written.
        table: &'a str,
        /// Rows touched so far.
        rows: u64,
        /// Batches so far.
        batches: u64,
    },
    /// The server said something.
    Notice {
        /// The revision.
        revision: &'a RevisionId,
        /// What.
        notice: &'a Notice,
    },
    /// A concurrent index build will wait for a session that has a transaction open.
    WillWaitFor {
        /// The revision that builds.
        revision: &'a RevisionId,
        /// Whom it will wait for.
        holder: &'a Blocker,
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

impl fmt::Display for Event<'_> {
    /// One line for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::WaitingForMigrator { holder, waited } => {
                write!(f, "waiting {} s for another migrator: {holder}", waited.as_secs())
            }
            Event::Planned { revisions } => write!(f, "{revisions} revisions to run"),
            Event::Began {
                revision,
                number,
                statements,
            } => {
                write!(f, "{number}: {revision}, {statements} statements")
            }
            Event::Statement { revision, number } => write!(f, "{revision}, statement {number}"),
            Event::Section { revision, row } => {
                write!(
                    f,
                    "{revision}: backfill of {} touched {} rows",
                    row.table, row.touched
                )
            }
            Event::Batch {
                revision,
                table,
                rows,
                batches,
            } => {
                write!(
                    f,
                    "{revision}: backfill of {table}, {rows} rows in {batches} batches"
                )
            }
            Event::Notice { revision, notice } => {
                write!(f, "{revision}: {}: {}", notice.severity, notice.message)
            }
            Event::WillWaitFor { revision, holder } => write!(f, "{revision} will wait for {holder}"),
            Event::Retrying {
                revision,
                error,
                attempt,
                pause,
                blockers,
            } => {
                write!(f, "{revision}: attempt {attempt} failed ({error})")?;
                blockers
                    .iter()
                    .try_for_each(|blocker| write!(f, "; blocked by {blocker}"))?;
                write!(f, "; again in {:.1} s", pause.as_secs_f64())
            }
            Event::Done { revision, took } => write!(f, "{revision} done in {} ms", took.as_millis()),
        }
    }
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
    fn event(&mut self, _: Event<'_>) {}
}
