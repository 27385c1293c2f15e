//! Output formats: one file each, listed here in alphabetical order.

pub mod github;
pub mod gitlab;
pub mod html;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod sarif;
pub mod text;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Report;
use crate::model::{Checksum, FailOn, Finding, Level, LineIndex};

/// A way to write a report.
pub struct Format {
    /// The word after `--format`.
    pub name: &'static str,
    /// Writes the report.
    pub render: fn(&Report, &Rendering) -> String,
    /// Writes one finding, where a report is nothing but one finding a line: it need not be held as a whole.
    pub line: Option<fn(&Finding) -> String>,
    /// Whether excerpts of the files are shown.
    pub shows_sources: bool,
}

/// Every format, sorted by name.
pub const FORMATS: &[Format] = &[
    Format {
        name: "github",
        render: github::render,
        line: None,
        shows_sources: false,
    },
    Format {
        name: "gitlab",
        render: gitlab::render,
        line: None,
        shows_sources: false,
    },
    Format {
        name: "html",
        render: html::render,
        line: None,
        shows_sources: true,
    },
    Format {
        name: "json",
        render: json::render,
        line: None,
        shows_sources: false,
    },
    Format {
        name: "jsonl",
        render: jsonl::render,
        line: Some(jsonl::line),
        shows_sources: false,
    },
    Format {
        name: "junit",
        render: junit::render,
        line: None,
        shows_sources: false,
    },
    Format {
        name: "sarif",
        render: sarif::render,
        line: None,
        shows_sources: false,
    },
    Format {
        name: "text",
        render: text::render,
        line: None,
        shows_sources: true,
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
    /// The files that findings point into, for excerpts.
    pub sources: HashMap<PathBuf, Source>,
}

/// The text of a file, with its lines found once.
#[derive(Clone, Debug)]
pub struct Source {
    text: String,
    lines: LineIndex,
}

impl Source {
    /// Takes a text.
    pub fn new(text: String) -> Self {
        Source {
            lines: LineIndex::new(&text),
            text,
        }
    }

    fn line(&self, number: usize) -> Option<&str> {
        self.lines.line(&self.text, number)
    }
}

/// Returns the format of this name.
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The findings that stand in machine formats: all but those that are switched off.
pub fn reported(report: &Report) -> impl Iterator<Item = &Finding> {
    report
        .findings
        .iter()
        .filter(|finding| finding.level != Level::Off)
}

/// Returns what identifies a finding from one run to the next: the file's lines may move, the statement may not.
fn fingerprint(finding: &Finding) -> String {
    let file = finding.location.as_ref().map(|place| slashes(&place.file));
    let of_statement = finding.fingerprint.map_or_else(
        || {
            format!(
                "{}\0{}\0{}",
                finding.rule,
                finding.object.as_deref().unwrap_or_default(),
                finding.message
            )
        },
        |hash| hash.to_string(),
    );
    Checksum::of(format!("{}\0{of_statement}", file.unwrap_or_default())).to_string()
}

/// Writes a path as machines want it on every system.
fn slashes(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}
