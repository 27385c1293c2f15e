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
            data: Value::Null,
            outcome: Outcome::Clean,
            warnings_count: true,
            root: PathBuf::new(),
            texts: HashMap::new(),
        }
    }

    /// Returns the outcome with the findings counted in.
    pub fn outcome(&self, fail_on: FailOn) -> Outcome {
        let found = self
            .findings
            .iter()
            .filter(|finding| self.warnings_count || finding.level >= Level::Error)
            .any(|finding| finding.level != Level::Off && fail_on.reached_by(finding.level));
        if found {
            self.outcome.and(Outcome::Findings)
        } else {
            self.outcome
        }
    }
}
