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
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use super::Report;
use crate::model::{Checksum, FailOn, Finding, Level, LineIndex};
use crate::report::Counts;

/// A way to write a report.
pub struct Format {
    /// The word after `--format`.
    pub name: &'static str,
    /// How a report is put together.
    pub layout: Layout,
    /// Whether excerpts of the files are shown.
    pub shows_sources: bool,
}

impl Format {
    /// Writes the report.
    pub fn render(&self, report: &Report, rendering: &Rendering) -> String {
        match self.layout {
            Layout::Whole(render) => render(report, rendering),
            Layout::Pieces(pieces) => {
                let mut out = String::new();
                let Ok(()) = pieces.write(report, rendering, None, |piece| {
                    out.push_str(piece);
                    Ok::<(), Infallible>(())
                });
                out
            }
        }
    }
}

/// How a report is put together.
#[derive(Clone, Copy)]
pub enum Layout {
    /// From everything at once.
    Whole(fn(&Report, &Rendering) -> String),
    /// From a beginning, the findings and an end: findings may be written as they are found.
    Pieces(Pieces),
}

/// The pieces of a report, each written behind the one before it.
#[derive(Clone, Copy)]
pub struct Pieces {
    /// The beginning, from the command's own text.
    pub head: fn(&str, &Rendering) -> String,
    /// Findings that stand together, see [`together`]; empty if none of them is shown.
    pub findings: fn(&[Finding], &Rendering) -> String,
    /// What parts findings from whatever stands before them.
    pub between: &'static str,
    /// The end, from the rest of the report, how many findings there were, and whether anything was written before.
    pub tail: fn(&Report, Counts, &Rendering, bool) -> String,
}

impl Pieces {
    /// Writes a report piece by piece to `put`, which says what failed. If it was begun, that is whether something was
    /// written, the head is not written again.
    pub fn write<E>(
        &self,
        report: &Report,
        rendering: &Rendering,
        begun: Option<bool>,
        mut put: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut written = begun.unwrap_or(false);
        if begun.is_none() {
            let head = (self.head)(&report.text, rendering);
            put(&head)?;
            written = !head.is_empty();
        }
        for findings in together(&report.findings) {
            let piece = (self.findings)(findings, rendering);
            if !piece.is_empty() {
                if written {
                    put(self.between)?;
                }
                put(&piece)?;
                written = true;
            }
        }
        put(&(self.tail)(report, report.counts(), rendering, written))
    }
}

/// Splits findings into those that are shown together: of one group, or else of one file.
fn together(findings: &[Finding]) -> impl Iterator<Item = &[Finding]> {
    findings.chunk_by(|one, next| {
        let [first, second] = [one, next].map(|finding| finding.location.as_ref().map(|place| &place.file));
        one.group == next.group && (one.group.is_some() || first == second)
    })
}

/// The format for people, in which errors are told too.
pub const TEXT: Format = Format {
    name: "text",
    layout: Layout::Pieces(text::PIECES),
    shows_sources: true,
};

/// Every format, sorted by name.
pub const FORMATS: &[Format] = &[
    Format {
        name: "github",
        layout: Layout::Pieces(github::PIECES),
        shows_sources: false,
    },
    Format {
        name: "gitlab",
        layout: Layout::Whole(gitlab::render),
        shows_sources: false,
    },
    Format {
        name: "html",
        layout: Layout::Whole(html::render),
        shows_sources: true,
    },
    Format {
        name: "json",
        layout: Layout::Whole(json::render),
        shows_sources: false,
    },
    Format {
        name: "jsonl",
        layout: Layout::Pieces(jsonl::PIECES),
        shows_sources: false,
    },
    Format {
        name: "junit",
        layout: Layout::Whole(junit::render),
        shows_sources: false,
    },
    Format {
        name: "sarif",
        layout: Layout::Whole(sarif::render),
        shows_sources: false,
    },
    TEXT,
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
