//! Output formats: one file each, listed here in alphabetical order.

pub mod github;
pub mod json;
pub mod jsonl;
pub mod text;

use std::collections::HashMap;
use std::path::PathBuf;

use super::Report;
use crate::model::{FailOn, Finding, Level};

/// A way to write a report.
pub struct Format {
    /// The word after `--format`.
    pub name: &'static str,
    /// Writes the report.
    pub render: fn(&Report, &Rendering) -> String,
}

/// Every format, sorted by name.
pub const FORMATS: &[Format] = &[
    Format {
        name: "github",
        render: github::render,
    },
    Format {
        name: "json",
        render: json::render,
    },
    Format {
        name: "jsonl",
        render: jsonl::render,
    },
    Format {
        name: "text",
        render: text::render,
    },
];

/// How a report is to be written.
#[derive(Clone, Debug, Default)]
pub struct Rendering {
    /// Whether ANSI colours may be used.
    pub color: bool,
    /// Whether advice is shown to people.
    pub verbose: bool,
    /// Whether people see findings only.
    pub quiet: bool,
    /// The threshold, for the summary and the exit code that stands in JSON.
    pub fail_on: FailOn,
    /// The text of files that findings point into, for excerpts.
    pub sources: HashMap<PathBuf, String>,
}

/// Returns the format of this name.
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The findings that stand in machine formats: all but those that are switched off.
fn reported(report: &Report) -> impl Iterator<Item = &Finding> {
    report
        .findings
        .iter()
        .filter(|finding| finding.level != Level::Off)
}
