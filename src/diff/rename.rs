//! Renames: what is gone and what has come with the same definition. Shown beside the removal, never instead of it.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, ObjectId};

use super::change::{Change, What};

/// Marks each pair of a removal and an addition that differ by name alone, where there is exactly one such pair.
pub(super) fn mark(changes: &mut [Change], from: &Catalog, to: &Catalog) {
    let mut shapes: BTreeMap<String, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        match change.what {
            What::Removed { .. } => shapes
                .entry(shape(from, &change.object))
                .or_default()
                .0
                .push(index),
            What::Added { .. } => shapes.entry(shape(to, &change.object)).or_default().1.push(index),
            _ => {}
        }
    }
    for (removed, added) in shapes.into_values() {
        if let ([old], [new]) = (removed.as_slice(), added.as_slice()) {
            let (before, after) = (changes[*old].object.clone(), changes[*new].object.clone());
            changes[*old].other_name = Some(after);
            changes[*new].other_name = Some(before);
        }
    }
}

/// Everything about an object but its name, as text: its place, its facets, and all that is in it.
fn shape(catalog: &Catalog, id: &ObjectId) -> String {
    let place = match (&id.parent, &id.schema) {
        (Some(parent), _) => parent.to_string(),
        (None, Some(schema)) => schema.to_string(),
        (None, None) => String::new(),
    };
    let mut text = format!("{}\n{place}\n{:?}\n", id.kind.name, id.signature);
    let inside = |child: &ObjectId| {
        std::iter::successors(Some(child), |child| child.parent.as_deref()).any(|link| link == id)
    };
    for (member, object) in catalog
        .objects
        .range(id..)
        .take_while(|(member, _)| inside(member))
    {
        if member != id {
            text += &format!("{} {}", member.kind.name, member.name);
        }
        text += &format!("\n{:?}\n", object.position);
        for (name, value) in object.facets.iter() {
            text += &format!("{name}: {}\n", without(&value.to_string(), &id.name));
        }
    }
    text
}

/// Replaces a name where it stands as a word of its own.
fn without(text: &str, name: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name).filter(|_| !name.is_empty()) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let joined = before.ends_with(is_word)
            || (before.is_empty() && out.ends_with(is_word))
            || after.starts_with(is_word);
        out += before;
        out += if joined { name } else { "\u{1}" };
        rest = after;
    }
    out + rest
}
