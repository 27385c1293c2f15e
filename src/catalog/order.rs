//! The order of objects that were read in any order.

use std::collections::HashMap;
use std::sync::Arc;

use super::object::{Object, ObjectId};

/// Numbers siblings from 1 in the order of the numbers that they have, which may have holes.
pub(super) fn count_places(objects: &mut [(ObjectId, Object)]) {
    let parent = |id: &ObjectId| {
        id.parent
            .as_ref()
            .map_or(0, |parent| Arc::as_ptr(parent) as usize)
    };
    let mut places: Vec<((usize, &str), u32, usize)> = objects
        .iter()
        .enumerate()
        .filter_map(|(index, (id, object))| Some(((parent(id), id.kind.name), object.position?, index)))
        .collect();
    places.sort_unstable();
    for siblings in places.chunk_by(|one, other| one.0 == other.0) {
        for (place, (.., index)) in (1..).zip(siblings) {
            objects[*index].1.position = Some(place);
        }
    }
}

/// Sorts objects: first their roots, of which there are far fewer, then what is in each.
pub(super) fn by_root(objects: Vec<(ObjectId, Object)>) -> Vec<(ObjectId, Object)> {
    let address = |id: &ObjectId| std::ptr::from_ref(id) as usize;
    let mut roots: Vec<&ObjectId> = objects.iter().map(|(id, _)| id.root()).collect();
    roots.sort_unstable_by_key(|id| address(id));
    roots.dedup_by_key(|id| address(id));
    roots.sort_unstable();
    let mut ranks: HashMap<usize, u32> = HashMap::with_capacity(roots.len());
    for (rank, same) in (0..).zip(roots.chunk_by(|one, other| one == other)) {
        ranks.extend(same.iter().map(|id| (address(id), rank)));
    }
    let mut order: Vec<(u32, usize)> = objects
        .iter()
        .enumerate()
        .map(|(index, (id, _))| (ranks[&address(id.root())], index))
        .collect();
    order.sort_unstable();
    let mut slots: Vec<Option<(ObjectId, Object)>> = objects.into_iter().map(Some).collect();
    let mut sorted = Vec::with_capacity(slots.len());
    for tree in order.chunk_by(|one, other| one.0 == other.0) {
        let start = sorted.len();
        sorted.extend(tree.iter().filter_map(|(_, index)| slots[*index].take()));
        sorted[start..].sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
    }
    sorted
}
