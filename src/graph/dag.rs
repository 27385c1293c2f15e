//! The graph itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::labels::Labels;
use super::{FilePlaces, Places, Token, cycle, defects, order};
use crate::model::{Finding, Location, Revision, RevisionId};

/// Revisions and the edges between them, from what must run first to what follows.
pub(super) type Dag = DiGraph<Revision, Edge>;

/// What an edge was declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// `parents`: orders, consumes a head, passes labels on.
    Parent,
    /// `depends-on`: orders only.
    Dependency,
}

impl Edge {
    /// Returns the header's key.
    pub(super) fn key(self) -> &'static str {
        match self {
            Edge::Parent => "parents",
            Edge::Dependency => "depends-on",
        }
    }

    /// Returns the token that stands for such an edge in the header.
    pub(super) fn token(self, id: &str) -> Token<'_> {
        match self {
            Edge::Parent => Token::Parent(id),
            Edge::Dependency => Token::Dependency(id),
        }
    }

    /// Returns what a revision declares under the key.
    pub(super) fn declared_by(self, revision: &Revision) -> &[RevisionId] {
        match self {
            Edge::Parent => &revision.parents,
            Edge::Dependency => &revision.depends_on,
        }
    }
}

/// All revisions of a project, in a fixed linear order.
///
/// A graph can always be built: what cannot stand in it (a second file of one id, an edge to nowhere, an edge of a
/// revision to itself) is left out and reported. Whoever changes a database must refuse to go on if there is an error
/// among the findings.
#[derive(Clone)]
pub struct Graph {
    pub(super) dag: Dag,
    index: HashMap<RevisionId, NodeIndex>,
    order: Vec<NodeIndex>,
    rank: Vec<u32>,
    labels: Labels,
    places: Arc<dyn Places>,
}

impl Graph {
    /// Builds the graph from revisions in any order. Findings point at files as a whole.
    pub fn new(revisions: Vec<Revision>) -> (Graph, Vec<Finding>) {
        Graph::with_places(revisions, Arc::new(FilePlaces))
    }

    /// Builds the graph; findings point at what `places` says, in [`check`](super::check()) too.
    pub fn with_places(mut revisions: Vec<Revision>, places: Arc<dyn Places>) -> (Graph, Vec<Finding>) {
        revisions.sort_unstable_by(|a, b| (&a.id, &a.path).cmp(&(&b.id, &b.path)));
        let mut findings = defects::take_duplicates(&mut revisions, &*places);
        let mut dag = Dag::with_capacity(revisions.len(), revisions.len() + revisions.len() / 2);
        let mut index = HashMap::with_capacity(revisions.len());
        for revision in revisions {
            let id = revision.id.clone();
            index.insert(id, dag.add_node(revision));
        }
        findings.extend(defects::join(&mut dag, &index, &*places));
        let (order, stuck) = order::linear(&dag);
        let mut rank = vec![0; order.len()];
        for (at, node) in order.iter().enumerate() {
            rank[node.index()] = at as u32;
        }
        findings.extend(cycle::findings(&dag, &stuck, &*places));
        let labels = Labels::inherit(&dag, &order);
        let graph = Graph {
            dag,
            index,
            order,
            rank,
            labels,
            places,
        };
        findings.extend(defects::of_graph(&graph));
        (graph, findings)
    }

    /// Returns how many revisions there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Says whether there is no revision at all.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Returns all revisions in linear order: each behind its parents and dependencies, and of those that are free
    /// the one with the smallest id (byte by byte) first.
    pub fn revisions(&self) -> impl DoubleEndedIterator<Item = &Revision> + ExactSizeIterator {
        self.order.iter().map(|node| &self.dag[*node])
    }

    /// Returns the revision of this id.
    pub fn get(&self, id: &RevisionId) -> Option<&Revision> {
        self.node(id).map(|node| &self.dag[node])
    }

    /// Returns the place of a revision in the linear order, from 0.
    pub fn position(&self, id: &RevisionId) -> Option<usize> {
        self.node(id).map(|node| self.rank(node))
    }

    /// Returns the revision at a place of the linear order, from 0.
    pub fn at(&self, position: usize) -> Option<&Revision> {
        self.order.get(position).map(|node| &self.dag[*node])
    }

    /// Returns the revisions that no revision names as a parent, by id.
    pub fn heads(&self) -> Vec<&Revision> {
        self.nodes_where(|node| children(&self.dag, node, Edge::Parent).next().is_none())
    }

    /// Returns the revisions that declare no parents, by id. One whose parents do not exist is none of them.
    pub fn roots(&self) -> Vec<&Revision> {
        self.nodes_where(|node| self.dag[node].parents.is_empty())
    }

    /// Returns the labels of a revision, its own and those of its ancestors through parents, sorted.
    pub fn labels(&self, id: &RevisionId) -> Vec<&str> {
        self.node(id)
            .map(|node| self.labels.of(&self.dag, node))
            .unwrap_or_default()
    }

    /// Returns the parents that exist, in the order of the header.
    pub fn parents(&self, id: &RevisionId) -> Vec<&Revision> {
        let declared = self.get(id).into_iter().flat_map(|revision| &revision.parents);
        declared
            .filter(|parent| *parent != id)
            .filter_map(|parent| self.get(parent))
            .collect()
    }

    /// Returns the revisions that name this one as a parent, by id.
    pub fn children(&self, id: &RevisionId) -> Vec<&Revision> {
        self.followers(id, Edge::Parent)
    }

    /// Returns the revisions that name this one in `depends-on`, by id.
    pub fn dependents(&self, id: &RevisionId) -> Vec<&Revision> {
        self.followers(id, Edge::Dependency)
    }

    /// Returns the place where the header of a revision names something.
    pub fn place(&self, revision: &Revision, token: Token<'_>) -> Location {
        self.places.place(revision, token)
    }

    pub(super) fn node(&self, id: &RevisionId) -> Option<NodeIndex> {
        self.index.get(id).copied()
    }

    pub(super) fn rank(&self, node: NodeIndex) -> usize {
        self.rank[node.index()] as usize
    }

    pub(super) fn order(&self) -> &[NodeIndex] {
        &self.order
    }

    fn followers(&self, id: &RevisionId, edge: Edge) -> Vec<&Revision> {
        let mut nodes: Vec<_> = self
            .node(id)
            .into_iter()
            .flat_map(|node| children(&self.dag, node, edge))
            .collect();
        nodes.sort_unstable();
        nodes.into_iter().map(|node| &self.dag[node]).collect()
    }

    fn nodes_where(&self, wanted: impl Fn(NodeIndex) -> bool) -> Vec<&Revision> {
        self.dag
            .node_indices()
            .filter(|node| wanted(*node))
            .map(|node| &self.dag[node])
            .collect()
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.revisions().map(|revision| &revision.id))
            .finish()
    }
}

/// Returns what a node waits for by one kind of edge, in no particular order.
pub(super) fn parents(dag: &Dag, node: NodeIndex, edge: Edge) -> impl Iterator<Item = NodeIndex> {
    dag.edges_directed(node, Direction::Incoming)
        .filter(move |found| *found.weight() == edge)
        .map(|found| found.source())
}

/// Returns what waits for a node by one kind of edge, in no particular order.
pub(super) fn children(dag: &Dag, node: NodeIndex, edge: Edge) -> impl Iterator<Item = NodeIndex> {
    dag.edges_directed(node, Direction::Outgoing)
        .filter(move |found| *found.weight() == edge)
        .map(|found| found.target())
}
