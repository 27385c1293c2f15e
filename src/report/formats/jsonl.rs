//! `jsonl`: one finding a line, flat, for shell pipelines.

use serde_json::{Value, json};

use super::{Rendering, reported};
use crate::model::Finding;
use crate::report::Report;

/// Writes one JSON object a line and finding. Lines and columns count from 1.
pub fn render(report: &Report, _: &Rendering) -> String {
    reported(report)
        .map(|finding| format!("{}\n", line(finding)))
        .collect()
}

fn line(finding: &Finding) -> Value {
    let place = finding.location.as_ref();
    json!({
        "file": place.map(|place| place.file.display().to_string()),
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "end_line": place.map(|place| place.end_line),
        "end_column": place.map(|place| place.end_column),
        "rule": finding.rule,
        "level": finding.level,
        "category": finding.category,
        "object": finding.object,
        "group": finding.group,
        "message": finding.message,
        "detail": finding.detail,
        "hint": finding.hint,
        "fix": finding.fix,
        "fingerprint": finding.fingerprint,
    })
}
