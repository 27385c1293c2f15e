//! What the paths of a rehearsal ended in, compared with each other and with the snapshot.

use crate::catalog::Catalog;
use crate::diff;
use crate::introspect::Introspection;
use crate::model::{Finding, Level};

/// A path that reached the head.
pub(super) struct Reached {
    pub name: String,
    pub read: Introspection,
}

/// Compares every path with the first one.
pub(super) fn convergence(
    first: &Reached,
    others: &[Reached],
    compare: &diff::Options,
) -> (String, Vec<Finding>) {
    let findings: Vec<Finding> = others
        .iter()
        .flat_map(|other| {
            let place = format!("in {} but not in {}, or otherwise", other.name, first.name);
            differences("not-converged", &first.read, &other.read, compare, &place)
        })
        .collect();
    let mut names = vec![first.name.as_str()];
    names.extend(others.iter().map(|other| other.name.as_str()));
    let end = if findings.is_empty() {
        "one catalog"
    } else {
        "different catalogs"
    };
    (
        format!("{} paths end in {end}: {}", names.len(), names.join(", ")),
        findings,
    )
}

/// Compares the head with the snapshot.
pub(super) fn drift(
    first: Option<&Reached>,
    snapshot: Option<&Catalog>,
    compare: &diff::Options,
) -> (String, Vec<Finding>) {
    let Some(first) = first else {
        let finding = Finding::new(
            "head-not-reached",
            Level::Error,
            "no path reached the head: nothing was compared",
        )
        .hint("Mend what stopped the paths above.");
        return ("nothing to compare".to_owned(), vec![finding]);
    };
    let Some(snapshot) = snapshot else {
        let finding = Finding::new(
            "snapshot-missing",
            Level::Warning,
            "the project has no snapshot to compare with",
        )
        .hint("Write it with \"zerodrift schema snapshot migrations\" and commit it.");
        return ("no snapshot".to_owned(), vec![finding]);
    };
    let mut findings = diff::compare(snapshot, &first.read.catalog, compare).findings();
    findings.extend(first.read.diagnostics.iter().cloned());
    let relevant = findings
        .iter()
        .filter(|finding| finding.level >= Level::Warning)
        .count();
    let mut seen = format!("{relevant} differences to the snapshot");
    let left_out: Vec<String> = first
        .read
        .not_compared
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    if !left_out.is_empty() {
        seen.push_str(&format!("; not compared: {}", left_out.join(", ")));
    }
    (seen, findings)
}

/// The differences between two databases of one rehearsal, as findings of one rule. Accepted drift is no excuse here:
/// it is accepted between the project and its databases, not between two builds of the same migrations.
pub(super) fn differences(
    rule: &'static str,
    one: &Introspection,
    other: &Introspection,
    compare: &diff::Options,
    place: &str,
) -> Vec<Finding> {
    let strict = diff::Options {
        accept: Vec::new(),
        ..compare.clone()
    };
    let mut findings = diff::compare(&one.catalog, &other.catalog, &strict).findings();
    for finding in &mut findings {
        finding.rule = rule;
        finding.message = format!("{} {place}", finding.message);
    }
    findings
}
