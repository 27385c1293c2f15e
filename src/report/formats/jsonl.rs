//! `jsonl`: one finding a line, flat, for shell pipelines.

use serde::Serialize;

use super::Pieces;
use crate::model::{Checksum, Finding, Fix, Level};

/// A line a finding, and nothing else.
pub(super) const PIECES: Pieces = Pieces {
    head: |_, _| String::new(),
    findings: |findings, _| {
        let reported = findings.iter().filter(|finding| finding.level != Level::Off);
        reported.map(line).collect()
    },
    between: "",
    tail: |_, _, _, _| String::new(),
};

/// A line: what is not there is null. Lines and columns count from 1.
#[derive(Serialize)]
struct Line<'a> {
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    rule: &'a str,
    level: Level,
    category: Option<&'a str>,
    object: Option<&'a str>,
    group: Option<&'a str>,
    message: &'a str,
    detail: Option<&'a str>,
    hint: Option<&'a str>,
    fix: Option<&'a Fix>,
    fingerprint: Option<Checksum>,
}

/// Writes one finding with its line ending.
fn line(finding: &Finding) -> String {
    let place = finding.location.as_ref();
    let line = Line {
        file: place.map(|place| place.file.display().to_string()),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        end_line: place.map(|place| place.end_line),
        end_column: place.map(|place| place.end_column),
        rule: finding.rule,
        level: finding.level,
        category: finding.category,
        object: finding.object.as_deref(),
        group: finding.group.as_deref(),
        message: &finding.message,
        detail: finding.detail.as_deref(),
        hint: finding.hint.as_deref(),
        fix: finding.fix.as_ref(),
        fingerprint: finding.fingerprint,
    };
    let mut text = serde_json::to_string(&line).expect("text, numbers and null are JSON");
    text.push('\n');
    text
}
