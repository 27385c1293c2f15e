//! Findings of the past that are accepted, so that an old project can begin and only get better.
//!
//! An entry is what stays the same while lines move: the rule, the file, the object and a hash of what the statement
//! says. Two equal findings are two entries.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::model::{Checksum, Finding, Level, Location};

/// The rule of the advice that entries are no longer needed.
pub const CAN_SHRINK: &str = "baseline-can-shrink";

/// The version of the file's shape.
const FORMAT: u64 = 1;

/// What identifies a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    path: String,
    rule: String,
    object: String,
    fingerprint: String,
}

impl Entry {
    fn of(finding: &Finding) -> Option<Self> {
        let place = finding.location.as_ref()?;
        Some(Entry {
            path: slashes(&place.file),
            rule: finding.rule.to_owned(),
            object: finding.object.clone().unwrap_or_default(),
            fingerprint: finding
                .fingerprint
                .map(|hash| hash.to_string())
                .unwrap_or_default(),
        })
    }
}

/// The accepted findings with how often each occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<Entry, u64>,
}

impl Baseline {
    /// Collects findings at warning and above; advice needs no acceptance.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut entries = BTreeMap::new();
        for finding in findings {
            if finding.level >= Level::Warning
                && let Some(entry) = Entry::of(finding)
            {
                *entries.entry(entry).or_insert(0) += 1;
            }
        }
        Baseline { entries }
    }

    /// Reads a baseline as [`write`](Baseline::write) writes it; an error says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let document: Value =
            serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        match document["format"].as_u64() {
            Some(FORMAT) => {}
            Some(other) => return Err(format!("its format is {other}, and only {FORMAT} is known")),
            None => return Err("it has no \"format\"".to_owned()),
        }
        let list = document["findings"]
            .as_array()
            .ok_or("it has no list \"findings\"")?;
        let mut entries = BTreeMap::new();
        for (number, value) in list.iter().enumerate() {
            let text = |key: &str| {
                value[key]
                    .as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| format!("entry {} has no text \"{key}\"", number + 1))
            };
            let entry = Entry {
                path: text("path")?,
                rule: text("rule")?,
                object: text("object")?,
                fingerprint: text("fingerprint")?,
            };
            *entries.entry(entry).or_insert(0) += value["count"].as_u64().unwrap_or(1);
        }
        Ok(Baseline { entries })
    }

    /// Writes the baseline: sorted, an entry a line, so that merges and reviews are easy.
    pub fn write(&self) -> String {
        let lines: Vec<String> = self
            .entries
            .iter()
            .map(|(entry, count)| {
                let mut line = json!({
                    "path": entry.path,
                    "rule": entry.rule,
                    "object": entry.object,
                    "fingerprint": entry.fingerprint,
                });
                if *count > 1 {
                    line["count"] = json!(count);
                }
                format!("    {line}")
            })
            .collect();
        let list = if lines.is_empty() {
            "[]".to_owned()
        } else {
            format!("[\n{}\n  ]", lines.join(",\n"))
        };
        format!("{{\n  \"format\": {FORMAT},\n  \"findings\": {list}\n}}\n")
    }

    /// Returns how many findings are accepted.
    pub fn len(&self) -> u64 {
        self.entries.values().sum()
    }

    /// Says whether nothing is accepted.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Switches off the findings that are accepted, each entry as often as it stands there.
    pub fn accept(&mut self, findings: &mut [Finding]) {
        for finding in findings
            .iter_mut()
            .filter(|finding| finding.level >= Level::Warning)
        {
            let Some(entry) = Entry::of(finding) else { continue };
            if let Some(count) = self.entries.get_mut(&entry) {
                *count -= 1;
                if *count == 0 {
                    self.entries.remove(&entry);
                }
                finding.level = Level::Off;
            }
        }
    }

    /// Says which entries nothing matched, of the files that were looked at.
    pub fn left(&self, file: &Path, looked_at: impl Fn(&str) -> bool) -> Option<Finding> {
        let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
        for (entry, count) in self.entries.iter().filter(|(entry, _)| looked_at(&entry.path)) {
            *rules.entry(&entry.rule).or_insert(0) += count;
        }
        let count: u64 = rules.values().sum();
        if count == 0 {
            return None;
        }
        let listed: Vec<String> = rules
            .iter()
            .map(|(rule, count)| format!("{count} of \"{rule}\""))
            .collect();
        let message = format!(
            "baseline can shrink: {count} accepted finding{} gone",
            if count == 1 { " is" } else { "s are" }
        );
        Some(
            Finding::new(CAN_SHRINK, Level::Info, message)
                .detail(format!("Not found any more: {}.", listed.join(", ")))
                .hint("Write it anew with --update-baseline, so that they cannot come back unseen.")
                .at(Location::file(file)),
        )
    }
}

/// Computes what identifies a finding while lines move. `meaning` is that of the statement.
pub fn fingerprint(rule: &str, object: Option<&str>, meaning: &Checksum) -> Checksum {
    Checksum::of(format!("{rule}\0{}\0{meaning}", object.unwrap_or_default()))
}

fn slashes(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &'static str, file: &str) -> Finding {
        let mut finding = Finding::new(rule, Level::Warning, "m").at(Location::point(file, 3, 1));
        finding.fingerprint = Some(fingerprint(rule, None, &Checksum::of("select")));
        finding
    }

    #[test]
    fn new_findings_are_reported_and_old_ones_are_not() {
        let old = [
            finding("a", "x.sql"),
            finding("a", "x.sql"),
            finding("b", "y.sql"),
        ];
        let written = Baseline::of(&old).write();
        let mut baseline = Baseline::read(&written).expect("what was written can be read");
        assert_eq!(baseline, Baseline::of(&old));
        assert_eq!(baseline.write(), written);
        let mut now = vec![
            finding("a", "x.sql"),
            finding("a", "x.sql"),
            finding("a", "x.sql"),
            finding("c", "y.sql"),
        ];
        now[0].location = Some(Location::point("x.sql", 99, 7));
        baseline.accept(&mut now);
        let levels: Vec<Level> = now.iter().map(|finding| finding.level).collect();
        assert_eq!(levels, [Level::Off, Level::Off, Level::Warning, Level::Warning]);
        let left = baseline.left(Path::new("b.json"), |_| true).expect("b is gone");
        assert!(
            left.message.contains("1 accepted finding is gone"),
            "{}",
            left.message
        );
        assert!(
            baseline
                .left(Path::new("b.json"), |path| path == "x.sql")
                .is_none()
        );
    }

    #[test]
    fn what_is_no_baseline_is_refused() {
        for text in ["", "{}", "{\"format\": 2}", "{\"format\": 1, \"findings\": [{}]}"] {
            assert!(Baseline::read(text).is_err(), "{text}");
        }
        assert!(
            Baseline::read(&Baseline::default().write())
                .expect("empty")
                .is_empty()
        );
    }
}
