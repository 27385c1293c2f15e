//! The part of the graph that stands before "@".

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::TargetError;
use crate::graph::dag::{Edge, parents};
use crate::graph::{Graph, nearest};

/// The part of the graph that a target speaks of.
pub(super) struct Scope {
    /// Which nodes belong to it; none where all do.
    pub(super) members: Option<Vec<bool>>,
    /// Its heads, by id.
    pub(super) ends: Vec<NodeIndex>,
}

impl Scope {
    pub(super) fn everything(graph: &Graph) -> Self {
        let ends = graph
            .heads()
            .iter()
            .filter_map(|head| graph.node(&head.id))
            .collect();
        Scope { members: None, ends }
    }

    pub(super) fn named(graph: &Graph, text: &str, name: &str) -> Result<Self, TargetError> {
        let revisions = || graph.dag.raw_nodes().iter().map(|node| &node.weight);
        if revisions().any(|revision| revision.labels.iter().any(|label| label == name)) {
            return Ok(Scope::label(graph, name));
        }
        if revisions().any(|revision| !name.is_empty() && revision.branch == name) {
            return Ok(Scope::folder(graph, name));
        }
        let labels = revisions()
            .flat_map(|revision| &revision.labels)
            .map(String::as_str);
        let mut names: Vec<&str> = labels
            .chain(revisions().map(|revision| revision.branch.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        Err(TargetError::Missing {
            text: text.to_owned(),
            what: "label or branch folder",
            name: name.to_owned(),
            nearest: nearest(name, names).map(str::to_owned),
        })
    }

    /// Everything that carries the label, and those of its heads that are heads of the graph.
    fn label(graph: &Graph, label: &str) -> Self {
        let mut members = vec![false; graph.dag.node_count()];
        for &node in graph.order() {
            members[node.index()] = graph.dag[node].labels.iter().any(|own| own == label)
                || parents(&graph.dag, node, Edge::Parent).any(|parent| members[parent.index()]);
        }
        let ends = Scope::everything(graph)
            .ends
            .into_iter()
            .filter(|node| members[node.index()])
            .collect();
        Scope {
            members: Some(members),
            ends,
        }
    }

    /// Everything in the folder, and what no other revision of the folder comes after.
    fn folder(graph: &Graph, folder: &str) -> Self {
        let members: Vec<bool> = graph
            .dag
            .node_indices()
            .map(|node| graph.dag[node].branch == folder)
            .collect();
        let mut passed = vec![false; members.len()];
        let mut ends = Vec::new();
        for &node in graph.order().iter().rev() {
            if members[node.index()] && !passed[node.index()] {
                ends.push(node);
                passed[node.index()] = true;
            }
            if passed[node.index()] {
                graph
                    .dag
                    .neighbors_directed(node, Direction::Incoming)
                    .for_each(|next| passed[next.index()] = true);
            }
        }
        ends.sort_unstable();
        Scope {
            members: Some(members),
            ends,
        }
    }

    pub(super) fn holds(&self, node: NodeIndex) -> bool {
        self.members.as_ref().is_none_or(|members| members[node.index()])
    }
}
