//! `github`: workflow commands that annotate the changed lines of a pull request.

use super::Pieces;
use crate::model::{Finding, Level};

/// A workflow command a finding, and nothing else.
pub(super) const PIECES: Pieces = Pieces {
    head: |_, _| String::new(),
    findings: |findings, _| {
        let reported = findings.iter().filter(|finding| finding.level != Level::Off);
        reported.map(annotation).collect()
    },
    between: "",
    tail: |_, _, _, _| String::new(),
};

fn annotation(finding: &Finding) -> String {
    let word = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info | Level::Off => "notice",
    };
    let mut properties = vec![format!("title={}", property(finding.rule))];
    if let Some(place) = &finding.location {
        properties.push(format!("file={}", property(&place.file.display().to_string())));
        properties.push(format!("line={},endLine={}", place.line, place.end_line));
        properties.push(format!("col={},endColumn={}", place.column, place.end_column));
    }
    let text = [
        Some(&finding.message),
        finding.detail.as_ref(),
        finding.hint.as_ref(),
    ];
    let text = text
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("\n");
    format!("::{word} {}::{}\n", properties.join(","), data(&text))
}

/// Escapes the message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
