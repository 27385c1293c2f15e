//! Accepted drift: differences that the project knows and bears for a time.

use crate::catalog::ObjectId;
use crate::model::{Finding, Level};

use super::change::{Accepted, Change};

/// One entry of the list of accepted drift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Which objects, as in [`pattern_matches`].
    pub object: String,
    /// Why.
    pub because: String,
    /// The last day on which it is accepted, `YYYY-MM-DD`.
    pub until: Option<String>,
}

/// Says whether a pattern means an object: its full name (`policy p on table public.t`) or its name without the kind
/// (`public.t`). `*` stands for any run of characters.
pub fn pattern_matches(pattern: &str, id: &ObjectId) -> bool {
    glob(pattern, &id.to_string()) || glob(pattern, &id.qualified_name())
}

/// Marks changes that are accepted on a day, and reports entries that have run out or met nothing.
///
/// An expired entry accepts nothing, and one without a last day nothing that is fixed (see [`Change::is_fixed`]).
/// `today` is `YYYY-MM-DD`, which sorts as text.
pub(super) fn apply(changes: &mut [Change], accepted: &[Acceptance], today: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in accepted {
        let matching = |id: &ObjectId| {
            let mut links = std::iter::successors(Some(id), |id| id.parent.as_deref());
            links.any(|link| pattern_matches(&entry.object, link))
        };
        if let Some(until) = entry.until.as_deref().filter(|until| *until < today) {
            let message = format!("accepted drift of \"{}\" expired on {until}", entry.object);
            findings.push(
                Finding::new("expired-acceptance", Level::Warning, message)
                    .object(entry.object.clone())
                    .detail(format!("It was accepted because: {}", entry.because))
                    .hint("Mend the drift and remove the entry, or decide anew and give it a later date."),
            );
            continue;
        }
        let mut met = false;
        let mut endless = Vec::new();
        for change in changes.iter_mut().filter(|change| matching(&change.object)) {
            met = true;
            if entry.until.is_none() && change.is_fixed() {
                endless.push(change.object.to_string());
                continue;
            }
            change.accepted = Some(Accepted {
                because: entry.because.clone(),
                until: entry.until.clone(),
            });
        }
        if !endless.is_empty() {
            findings.push(without_end(entry, endless));
        }
        if !met {
            let message = format!("accepted drift of \"{}\" meets nothing", entry.object);
            findings.push(
                Finding::new("needless-acceptance", Level::Info, message)
                    .object(entry.object.clone())
                    .hint("Remove the entry."),
            );
        }
    }
    findings
}

/// Who may do what is never given up for good.
fn without_end(entry: &Acceptance, mut objects: Vec<String>) -> Finding {
    objects.dedup();
    let message = format!("accepted drift of \"{}\" has no last day", entry.object);
    Finding::new("endless-acceptance", Level::Warning, message)
        .object(entry.object.clone())
        .detail(format!(
            "Changes to row security, policies, grants and owners are accepted only for a time. Not accepted: {}.",
            objects.join(", ")
        ))
        .hint("Add the day to the entry: \"until: YYYY-MM-DD\".")
}

/// Matches `*` against any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, expected) in [
            ("public.t", "public.t", true),
            ("public.t", "public.tt", false),
            ("public.*", "public.t", true),
            ("policy * on table public.*", "policy p on table public.t", true),
            ("*", "", true),
            ("a*a", "a", false),
            ("a*b*c", "a-b-b-c", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
