//! How a run ended, as an exit code.

use serde::Serialize;

/// The documented exit codes. Ids that users see: they never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// 0: clean or done.
    Clean,
    /// 1: findings at or above the threshold.
    Findings,
    /// 2: usage, configuration, ambiguous or unknown target.
    Usage,
    /// 3: cannot connect, or the role or server is unfit.
    Unfit,
    /// 4: a migration failed and was rolled back.
    RolledBack,
    /// 5: stopped part-way, `repair` needed.
    PartWay,
    /// 6: another migrator holds the lock.
    Locked,
    /// 7: integrity: edited, unknown, missing revision or gap.
    Integrity,
    /// 8: a verify script or a row expectation failed.
    Unverified,
    /// 130: ended by SIGINT.
    Interrupted,
    /// 143: ended by SIGTERM.
    Terminated,
}

impl Outcome {
    /// Returns the process exit code.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Clean => 0,
            Outcome::Findings => 1,
            Outcome::Usage => 2,
            Outcome::Unfit => 3,
            Outcome::RolledBack => 4,
            Outcome::PartWay => 5,
            Outcome::Locked => 6,
            Outcome::Integrity => 7,
            Outcome::Unverified => 8,
            Outcome::Interrupted => 130,
            Outcome::Terminated => 143,
        }
    }

    /// Combines several causes: the highest wins.
    pub fn and(self, other: Outcome) -> Outcome {
        self.max(other)
    }
}
