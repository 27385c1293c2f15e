//! Ancestors and descendants.

use std::collections::HashSet;

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::Graph;
use crate::model::RevisionId;

impl Graph {
    /// Returns everything that must be applied for `ids` to be: the ids themselves and all their ancestors, through
    /// parents and `depends-on`. Ids that the graph does not know are left out.
    pub fn ancestors(&self, ids: &[RevisionId]) -> HashSet<RevisionId> {
        self.reached(ids, Direction::Incoming)
    }

    /// Returns the ids themselves and everything that needs one of them, through parents and `depends-on`. Ids that
    /// the graph does not know are left out.
    pub fn descendants(&self, ids: &[RevisionId]) -> HashSet<RevisionId> {
        self.reached(ids, Direction::Outgoing)
    }

    /// Says whether `of` needs `ancestor`, through parents and `depends-on`. A revision is its own ancestor.
    pub fn is_ancestor(&self, ancestor: &RevisionId, of: &RevisionId) -> bool {
        let (Some(goal), Some(start)) = (self.node(ancestor), self.node(of)) else {
            return false;
        };
        let floor = self.rank(goal);
        let mut seen = HashSet::from([start]);
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            if node == goal {
                return true;
            }
            let earlier = self.dag.neighbors_directed(node, Direction::Incoming);
            // What stands before the ancestor in the linear order cannot lead back to it.
            open.extend(earlier.filter(|next| self.rank(*next) >= floor && seen.insert(*next)));
        }
        false
    }

    pub(super) fn mark(&self, start: impl IntoIterator<Item = NodeIndex>, direction: Direction) -> Vec<bool> {
        let mut marked = vec![false; self.dag.node_count()];
        let mut open: Vec<NodeIndex> = Vec::new();
        for node in start {
            if !std::mem::replace(&mut marked[node.index()], true) {
                open.push(node);
            }
        }
        while let Some(node) = open.pop() {
            for next in self.dag.neighbors_directed(node, direction) {
                if !std::mem::replace(&mut marked[next.index()], true) {
                    open.push(next);
                }
            }
        }
        marked
    }

    fn reached(&self, ids: &[RevisionId], direction: Direction) -> HashSet<RevisionId> {
        let marked = self.mark(ids.iter().filter_map(|id| self.node(id)), direction);
        self.dag
            .node_indices()
            .filter(|node| marked[node.index()])
            .map(|node| self.dag[node].id.clone())
            .collect()
    }
}
