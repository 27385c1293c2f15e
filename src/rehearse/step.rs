//! The result of one proof.

use std::time::Duration;

use crate::model::{Finding, Level};

/// One proof of a rehearsal.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was proven, for example `fresh` or the name of a seed.
    pub name: String,
    /// What was seen, for people.
    pub seen: String,
    /// Wall time.
    pub took: Duration,
    /// What failed the proof.
    pub findings: Vec<Finding>,
}

impl Step {
    /// Says whether nothing was found at level warning or above.
    pub fn passed(&self) -> bool {
        self.findings.iter().all(|finding| finding.level < Level::Warning)
    }

    /// Returns the verdict: there is nothing between PASS and FAIL.
    pub fn verdict(&self) -> &'static str {
        if self.passed() { "PASS" } else { "FAIL" }
    }
}

/// Hears of a rehearsal's progress.
pub trait StepProgress {
    /// Something is being done now.
    fn doing(&mut self, what: &str);
    /// A step has ended.
    fn done(&mut self, step: &Step);
}
