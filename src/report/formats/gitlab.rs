//! `gitlab`: a Code Quality report.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Rendering, fingerprint, reported, slashes};
use crate::model::{Checksum, Finding, Level};
use crate::report::Report;

/// Where findings stand that are of no file: drift, sessions in the way. GitLab shows none without a place.
const NOWHERE: &str = "zerodrift.yaml";

/// Writes the list of findings.
pub fn render(report: &Report, _: &Rendering) -> String {
    let mut repeated: BTreeMap<String, u32> = BTreeMap::new();
    let findings: Vec<Value> = reported(report)
        .map(|finding| {
            let hash = fingerprint(finding);
            let count = repeated.entry(hash.clone()).or_insert(0);
            *count += 1;
            // Equal fingerprints would be taken for one finding.
            let unique = match count {
                1 => hash,
                again => Checksum::of(format!("{hash}\0{again}")).to_string(),
            };
            entry(finding, &unique)
        })
        .collect();
    format!("{:#}\n", Value::Array(findings))
}

fn entry(finding: &Finding, hash: &str) -> Value {
    let severity = match finding.level {
        Level::Error => "critical",
        Level::Warning => "major",
        Level::Info | Level::Off => "info",
    };
    let (path, begin, end) = match &finding.location {
        Some(place) => (slashes(&place.file), place.line, place.end_line),
        None => (NOWHERE.to_owned(), 1, 1),
    };
    // There is one text to show; what differs in a body stands in the detail.
    let description = match (&finding.location, &finding.detail) {
        (None, Some(detail)) => format!("{}\n{detail}", finding.message),
        _ => finding.message.clone(),
    };
    json!({
        "description": description,
        "check_name": finding.rule,
        "fingerprint": hash,
        "severity": severity,
        "location": {
            "path": path,
            "lines": {"begin": begin, "end": end},
        },
    })
}
