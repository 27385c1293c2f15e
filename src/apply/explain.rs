//! Turns what the server rejected into an error that a person can act on.

use super::error::{ApplyError, Failure};
use super::work::Rejected;
use crate::model::{LineIndex, Outcome};
use crate::pg::{PgError, SqlError};
use crate::plan::Step;
use crate::sql::mask;
use crate::sql::parse::tokens;

/// Hints that the server does not give, by SQLSTATE (manual, appendix A).
const HINTS: &[(&str, &str)] = &[
    (
        "25001",
        "Move the statement to a revision of its own with \"transaction: false\" in its header.",
    ),
    (
        "2D000",
        "A procedure or DO block that commits needs a revision with \"transaction: false\" in its header.",
    ),
    ("40001", "Other transactions changed the same rows; run it again."),
    (
        "40P01",
        "Other sessions lock the same relations in another order; run it again when they are quiet.",
    ),
    (
        "55006",
        "The table has pending trigger events: run SET CONSTRAINTS ALL IMMEDIATE before the statement.",
    ),
    (
        "55P03",
        "Other sessions hold the lock; run it again when they are done, or set a longer --: lock-timeout.",
    ),
    (
        "55P04",
        "Use a new enum value in a later revision: it can be used after its transaction has committed.",
    ),
    (
        "57014",
        "Give the statement more time with --: statement-timeout, or work in batches.",
    ),
];

/// Makes the error of a revision from what the server rejected.
pub(super) fn failure(step: &Step, rejected: &Rejected, outcome: Outcome) -> Failure {
    let id = &step.revision.id;
    let hidden: Vec<String> = rejected
        .statement
        .map(|index| mask::hidden(step.text(index)))
        .unwrap_or_default();
    let clean = |text: &str| scrub(text, &hidden);
    let mut failure = Failure {
        outcome,
        revision: id.clone(),
        rule: "migration-failed",
        message: match &rejected.doing {
            Some(doing) => format!(
                "revision \"{id}\" failed, could not {doing}: {}",
                clean(&said(&rejected.error))
            ),
            None => format!("revision \"{id}\" failed: {}", clean(&said(&rejected.error))),
        },
        place: None,
        excerpt: None,
        sqlstate: rejected.error.sqlstate().map(str::to_owned),
        statement: rejected.statement.map(|index| on_one_line(step.text(index))),
        details: Vec::new(),
        hint: None,
    };
    let at = position(step, rejected);
    if let Some(at) = at {
        failure.place = Some(step.place(at..at));
        failure.excerpt = Some(excerpt(step, at, !hidden.is_empty()));
    }
    if let Some(sql) = rejected.error.sql() {
        failure.details = details(sql, &clean);
        failure.hint = sql.hint.as_deref().map(clean);
    }
    if failure.hint.is_none() {
        let state = failure.sqlstate.as_deref();
        failure.hint = HINTS
            .iter()
            .find(|(code, _)| Some(*code) == state)
            .map(|(_, hint)| (*hint).to_owned());
    }
    if failure.hint.is_none() && outcome == Outcome::RolledBack {
        let hint =
            "Nothing of the revision remains in the database: mend the file and run the same command again.";
        failure.hint = Some(hint.to_owned());
    }
    failure
}

/// Makes the error of a run that was asked to end.
pub(super) fn interrupted(step: &Step, outcome: Outcome) -> ApplyError {
    ApplyError::Failed(Box::new(Failure {
        outcome,
        revision: step.revision.id.clone(),
        rule: "interrupted",
        message: format!("revision \"{}\" was interrupted", step.revision.id),
        place: None,
        excerpt: None,
        sqlstate: None,
        statement: None,
        details: Vec::new(),
        hint: Some("Run the same command again.".to_owned()),
    }))
}

/// Returns a statement on one line, without comments and secrets, so that it can be recognised again.
pub(super) fn on_one_line(text: &str) -> String {
    let masked = mask::secrets(text);
    let words = tokens(&masked).map(|token| {
        if token.is_trivia() {
            " "
        } else {
            token.text(&masked)
        }
    });
    let line: String = words.collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn said(error: &PgError) -> String {
    match error.sql() {
        Some(sql) => sql.message.clone(),
        None => error.to_string(),
    }
}

fn details(sql: &SqlError, clean: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut details = vec![format!("SQLSTATE {}.", sql.sqlstate)];
    details.extend(sql.detail.as_deref().map(clean));
    if let Some((_, query)) = &sql.internal {
        details.push(format!("In the statement: {}", clean(&mask::secrets(query))));
    }
    if let Some(context) = &sql.context {
        details.push(format!("Context: {}", clean(&mask::context(context))));
    }
    details
}

fn scrub(text: &str, hidden: &[String]) -> String {
    hidden
        .iter()
        .fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "…"))
}

/// Returns the byte of the file that the error is about.
///
/// The server counts characters of the message from 1; in front of the statement stands what we put there.
fn position(step: &Step, rejected: &Rejected) -> Option<usize> {
    let range = rejected.at.clone()?;
    let exact = rejected.statement.and_then(|_| rejected.error.sql()?.position);
    let Some(characters) = exact.and_then(|position| (position - 1).checked_sub(rejected.prefix)) else {
        return Some(range.start);
    };
    let text = &step.source[range.clone()];
    Some(
        range.start
            + text
                .char_indices()
                .nth(characters)
                .map_or(text.len(), |(at, _)| at),
    )
}

/// Shows the line of a byte with a mark below it.
fn excerpt(step: &Step, at: usize, secret: bool) -> String {
    let index = LineIndex::new(&step.source);
    let (line, column) = index.line_column(&step.source, at);
    let text = step.source.lines().nth(line - 1).unwrap_or_default();
    // A long line is cut around the mark.
    let from = column.saturating_sub(60);
    let shown: String = text.chars().skip(from).take(100).collect();
    let shown = if secret {
        mask_literals(&shown)
    } else {
        mask::secrets(&shown)
    };
    let cut = if from > 0 { "…" } else { "" };
    let number = line.to_string();
    let before = column - 1 - from + cut.chars().count();
    // A tab stays a tab in the line below, so that the mark stands under its character.
    let indent: String = cut
        .chars()
        .chain(text.chars().skip(from))
        .take(before)
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    if secret {
        return format!("{number} | {cut}{shown}");
    }
    format!(
        "{number} | {cut}{shown}\n{} | {indent}^",
        " ".repeat(number.len())
    )
}

fn mask_literals(line: &str) -> String {
    let mut shown = String::new();
    for (index, part) in line.split('\'').enumerate() {
        shown.push_str(if index % 2 == 0 { part } else { "'…'" });
    }
    shown
}
