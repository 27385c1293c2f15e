//! Changes that another change brings by itself: they are left out, so that one change is one finding.

use crate::catalog::{Catalog, ImpliedBy, Object};

use super::change::{Change, What};

/// Leaves out what is implied by another change of the list.
pub(super) fn without(changes: Vec<Change>, from: &Catalog, to: &Catalog) -> Vec<Change> {
    let kept: Vec<bool> = changes
        .iter()
        .map(|change| !is_implied(change, &changes, from, to))
        .collect();
    let mut kept = kept.into_iter();
    changes
        .into_iter()
        .filter(|_| kept.next().unwrap_or(true))
        .collect()
}

fn is_implied(change: &Change, changes: &[Change], from: &Catalog, to: &Catalog) -> bool {
    let side = match change.what {
        What::Added { .. } => to,
        What::Removed { .. } => from,
        _ => return false,
    };
    let id = &change.object;
    let (Some(implied), Some(parent), Some(object)) =
        (id.kind.implied_by.as_ref(), id.parent.as_deref(), side.get(id))
    else {
        return false;
    };
    let sibling = sibling(implied, object);
    let ending = sibling.map_or_else(
        || implied.suffix.to_owned(),
        |name| format!("_{name}{}", implied.suffix),
    );
    if !id.name.ends_with(&ending)
        || !object
            .facets
            .iter()
            .all(|(name, _)| implied.beside.contains(&name))
    {
        return false;
    }
    changes.iter().any(|cause| match sibling {
        Some(name) => {
            cause.object.parent.as_deref() == Some(parent)
                && Some(cause.object.kind.name) == implied.sibling
                && *cause.object.name == *name
                && brings(&cause.what, implied)
        }
        None => cause.object == *parent && brings(&cause.what, implied),
    })
}

/// Returns the name of the sibling, which the facet called like its kind holds.
fn sibling<'a>(implied: &ImpliedBy, object: &'a Object) -> Option<&'a str> {
    object.facets.get(implied.sibling?)?.as_text()
}

fn brings(what: &What, implied: &ImpliedBy) -> bool {
    match what {
        What::Added { .. } | What::Removed { .. } => true,
        What::Altered { facet, .. } => facet.name == implied.facet,
        What::Reordered { .. } => false,
    }
}
