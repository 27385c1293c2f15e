//! What a command has to say, before any format renders it.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::model::{FailOn, Finding, Level, Outcome};

/// The result of one command.
#[derive(Clone, Debug)]
pub struct Report {
    /// The verb, for example `lint`.
    pub command: &'static str,
    /// Text for people: shown before the findings.
    pub text: String,
    /// Tables for people: shown after the findings.
    pub tables: Vec<Table>,
    /// The last line for people.
    pub conclusion: String,
    /// What was found.
    pub findings: Vec<Finding>,
    /// How many findings were written before the report was whole; they are not among `findings`.
    pub ahead: Counts,
    /// What machines get beside the findings.
    pub data: Value,
    /// How the command ended, before the findings count.
    pub outcome: Outcome,
    /// Whether findings below an error count towards the exit code; not where a change was made and is done.
    pub warnings_count: bool,
    /// The folder that the files of locations are relative to; empty means the working directory.
    pub root: PathBuf,
    /// Texts that findings point into and that stand in no file, as standard input.
    pub texts: HashMap<PathBuf, String>,
}

/// How many findings there are of each level; those that are switched off do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    errors: usize,
    warnings: usize,
    advice: usize,
}

impl Counts {
    /// Counts findings in addition.
    pub fn add(&mut self, findings: &[Finding]) {
        for finding in findings {
            match finding.level {
                Level::Error => self.errors += 1,
                Level::Warning => self.warnings += 1,
                Level::Info => self.advice += 1,
                Level::Off => {}
            }
        }
    }

    /// Adds what was counted elsewhere.
    pub fn add_counts(&mut self, others: Counts) {
        self.errors += others.errors;
        self.warnings += others.warnings;
        self.advice += others.advice;
    }

    /// Returns how many there are of a level.
    pub fn of(&self, level: Level) -> usize {
        match level {
            Level::Error => self.errors,
            Level::Warning => self.warnings,
            Level::Info => self.advice,
            Level::Off => 0,
        }
    }
}

/// A table for people.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The heads of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

impl Report {
    /// Makes an empty report that ended well.
    pub fn new(command: &'static str) -> Self {
        Report {
            command,
            text: String::new(),
            tables: Vec::new(),
            conclusion: String::new(),
            findings: Vec::new(),
            ahead: Counts::default(),
            data: Value::Null,
            outcome: Outcome::Clean,
            warnings_count: true,
            root: PathBuf::new(),
            texts: HashMap::new(),
        }
    }

    /// Counts the findings, those that were written ahead included.
    pub fn counts(&self) -> Counts {
        let mut counts = self.ahead;
        counts.add(&self.findings);
        counts
    }

    /// Returns the outcome with the findings counted in.
    pub fn outcome(&self, fail_on: FailOn) -> Outcome {
        let counts = self.counts();
        let counted = [Level::Info, Level::Warning, Level::Error]
            .into_iter()
            .filter(|level| self.warnings_count || *level >= Level::Error);
        let found = counted
            .filter(|level| counts.of(*level) > 0)
            .any(|level| fail_on.reached_by(level));
        if found {
            self.outcome.and(Outcome::Findings)
        } else {
            self.outcome
        }
    }
}
