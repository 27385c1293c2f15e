//! Whether the ledger agrees with the graph and the files.

use std::path::Path;

use super::error::{ApplyError, Refusal};
use super::project::Project;
use crate::ledger::{Applied, AppliedRevision, history};
use crate::load::{SqlFile, differing};
use crate::model::{Finding, Level, Location, Outcome, Revision, RevisionId, quote_literal};
use crate::pg::Session;
use crate::sql::{mask, normal, parse};

/// Rule of an edit that changes what a file means.
pub const EDITED: &str = "applied-revision-edited";
/// Rule of an edit of white space, comments or line endings.
pub const REFORMATTED: &str = "applied-revision-reformatted";
/// Rule of an applied revision that the graph does not have.
pub const UNKNOWN: &str = "applied-revision-unknown";

/// Compares the ledger with the graph and the files. Files are read, but parsed only if their checksum differs.
pub fn compare(
    session: &mut Session,
    project: &Project,
    applied: &Applied,
) -> Result<Vec<Finding>, ApplyError> {
    let mut findings = history::collisions(project.graph.revisions());
    let mut known = Vec::with_capacity(applied.revisions.len());
    for (id, row) in &applied.revisions {
        match project.graph.get(id) {
            Some(revision) => known.push((revision, row)),
            None => findings.push(unknown(id, row)),
        }
    }
    let files: Vec<(&Path, &str)> = known
        .iter()
        .map(|(revision, row)| (revision.path.as_path(), row.checksum.as_str()))
        .collect();
    for (index, file) in differing(&project.root, &files) {
        let (revision, row) = known[index];
        match file {
            Ok(file) => findings.push(edited(session, revision, &file, row)?),
            Err(error) => findings.push(error.finding()),
        }
    }
    findings.extend(applied.foreign.iter().map(|(version, name)| {
        Finding::new(
            "history-row-unknown",
            Level::Error,
            format!("history row \"{name}\" has no ledger row"),
        )
        .object(name.as_str())
        .detail(format!(
            "Version {version} was recorded by plain refinery or by hand."
        ))
        .hint("\"zerodrift repair\" records the revision that it belongs to; \"zerodrift stamp\" records one that you name.")
    }));
    findings.extend(applied.unlisted.iter().map(|id| {
        Finding::new(
            "history-row-missing",
            Level::Warning,
            format!("revision \"{id}\" is missing in refinery's history"),
        )
        .object(id.as_str())
        .detail("The ledger says that it was applied; plain refinery would run it again.")
    }));
    Ok(findings)
}

/// Refuses with exit code 7 if a finding is an error; returns the others.
pub fn refuse_errors(findings: Vec<Finding>) -> Result<Vec<Finding>, ApplyError> {
    if findings.iter().any(|finding| finding.level == Level::Error) {
        return Err(ApplyError::Refused(Refusal {
            outcome: Outcome::Integrity,
            findings,
        }));
    }
    Ok(findings)
}

/// Makes the finding of a gap: a revision without a row below an applied one.
pub fn gap(revision: &Revision) -> Finding {
    Finding::new("gap", Level::Error, format!("revision \"{}\" is not applied, but a descendant is", revision.id))
        .object(revision.id.as_str())
        .detail("An edge was declared afterwards, or a branch was merged late.")
        .hint("Run it in graph order with \"zerodrift upgrade --fill-gaps\", or record it with \"zerodrift stamp\".")
        .at(Location::file(&revision.path))
}

fn unknown(id: &RevisionId, row: &AppliedRevision) -> Finding {
    Finding::new(
        UNKNOWN,
        Level::Error,
        format!("applied revision \"{id}\" is not in the graph"),
    )
    .object(id.as_str())
    .detail(format!(
        "The ledger has it since {}; no file declares it.",
        row.applied_at
    ))
    .hint("Check out the commit that has it, or bring the file back.")
}

fn edited(
    session: &mut Session,
    revision: &Revision,
    file: &SqlFile,
    row: &AppliedRevision,
) -> Result<Finding, ApplyError> {
    if normal::checksum(&file.text).to_string() == row.normalised {
        return Ok(Finding::new(
            REFORMATTED,
            Level::Warning,
            format!("applied revision \"{}\" was reformatted", revision.id),
        )
        .object(revision.id.as_str())
        .detail(format!(
            "White space, comments or line endings differ from what was applied on {}.",
            row.applied_at
        ))
        .at(Location::file(&revision.path)));
    }
    let sql = format!(
        "SELECT source FROM zerodrift.revision WHERE id = {}",
        quote_literal(revision.id.as_str())
    );
    let rows = session.text_rows(&sql).map_err(|error| ApplyError::Database {
        doing: "read the ledger",
        error,
    })?;
    let before = rows
        .into_iter()
        .next()
        .and_then(|row| row.into_iter().next().flatten());
    let finding = Finding::new(
        EDITED,
        Level::Error,
        format!("applied revision \"{}\" was edited", revision.id),
    )
    .object(revision.id.as_str())
    .hint(format!(
        "Restore the file as it was applied and put the change into a new revision, or accept the edit with \"zerodrift \
         repair --rebless {}\".",
        revision.id
    ));
    let (detail, at) = difference(&file.text, before.as_deref(), &row.applied_at);
    Ok(finding
        .detail(detail)
        .at(Location::of_bytes(&revision.path, &file.text, at)))
}

/// Shows the first token that differs.
fn difference(now: &str, before: Option<&str>, applied_at: &str) -> (String, std::ops::Range<usize>) {
    let Some(before) = before else {
        return (format!("It differs from what was applied on {applied_at}."), 0..0);
    };
    let significant = |text: &str| -> Vec<parse::Token> {
        parse::tokens(text)
            .filter(|token| !token.is_trivia() || token.text(text).starts_with("--:"))
            .collect()
    };
    let masked = mask::secrets(now);
    let (new, shown, old) = (significant(now), significant(&masked), significant(before));
    let same = shown
        .iter()
        .zip(&old)
        .take_while(|(a, b)| a.text(&masked).eq_ignore_ascii_case(b.text(before)))
        .count();
    let word = |tokens: &[parse::Token], text: &str| {
        tokens.get(same).map_or_else(
            || "the end of the file".to_owned(),
            |token| format!("\"{}\"", short(token.text(text))),
        )
    };
    let at = new
        .get(same)
        .map_or(now.len()..now.len(), |token| token.range.clone());
    (
        format!(
            "It was {} when it was applied on {applied_at}, it is {} now.",
            word(&old, before),
            word(&shown, &masked)
        ),
        at,
    )
}

fn short(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    if first.chars().count() > 60 {
        format!("{}…", first.chars().take(60).collect::<String>())
    } else {
        first.to_owned()
    }
}
