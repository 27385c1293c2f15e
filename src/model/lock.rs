//! Lock modes of tables and which of them exclude each other (manual, section 13.3.1, table 13.2; the same in 13 to 18).

use std::fmt;

use serde::Serialize;

/// A table-level lock mode, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

/// Each mode, its name in SQL, its name in pg_locks, and the modes that it conflicts with.
const MODES: [(LockMode, &str, &str, &[LockMode]); 8] = {
    use LockMode::*;
    [
        (AccessShare, "ACCESS SHARE", "AccessShareLock", &[AccessExclusive]),
        (
            RowShare,
            "ROW SHARE",
            "RowShareLock",
            &[Exclusive, AccessExclusive],
        ),
        (
            RowExclusive,
            "ROW EXCLUSIVE",
            "RowExclusiveLock",
            &[Share, ShareRowExclusive, Exclusive, AccessExclusive],
        ),
        (
            ShareUpdateExclusive,
            "SHARE UPDATE EXCLUSIVE",
            "ShareUpdateExclusiveLock",
            &[
                ShareUpdateExclusive,
                Share,
                ShareRowExclusive,
                Exclusive,
                AccessExclusive,
            ],
        ),
        (
            Share,
            "SHARE",
            "ShareLock",
            &[
                RowExclusive,
                ShareUpdateExclusive,
                ShareRowExclusive,
                Exclusive,
                AccessExclusive,
            ],
        ),
        (
            ShareRowExclusive,
            "SHARE ROW EXCLUSIVE",
            "ShareRowExclusiveLock",
            &[
                RowExclusive,
                ShareUpdateExclusive,
                Share,
                ShareRowExclusive,
                Exclusive,
                AccessExclusive,
            ],
        ),
        (
            Exclusive,
            "EXCLUSIVE",
            "ExclusiveLock",
            &[
                RowShare,
                RowExclusive,
                ShareUpdateExclusive,
                Share,
                ShareRowExclusive,
                Exclusive,
                AccessExclusive,
            ],
        ),
        (
            AccessExclusive,
            "ACCESS EXCLUSIVE",
            "AccessExclusiveLock",
            &[
                AccessShare,
                RowShare,
                RowExclusive,
                ShareUpdateExclusive,
                Share,
                ShareRowExclusive,
                Exclusive,
                AccessExclusive,
            ],
        ),
    ]
};

impl LockMode {
    /// Every mode, the weakest first.
    pub fn all() -> impl Iterator<Item = LockMode> {
        MODES.iter().map(|(mode, ..)| *mode)
    }

    /// Returns the name in SQL: `ACCESS EXCLUSIVE`.
    pub fn as_str(self) -> &'static str {
        MODES[self as usize].1
    }

    /// Returns the name that pg_locks shows: `AccessExclusiveLock`.
    pub fn pg_locks_name(self) -> &'static str {
        MODES[self as usize].2
    }

    /// Reads the name that SQL or pg_locks has for a mode.
    pub fn parse(text: &str) -> Option<LockMode> {
        MODES
            .iter()
            .find(|(_, sql, pg_locks, _)| text.eq_ignore_ascii_case(sql) || text == *pg_locks)
            .map(|(mode, ..)| *mode)
    }

    /// Says whether two sessions cannot hold these modes on one table at the same time.
    pub fn conflicts_with(self, other: LockMode) -> bool {
        MODES[self as usize].3.contains(&other)
    }

    /// Says whether INSERT, UPDATE and DELETE of others wait.
    pub fn blocks_writes(self) -> bool {
        self.conflicts_with(LockMode::RowExclusive)
    }

    /// Says whether SELECT of others waits.
    pub fn blocks_reads(self) -> bool {
        self.conflicts_with(LockMode::AccessShare)
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_stand_in_order_and_conflicts_are_mutual() {
        for (at, mode) in LockMode::all().enumerate() {
            assert_eq!(mode as usize, at);
            assert_eq!(LockMode::parse(mode.as_str()), Some(mode));
            assert_eq!(LockMode::parse(mode.pg_locks_name()), Some(mode));
            for other in LockMode::all() {
                assert_eq!(
                    mode.conflicts_with(other),
                    other.conflicts_with(mode),
                    "{mode} {other}"
                );
            }
        }
    }
}
