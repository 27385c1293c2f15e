//! `sarif`: SARIF 2.1.0, as code-scanning services take it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Rendering, fingerprint, reported, slashes};
use crate::lint::registry;
use crate::model::{Finding, Level, Location};
use crate::report::Report;

/// Writes one run with the rules that found something.
pub fn render(report: &Report, _: &Rendering) -> String {
    let findings: Vec<&Finding> = reported(report).collect();
    let mut rules: BTreeMap<&str, usize> = findings.iter().map(|finding| (finding.rule, 0)).collect();
    for (index, place) in rules.values_mut().enumerate() {
        *place = index;
    }
    let mut repeated: BTreeMap<String, u32> = BTreeMap::new();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let hash = fingerprint(finding);
            let count = repeated.entry(hash.clone()).or_insert(0);
            *count += 1;
            result(finding, rules[finding.rule], &format!("{hash}:{count}"))
        })
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "zerodrift",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.keys().map(|name| rule(name)).collect::<Vec<_>>(),
            }},
            // Columns of findings count characters, not UTF-16 code units.
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The folder of the project."}}},
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn rule(name: &str) -> Value {
    match registry::find(name) {
        Some(known) => json!({
            "id": name,
            "shortDescription": {"text": known.summary},
            "defaultConfiguration": {"level": level(known.level)},
            "properties": {"tags": [known.category]},
        }),
        None => json!({"id": name}),
    }
}

fn result(finding: &Finding, rule_index: usize, hash: &str) -> Value {
    let text: Vec<&str> = [
        Some(finding.message.as_str()),
        finding.detail.as_deref(),
        finding.hint.as_deref(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": level(finding.level),
        "message": {"text": text.join("\n")},
        "partialFingerprints": {"zerodrift/v1": hash},
    });
    if let Some(place) = &finding.location {
        result["locations"] = json!([location(place, finding.object.as_deref())]);
    }
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([{
            "description": {"text": "Replace the marked text."},
            "artifactChanges": [{
                "artifactLocation": artifact(&fix.location),
                "replacements": [{
                    "deletedRegion": region(&fix.location),
                    "insertedContent": {"text": fix.replacement},
                }],
            }],
        }]);
    }
    result
}

fn location(place: &Location, object: Option<&str>) -> Value {
    let mut location = json!({
        "physicalLocation": {"artifactLocation": artifact(place), "region": region(place)},
    });
    if let Some(object) = object {
        location["logicalLocations"] = json!([{"fullyQualifiedName": object}]);
    }
    location
}

fn artifact(place: &Location) -> Value {
    let path = slashes(&place.file);
    match place.file.is_absolute() {
        true => json!({"uri": format!("file://{}", uri(&path))}),
        false => json!({"uri": uri(&path), "uriBaseId": "SRCROOT"}),
    }
}

fn region(place: &Location) -> Value {
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

/// Escapes a path for a URI reference (RFC 3986, section 2.3: unreserved characters stay).
fn uri(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
        Level::Off => "none",
    }
}
