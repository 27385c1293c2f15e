//! The linear order: the same on every machine.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

/// Orders the nodes so that each stands behind everything it waits for; of those that are free the smallest index
/// comes first.
///
/// Nodes are numbered in the byte order of their ids, so of several free revisions the one with the smallest id is
/// next: with time stamps as ids that is the oldest one, and it can be predicted with `LC_ALL=C sort`. A revision that
/// is added later takes its place and leaves the order of all others as it was, unless one of them was made to wait.
///
/// Nodes on a cycle, and what follows them, have no legal place; they come last, by id, and are returned apart.
pub fn linear<N, E>(dag: &DiGraph<N, E>) -> (Vec<NodeIndex>, Vec<NodeIndex>) {
    let mut waiting: Vec<u32> = vec![0; dag.node_count()];
    for edge in dag.raw_edges() {
        waiting[edge.target().index()] += 1;
    }
    let mut free: BinaryHeap<Reverse<NodeIndex>> = dag
        .node_indices()
        .filter(|node| waiting[node.index()] == 0)
        .map(Reverse)
        .collect();
    let mut order = Vec::with_capacity(dag.node_count());
    while let Some(Reverse(node)) = free.pop() {
        order.push(node);
        for next in dag.neighbors_directed(node, Direction::Outgoing) {
            waiting[next.index()] -= 1;
            if waiting[next.index()] == 0 {
                free.push(Reverse(next));
            }
        }
    }
    let stuck: Vec<NodeIndex> = dag
        .node_indices()
        .filter(|node| waiting[node.index()] > 0)
        .collect();
    order.extend(&stuck);
    (order, stuck)
}
