//! Merges that join what is joined already.

use super::{Ordered, id, name};
use crate::lint::rule::Problem;
use crate::lint::rules::needless_merge;
use crate::lint::run::{Found, Linted};

/// Finds merges one of whose parents is an ancestor of another.
pub(super) fn check(linted: &[Linted<'_>], ordered: &Ordered<'_>, reported: &[bool], found: &mut Vec<Found>) {
    for one in linted.iter().filter(|one| one.migration.is_merge) {
        let at = one.migration.number;
        if !reported[at as usize] {
            continue;
        }
        let prerequisites = ordered.prerequisites(at);
        let needless = prerequisites.iter().find_map(|parent| {
            let over = prerequisites
                .iter()
                .find(|other| *other != parent && ordered.is_ancestor(*parent, **other))?;
            Some((*parent, *over))
        });
        let Some((parent, over)) = needless else { continue };
        let (parent, over) = (&linted[parent as usize], &linted[over as usize]);
        found.push(Found {
            migration: at,
            rule: &needless_merge::RULE,
            problem: Problem::new(0..0, format!("merge {} joins what is joined already", name(one)))
                .object(id(one))
                .effect(format!(
                    "{} is an ancestor of {} anyway.",
                    name(parent),
                    name(over)
                ))
                .instead(format!(
                    "Leave \"{}\" out of parents, or remove the merge.",
                    id(parent)
                )),
        });
    }
}
