//! `json`: the whole report as one documented, versioned document.

use serde_json::{Value, json};

use super::{Rendering, reported};
use crate::report::Report;

/// The version of the document's shape. A field is added without a new version; a changed meaning needs one.
pub const VERSION: u32 = 1;

/// Writes the report as one JSON document and a final newline.
pub fn render(report: &Report, rendering: &Rendering) -> String {
    let outcome = report.outcome(rendering.fail_on);
    let document = json!({
        "format": VERSION,
        "command": report.command,
        "exit_code": outcome.code(),
        "outcome": outcome,
        "findings": reported(report).collect::<Vec<_>>(),
        "data": if report.data.is_null() { Value::Object(Default::default()) } else { report.data.clone() },
    });
    format!("{document:#}\n")
}
