//! Cycles, each printed as a path.

use std::collections::{HashMap, VecDeque};

use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::NodeFiltered;

use super::dag::Dag;
use super::{Places, Token, rules};
use crate::model::Finding;

/// How many revisions of one path are shown.
const SHOWN: usize = 12;

/// Reports one shortest path for every knot of revisions that wait for each other.
///
/// Only the nodes that the linear order could not place are looked at. A knot may hold several cycles; the others show
/// up once the first one is mended.
pub(super) fn findings(dag: &Dag, stuck: &[NodeIndex], places: &dyn Places) -> Vec<Finding> {
    if stuck.is_empty() {
        return Vec::new();
    }
    let mut is_stuck = vec![false; dag.node_count()];
    for node in stuck {
        is_stuck[node.index()] = true;
    }
    let part = NodeFiltered::from_fn(dag, |node: NodeIndex| is_stuck[node.index()]);
    // Kosaraju's, because petgraph's Tarjan recurses and a cycle may hold 100,000 revisions.
    let mut knots: Vec<Vec<NodeIndex>> = kosaraju_scc(&part)
        .into_iter()
        .filter(|knot| knot.len() > 1)
        .collect();
    knots.iter_mut().for_each(|knot| knot.sort_unstable());
    knots.sort_unstable();
    knots
        .iter()
        .map(|knot| finding(dag, &shortest(dag, knot), places))
        .collect()
}

/// Returns a shortest cycle through the first node of the knot, which stands at both ends.
fn shortest(dag: &Dag, knot: &[NodeIndex]) -> Vec<NodeIndex> {
    let start = knot[0];
    let mut came_from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(node) = open.pop_front() {
        let mut next: Vec<NodeIndex> = dag.neighbors_directed(node, Direction::Outgoing).collect();
        next.sort_unstable();
        for next in next.into_iter().filter(|next| knot.binary_search(next).is_ok()) {
            if next == start {
                return path(&came_from, start, node);
            }
            came_from.entry(next).or_insert_with(|| {
                open.push_back(next);
                node
            });
        }
    }
    vec![start]
}

fn path(came_from: &HashMap<NodeIndex, NodeIndex>, start: NodeIndex, last: NodeIndex) -> Vec<NodeIndex> {
    let mut path = vec![start, last];
    let mut node = last;
    while let Some(before) = came_from.get(&node).filter(|_| node != start) {
        path.push(*before);
        node = *before;
    }
    path.reverse();
    path
}

fn finding(dag: &Dag, path: &[NodeIndex], places: &dyn Places) -> Finding {
    let id = |node: NodeIndex| dag[node].id.as_str();
    let length = path.len() - 1;
    let shown: Vec<String> = match path.len() {
        ..=SHOWN => path.iter().map(|node| id(*node).to_owned()).collect(),
        _ => {
            let (first, last) = (&path[..SHOWN - 3], &path[path.len() - 2..]);
            let left_out = format!("({} more)", path.len() - first.len() - last.len());
            let first = first.iter().map(|node| id(*node).to_owned());
            first
                .chain([left_out])
                .chain(last.iter().map(|node| id(*node).to_owned()))
                .collect()
        }
    };
    let start = &dag[path[0]];
    let before = id(path[length - 1]);
    let token = match start.parents.iter().any(|parent| parent.as_str() == before) {
        true => Token::Parent(before),
        false => Token::Dependency(before),
    };
    rules::CYCLE
        .finding(format!("{length} revisions follow each other in a circle: {}", shown.join(" -> ")))
        .object(start.id.as_str())
        .detail(format!(
            "\"a -> b\" means that b names a as its parent or dependency. \"{}\" names \"{before}\" here, so none of \
             them can ever be first.",
            start.id
        ))
        .hint("Remove the edge that was not meant from the header of one of these revisions.")
        .at(places.place(start, token))
}
