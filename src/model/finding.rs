//! The one type that lint, graph checks, drift, apply and gates report with.

use serde::Serialize;

use super::{Checksum, Level, Location};

/// Something that a user should know or mend.
///
/// The message is one line, lower case, without a full stop, the kind of object before its name and names in double
/// quotes; detail and hint are full sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable name of the rule, for example `several-heads`.
    pub rule: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The qualified name of the object or the revision that the finding is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The top-level object that `object` belongs to, where a report groups by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What happened.
    pub message: String,
    /// Why, and what was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// An edit that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// What the rule is about: `lock`, `row-security`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<&'static str>,
    /// What stays the same while lines move: a hash of rule, object and what the statement says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Checksum>,
}

/// Replacement text for a place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What is replaced.
    pub location: Location,
    /// By what.
    pub replacement: String,
}

impl Finding {
    /// Makes a finding with the two things that each one has.
    pub fn new(rule: &'static str, level: Level, message: impl Into<String>) -> Self {
        Finding {
            rule,
            level,
            object: None,
            group: None,
            message: message.into(),
            detail: None,
            hint: None,
            location: None,
            fix: None,
            category: None,
            fingerprint: None,
        }
    }

    /// Names the object that the finding is about.
    pub fn object(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }

    /// Names the top-level object under which people look for the finding.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Adds what was seen, as full sentences.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds what to do next, as full sentences.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the place.
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }
}
