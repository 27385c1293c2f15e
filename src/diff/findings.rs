//! Differences in words.

use std::collections::BTreeMap;

use similar::TextDiff;

use crate::catalog::{Compare, Facet, Shape, Value};
use crate::model::{Finding, Level};

use super::attribute::{Attribution, Built, LastTouch};
use super::change::{Change, Diff, What};
use super::history::TouchKind;

/// Values up to this many characters stand in the message; longer ones in the detail.
const SHORT: usize = 60;

impl Diff {
    /// Returns one finding per change, as advice where it is accepted, and those about the list of accepted drift.
    pub fn findings(&self) -> Vec<Finding> {
        let drift = self.changes.iter().map(finding);
        drift
            .chain(self.acceptance.iter().cloned())
            .chain(self.incomparable())
            .collect()
    }

    /// Says what could not be compared because one of the servers does not know it.
    fn incomparable(&self) -> Option<Finding> {
        if self.not_compared.is_empty() {
            return None;
        }
        let names: Vec<String> = self
            .not_compared
            .iter()
            .map(|(kind, facet, since)| match facet {
                Some(facet) if *since == 0 => format!("{facet} of {kind} (each major has its own)"),
                Some(facet) => format!("{facet} of {kind} (from {since} on)"),
                None => format!("{kind} (from {since} on)"),
            })
            .collect();
        let message = "not compared: one of the two servers does not have it";
        Some(Finding::new("not-compared", Level::Info, message).detail(format!("{}.", names.join("; "))))
    }
}

fn finding(change: &Change) -> Finding {
    let object = change.object.to_string();
    let (message, detail) = match &change.what {
        What::Added { children } => (format!("{object}: added{}", with(*children)), None),
        What::Removed { children } => (format!("{object}: removed{}", with(*children)), None),
        What::Altered { facet, from, to } => altered(&object, facet, from, to),
        What::Reordered { children, from, to } => {
            let detail = format!("From: {}\nTo: {}", from.join(", "), to.join(", "));
            (format!("{object}: order of {children} changed"), Some(detail))
        }
    };
    let (rule, level) = match change.accepted {
        Some(_) => ("accepted-drift", Level::Info),
        None => ("drift", change.level),
    };
    let mut finding = Finding::new(rule, level, message)
        .object(object)
        .group(change.object.root().to_string());
    let mut details: Vec<String> = detail.into_iter().collect();
    match (&change.what, &change.other_name) {
        (What::Removed { .. }, Some(other)) => {
            details.push(format!(
                "It looks renamed: {other} was added with the same definition."
            ));
        }
        (What::Added { .. }, Some(other)) => {
            details.push(format!(
                "It looks renamed: {other} of the same definition was removed."
            ));
        }
        _ => {}
    }
    if !change.followers.is_empty() {
        let names: Vec<String> = change.followers.iter().map(ToString::to_string).collect();
        details.push(format!("The new name stands in {}.", names.join(", ")));
    }
    if let Some(attribution) = &change.attribution {
        details.extend(origin(attribution));
    }
    if let Some(accepted) = &change.accepted {
        let until = accepted.until.as_ref();
        let until = until.map_or_else(String::new, |until| format!(" until {until}"));
        details.push(format!("Accepted{until} because: {}", accepted.because));
    }
    if !change.invariants.is_empty() {
        details.push(format!("Invariant: {}", change.invariants.join(", ")));
    }
    if !details.is_empty() {
        finding = finding.detail(details.join("\n"));
    }
    finding
}

/// Says who touched the object last, and on which side the revisions are.
fn origin(attribution: &Attribution) -> Vec<String> {
    let Some(last) = &attribution.last else {
        return vec!["Outside any revision: none has touched it.".to_owned()];
    };
    let mut sentences = vec![format!("Last touched by {}.", named(last))];
    if let Some(facet) = &attribution.facet {
        sentences.push(format!("This value was last set by {}.", named(facet)));
    }
    let setter = attribution.facet.as_ref().unwrap_or(last);
    let is_late = |side: &str| setter.not_applied_in.contains(&side);
    sentences.extend(match attribution.built {
        Some(Built::From) if !is_late("TO") => {
            Some("The revisions build what FROM has: TO was changed outside any revision.".to_owned())
        }
        Some(Built::To) if !is_late("FROM") => {
            Some("The revisions build what TO has: FROM does not follow them.".to_owned())
        }
        _ => None,
    });
    sentences
}

fn named(touch: &LastTouch) -> String {
    let late = match touch.not_applied_in.as_slice() {
        [] => String::new(),
        sides => format!(", which is not applied in {}", sides.join(" and ")),
    };
    let verb = match touch.what {
        TouchKind::Removed => ", which removed it",
        TouchKind::Added | TouchKind::Altered => "",
    };
    format!(
        "revision {} ({}){verb}{late}",
        touch.revision,
        touch.file.display()
    )
}

