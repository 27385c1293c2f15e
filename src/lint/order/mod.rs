//! What becomes of migrations in another order: edges that are not declared, results that depend on chance. Pure.
//!
//! In: what every migration touched and missed while it was replayed. Out: findings of the rules of this folder:
//! something is used that no ancestor makes ([`missing`]), or two migrations that no edge orders touch one object in
//! ways that do not commute ([`conflict`]).

mod commute;
mod conflict;
mod fires;
mod merge;
mod missing;
mod ordered;

pub(super) use ordered::Ordered;

use super::run::{Found, Linted};

/// Finds what depends on the order. `complete` says whether everything that exists before is known.
pub(super) fn check(
    linted: &[Linted<'_>],
    prerequisites: &[Vec<u32>],
    reported: &[bool],
    complete: bool,
    found: &mut Vec<Found>,
) {
    let ordered = Ordered::new(prerequisites);
    missing::check(linted, &ordered, reported, complete, found);
    if linted.len() > 1 {
        conflict::check(linted, &ordered, reported, found);
        merge::check(linted, &ordered, reported, found);
    }
}

/// How a migration is called in messages: its revision, or its file.
fn name(linted: &Linted<'_>) -> String {
    match &linted.migration.revision {
        Some(revision) => format!("revision \"{revision}\""),
        None => format!("file \"{}\"", linted.migration.path.display()),
    }
}

/// The id of a migration, as headers name it.
fn id(linted: &Linted<'_>) -> String {
    match &linted.migration.revision {
        Some(revision) => revision.to_string(),
        None => linted.migration.path.display().to_string(),
    }
}
