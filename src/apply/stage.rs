//! How far a long statement is, from the server's own progress views (manual, section 28.4).

use std::fmt;

use crate::pg::{PgError, Session};

/// What a backend is doing at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Whether it waits for a lock, or for a transaction with an old snapshot: that too is a lock.
    pub waiting: bool,
    /// What the server calls the phase; empty where no view knows the statement.
    pub phase: String,
    /// How much of the phase is done.
    pub done: u64,
    /// How much there is; 0 where it is not known.
    pub total: u64,
    /// What is counted: `blocks`, `tuples`, `transactions`.
    pub unit: String,
}

/// A wait for a transaction with an old snapshot is one for its virtual transaction id, of type Lock.
const STAGE: &str = "
SELECT (a.wait_event_type IS NOT DISTINCT FROM 'Lock')::text, p.phase, p.done::text, p.total::text, p.unit
FROM pg_catalog.pg_stat_activity AS a
LEFT JOIN (
    SELECT pid, phase,
           CASE WHEN phase LIKE 'waiting%' THEN lockers_done
                WHEN blocks_total > 0 THEN blocks_done
                ELSE tuples_done END AS done,
           CASE WHEN phase LIKE 'waiting%' THEN lockers_total
                WHEN blocks_total > 0 THEN blocks_total
                ELSE tuples_total END AS total,
           CASE WHEN phase LIKE 'waiting%' THEN 'transactions'
                WHEN blocks_total > 0 THEN 'blocks'
                ELSE 'tuples' END AS unit
    FROM pg_catalog.pg_stat_progress_create_index
    UNION ALL
    SELECT pid, phase, heap_blks_scanned, heap_blks_total, 'blocks'
    FROM pg_catalog.pg_stat_progress_vacuum
    UNION ALL
    SELECT pid, phase, heap_blks_scanned, heap_blks_total, 'blocks'
    FROM pg_catalog.pg_stat_progress_cluster
    UNION ALL
    SELECT pid, phase, sample_blks_scanned, sample_blks_total, 'blocks'
    FROM pg_catalog.pg_stat_progress_analyze
) AS p ON p.pid = a.pid
WHERE a.pid = ";

impl Stage {
    /// Asks the server through another session.
    pub(super) fn of_backend(session: &mut Session, backend: i32) -> Result<Stage, PgError> {
        let rows = session.text_rows(&format!("{STAGE}{backend}\nORDER BY p.phase"))?;
        let row = rows.into_iter().next().unwrap_or_default();
        let column = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        Ok(Stage {
            waiting: column(0) == "true",
            phase: column(1),
            done: column(2).parse().unwrap_or(0),
            total: column(3).parse().unwrap_or(0),
            unit: column(4),
        })
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.phase.as_str(), self.waiting) {
            ("", true) => f.write_str("waiting for a lock")?,
            ("", false) => f.write_str("working")?,
            (phase, _) => f.write_str(phase)?,
        }
        if let Some(percent) = self.done.saturating_mul(100).checked_div(self.total) {
            write!(f, ", {} of {} {} ({percent} %)", self.done, self.total, self.unit)?;
        }
        Ok(())
    }
}