fn with(children: usize) -> String {
    match children {
        0 => String::new(),
        1 => " with 1 object in it".to_owned(),
        many => format!(" with {many} objects in it"),
    }
}

fn altered(object: &str, facet: &Facet, from: &Value, to: &Value) -> (String, Option<String>) {
    if facet.is_hidden() {
        let names = differing(from, to).join(", ");
        return (format!("{object}: {} changed: {names}", facet.name), None);
    }
    if let (Some(from), Some(to)) = (map_of(from, to), map_of(to, from)) {
        return (
            format!("{object}: {} changed: {}", facet.name, entries(&from, &to)),
            None,
        );
    }
    if let (Shape::Set, Some(from), Some(to)) = (facet.shape, list_of(from, to), list_of(to, from)) {
        let gone = from
            .iter()
            .filter(|item| !to.contains(item))
            .map(|item| format!("- {item}"));
        let come = to
            .iter()
            .filter(|item| !from.contains(item))
            .map(|item| format!("+ {item}"));
        let parts: Vec<String> = gone.chain(come).collect();
        return (
            format!("{object}: {} changed: {}", facet.name, parts.join(", ")),
            None,
        );
    }
    let (left, right) = (shown(facet, from), shown(facet, to));
    let long = left.contains('\n') || right.contains('\n') || left.len() + right.len() > 2 * SHORT;
    if long || facet.compare == Compare::Body {
        return (
            format!("{object}: {} changed", facet.name),
            Some(unified(&unquoted(from, left), &unquoted(to, right))),
        );
    }
    (
        format!("{object}: {} changed from {left} to {right}", facet.name),
        None,
    )
}

/// Returns the names whose values differ, without the values.
fn differing<'a>(from: &'a Value, to: &'a Value) -> Vec<&'a str> {
    let (Value::Map(from), Value::Map(to)) = (from, to) else {
        return Vec::new();
    };
    let mut names: Vec<&str> = from.keys().chain(to.keys()).map(|name| &**name).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| from.get(*name) != to.get(*name));
    names
}

/// An absent list is an empty one, as an absent map is.
fn list_of<'a>(value: &'a Value, other: &Value) -> Option<&'a [Value]> {
    match (value, other) {
        (Value::List(items), _) => Some(items),
        (Value::Null, Value::List(_)) => Some(&[]),
        _ => None,
    }
}

/// An absent map is an empty one; anything else stays what it is.
fn map_of(value: &Value, other: &Value) -> Option<BTreeMap<Box<str>, Value>> {
    match (value, other) {
        (Value::Map(entries), _) => Some(entries.clone()),
        (Value::Null, Value::Map(_)) => Some(BTreeMap::new()),
        _ => None,
    }
}

fn shown(facet: &Facet, value: &Value) -> String {
    match value {
        Value::Null if facet.compare == Compare::Body => String::new(),
        Value::Text(text) if facet.compare == Compare::Body => text.to_string(),
        Value::Text(text) if !text.contains('\n') => format!("\"{text}\""),
        other => other.to_string(),
    }
}

/// Lines of a textual difference show text as it is.
fn unquoted(value: &Value, shown: String) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        _ => shown,
    }
}

/// Shows only the entries that differ: `+ app_ro: SELECT`, `- app_rw: INSERT`.
fn entries(from: &BTreeMap<Box<str>, Value>, to: &BTreeMap<Box<str>, Value>) -> String {
    let mut keys: Vec<&str> = from.keys().chain(to.keys()).map(|key| &**key).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut parts = Vec::new();
    for key in keys {
        match (from.get(key), to.get(key)) {
            (Some(left), Some(right)) if left == right => {}
            (Some(Value::List(left)), Some(Value::List(right))) => {
                let gone = left
                    .iter()
                    .filter(|item| !right.contains(item))
                    .map(|item| format!("- {key}: {item}"));
                let come = right
                    .iter()
                    .filter(|item| !left.contains(item))
                    .map(|item| format!("+ {key}: {item}"));
                parts.extend(gone.chain(come));
            }
            (Some(left), Some(right)) => parts.push(format!("{key} from {left} to {right}")),
            (Some(left), None) => parts.push(format!("- {key}: {left}")),
            (None, Some(right)) => parts.push(format!("+ {key}: {right}")),
            (None, None) => {}
        }
    }
    parts.join(", ")
}

fn unified(from: &str, to: &str) -> String {
    TextDiff::from_lines(ended(from), ended(to))
        .unified_diff()
        .context_radius(3)
        .header("from", "to")
        .to_string()
        .trim_end()
        .to_owned()
}

/// Ends the last line, so that the diff is about content alone.
fn ended(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') {
        text.to_owned()
    } else {
        format!("{text}\n")
    }
}
