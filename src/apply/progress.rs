//! What a run tells while it works. Somebody else shows it.

use std::fmt;
use std::time::Duration;

use super::retry::Blocker;
use super::stage::Stage;
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
        /// How far it is.
        pace: Pace,
    },
    /// A statement without time limit is at work.
    Working {
        /// The revision and statement.
        doing: &'a str,
        /// What the server says that it does.
        stage: &'a Stage,
    },
    /// What an earlier run left of a step is settled.
    Settling {
        /// The revision.
        revision: &'a RevisionId,
        /// The step, from 1.
        number: usize,
        /// What was found and what follows from it.
        found: &'a str,
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
                pace,
            } => {
                write!(
                    f,
                    "{revision}: backfill of {table} {pace}, {rows} rows touched in {batches} batches"
                )
            }
            Event::Working { doing, stage } => write!(f, "{doing}: {stage}"),
            Event::Settling {
                revision,
                number,
                found,
            } => write!(f, "{revision}, step {number} was left in doubt. {found}"),
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

/// How far a batched backfill is and how fast it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Rows passed by in this pass, touched or not.
    pub walked: u64,
    /// Rows of the table, as the planner estimates them; 0 where it does not know.
    pub of: u64,
    /// Rows passed by per second in this run, pauses included.
    pub rate: f64,
    /// Rows of the next batch.
    pub size: u64,
}

impl Pace {
    /// Returns how long the rest will take at this rate.
    pub fn left(&self) -> Option<Duration> {
        let rows = self.of.checked_sub(self.walked).filter(|_| self.of > 0)?;
        Duration::try_from_secs_f64(rows as f64 / self.rate).ok()
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of > 0 {
            let part = (self.walked as f64 / self.of as f64).min(1.0);
            let full = (part * BAR as f64) as usize;
            write!(f, "[{}{}] ", "#".repeat(full), "-".repeat(BAR - full))?;
            write!(f, "{:.0} % of about {} rows, ", part * 100.0, self.of)?;
        }
        write!(f, "{:.0} rows/s", self.rate)?;
        match self.left().map(|left| left.as_secs()) {
            None => Ok(()),
            Some(seconds @ 0..100) => write!(f, ", {seconds} s left"),
            Some(seconds) => write!(f, ", {} min left", seconds.div_ceil(60)),
        }
    }
}

/// Characters of the bar.
const BAR: usize = 20;

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
    fn event(&mut self, _: Event<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn the_pace_is_a_bar_with_rate_and_estimate() {
        let pace = Pace {
            walked: 250_000,
            of: 1_000_000,
            rate: 1500.0,
            size: 1000,
        };
        assert_eq!(
            pace.to_string(),
            "[#####---------------] 25 % of about 1000000 rows, 1500 rows/s, 9 min left"
        );
        let unknown = Pace { of: 0, ..pace };
        assert_eq!(unknown.to_string(), "1500 rows/s");
        let still = Pace { rate: 0.0, ..pace };
        assert!(still.left().is_none() && still.to_string().ends_with("0 rows/s"));
    }
}
