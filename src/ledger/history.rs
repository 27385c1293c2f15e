//! How a revision is called in refinery's history.

use std::collections::BTreeMap;

use crate::model::{Checksum, Finding, Level, Location, Revision, RevisionId};

/// The table that plain refinery looks into, with the schema that we always write.
pub const DEFAULT_HISTORY_TABLE: (&str, &str) = ("public", "refinery_schema_history");

/// The longest name that we write; the column holds 255 characters.
const LONGEST: usize = 200;

/// Version and name of a revision in refinery's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryName {
    /// The version: the id where it is a decimal below 10^18 without leading zero, otherwise a hash of it.
    pub version: i64,
    /// Id and slug, made of `[0-9A-Za-z_]`.
    pub name: String,
}

impl HistoryName {
    /// Derives the name of a revision; the same on every machine and in every order.
    pub fn of(id: &RevisionId, slug: &str) -> Self {
        HistoryName {
            version: version_of(id),
            name: name_of(id.as_str(), slug),
        }
    }

    /// Returns what refinery parses: `U<version>__<name>`. `U` migrations may be applied in any order.
    pub fn refinery(&self) -> String {
        format!("U{}__{}", self.version, self.name)
    }
}

/// Returns the 8-byte version of a revision.
///
/// Decimals stay themselves; everything else has bit 62 set and bit 63 not, so that the two never meet
/// (10^18 is below 2^62).
pub fn version_of(id: &RevisionId) -> i64 {
    let text = id.as_str();
    let decimal = text.len() <= 18
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    match text.parse() {
        Ok(version) if decimal => version,
        _ => ((Checksum::of(text).first_u64() >> 1) | 1 << 62) as i64,
    }
}

/// Finds revisions that would share a version in refinery's history.
pub fn collisions<'a>(revisions: impl Iterator<Item = &'a Revision>) -> Vec<Finding> {
    let mut seen: BTreeMap<i64, &Revision> = BTreeMap::new();
    let mut findings = Vec::new();
    for revision in revisions {
        let version = version_of(&revision.id);
        let Some(earlier) = seen
            .insert(version, revision)
            .filter(|earlier| earlier.id != revision.id)
        else {
            continue;
        };
        findings.push(
            Finding::new(
                "history-version-collision",
                Level::Error,
                format!(
                    "revisions \"{}\" and \"{}\" have the same version in the history",
                    earlier.id, revision.id
                ),
            )
            .object(revision.id.as_str())
            .detail(format!(
                "refinery keeps versions of 8 bytes; both ids give {version}."
            ))
            .hint("Rename the revision that is not applied anywhere yet.")
            .at(Location::file(&revision.path)),
        );
    }
    findings
}

fn name_of(id: &str, slug: &str) -> String {
    let written = if slug.is_empty() {
        id.to_owned()
    } else {
        format!("{id}_{slug}")
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let clean: String = written
        .chars()
        .map(|c| if is_word(c) { c } else { '_' })
        .take(LONGEST)
        .collect();
    if clean == written {
        return clean;
    }
    let hash = Checksum::of(&written).to_string();
    format!("{clean}_{}", &hash[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> RevisionId {
        RevisionId::new(text).expect("an id")
    }

    #[test]
    fn decimals_stay_and_everything_else_is_hashed() {
        for (text, version) in [
            ("202511131121", 202511131121),
            ("0", 0),
            ("999999999999999999", 999999999999999999),
        ] {
            assert_eq!(version_of(&id(text)), version);
        }
        for text in [
            "0123",
            "6c5d5f5534ef",
            "baseline",
            "1e10",
            "1000000000000000000",
            "00",
        ] {
            assert!(version_of(&id(text)) >= 1 << 62, "{text}");
        }
        assert_ne!(version_of(&id("0123")), version_of(&id("123")));
    }

    #[test]
    fn names_are_words() {
        assert_eq!(HistoryName::of(&id("1"), "add_core").refinery(), "U1__1_add_core");
        let odd = name_of("1", "add-core");
        assert!(
            odd.starts_with("1_add_core_") && odd.len() == "1_add_core_".len() + 8,
            "{odd}"
        );
        assert_ne!(odd, name_of("1", "add core"));
        assert!(name_of("1", &"x".repeat(300)).len() <= 255);
    }
}
