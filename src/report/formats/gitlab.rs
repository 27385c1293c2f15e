//! `gitlab`: a Code Quality report.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Rendering, fingerprint, reported, slashes};
use crate::model::{Checksum, Finding, Level};
use crate::report::Report;

/// Writes the list of findings that stand in files; GitLab knows no others.
pub fn render(report: &Report, _: &Rendering) -> String {
    let mut repeated: BTreeMap<String, u32> = BTreeMap::new();
    let findings: Vec<Value> = reported(report)
        .filter_map(|finding| {
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

fn entry(finding: &Finding, hash: &str) -> Option<Value> {
    let place = finding.location.as_ref()?;
    let severity = match finding.level {
        Level::Error => "critical",
        Level::Warning => "major",
        Level::Info | Level::Off => "info",
    };
    Some(json!({
        "description": finding.message,
        "check_name": finding.rule,
        "fingerprint": hash,
        "severity": severity,
        "location": {
            "path": slashes(&place.file),
            "lines": {"begin": place.line, "end": place.end_line},
        },
    }))
}
