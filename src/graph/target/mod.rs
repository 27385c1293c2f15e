//! Targets: how a user names a revision, or a state of the graph.
//!
//! ```text
//! head            the only head                       heads        every head
//! base            before the first revision           base+2       the first two revisions
//! +2, -1          from what is applied
//! ab12            an id, or the beginning of one      ab12+2       two children further; ab12-1 its parent
//! LABEL           the revision that declares it       LABEL@head   the only head that carries the label
//! FOLDER@head     the newest revision of a branch folder
//! ```
//!
//! What stands behind "@" may be any of the others. An exact id is preferred to its reading as a step (`a-1` may be an
//! id), the words to an id, a label to a folder of the same name.

mod error;
mod scope;

pub use error::TargetError;

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use scope::Scope;

use super::dag::{Edge, children, parents};
use super::{Graph, nearest, shown_labels};
use crate::model::RevisionId;

/// Returns the revisions that a target means; the state it describes is these and all their ancestors, so no revision
/// at all is `base`.
///
/// `+N` means the next N revisions in linear order that are not applied, `-N` the state without the last N that are:
/// unlike Alembic's these steps need no single line of revisions, because every applied revision is on record.
pub fn resolve(
    graph: &Graph,
    text: &str,
    applied: &dyn Fn(&RevisionId) -> bool,
) -> Result<Vec<RevisionId>, TargetError> {
    let (scope, rest) = match text.split_once('@') {
        Some((name, rest)) => (Scope::named(graph, text, name)?, rest),
        None => (Scope::everything(graph), text),
    };
    let nodes = Resolver {
        graph,
        text,
        scope,
        applied,
    }
    .nodes(rest)?;
    Ok(nodes.into_iter().map(|node| graph.dag[node].id.clone()).collect())
}

struct Resolver<'a> {
    graph: &'a Graph,
    text: &'a str,
    scope: Scope,
    applied: &'a dyn Fn(&RevisionId) -> bool,
}

impl Resolver<'_> {
    fn nodes(&self, rest: &str) -> Result<Vec<NodeIndex>, TargetError> {
        match rest {
            "" => return Err(self.malformed("nothing is named")),
            "head" => return Ok(self.head()?.into_iter().collect()),
            "heads" => return Ok(self.scope.ends.clone()),
            "base" if self.scope.members.is_none() => return Ok(Vec::new()),
            "base" => return Err(self.malformed("base is the same for every label and folder")),
            _ => {}
        }
        let Some((name, forward, count)) = self.steps(rest)? else {
            return Ok(vec![self.one(rest)?]);
        };
        match (name, forward) {
            ("", true) => self.first(count, |node| !self.is_applied(node)),
            ("base", true) => self.first(count, |_| true),
            ("", false) => self.without_last(count),
            (name, _) if self.exact(rest).is_none() => {
                let start = if name == "head" {
                    self.head()?
                } else {
                    Some(self.one(name)?)
                };
                let start = start.ok_or_else(|| self.malformed("there is no revision yet"))?;
                Ok(self.walk(start, forward, count)?.into_iter().collect())
            }
            _ => Ok(vec![self.one(rest)?]),
        }
    }

    /// Splits `NAME+N` or `NAME-N`; the name may be empty.
    fn steps<'t>(&self, rest: &'t str) -> Result<Option<(&'t str, bool, usize)>, TargetError> {
        let Some(at) = rest.rfind(['+', '-']) else {
            return Ok(None);
        };
        let (name, digits) = (&rest[..at], &rest[at + 1..]);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(None);
        }
        match digits.parse() {
            Ok(0) if self.exact(rest).is_none() => Err(self.malformed("a step is 1 or more")),
            Ok(count) => Ok(Some((name, rest[at..].starts_with('+'), count))),
            // More digits than a number holds: an id, or more steps than there can be revisions.
            Err(_) => Ok(Some((name, rest[at..].starts_with('+'), usize::MAX))),
        }
    }

    fn head(&self) -> Result<Option<NodeIndex>, TargetError> {
        match self.scope.ends[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(TargetError::SeveralHeads {
                text: self.text.to_owned(),
                heads: self.scope.ends.iter().map(|node| self.shown(*node)).collect(),
                ids: self
                    .scope
                    .ends
                    .iter()
                    .map(|node| self.graph.dag[*node].id.clone())
                    .collect(),
            }),
        }
    }

    fn exact(&self, name: &str) -> Option<NodeIndex> {
        let id = RevisionId::new(name).ok()?;
        self.graph.node(&id).filter(|node| self.scope.holds(*node))
    }

    /// Finds a revision by its id, by a label that it declares, or by the beginning of its id.
    fn one(&self, name: &str) -> Result<NodeIndex, TargetError> {
        if let Some(node) = self.exact(name) {
            return Ok(node);
        }
        let in_scope = || {
            self.graph
                .order()
                .iter()
                .copied()
                .filter(|node| self.scope.holds(*node))
        };
        let declares = |node: &NodeIndex| self.graph.dag[*node].labels.iter().any(|label| label == name);
        let labelled: Vec<NodeIndex> = in_scope().filter(declares).collect();
        let found = if labelled.is_empty() {
            self.beginning_with(name)
        } else {
            labelled
        };
        match found[..] {
            [one] => Ok(one),
            [] => Err(self.missing(name)),
            _ => Err(self.ambiguous(&found)),
        }
    }

    /// Nodes are numbered by id, so those with a common beginning stand together.
    fn beginning_with(&self, prefix: &str) -> Vec<NodeIndex> {
        let nodes = self.graph.dag.raw_nodes();
        let first = nodes.partition_point(|node| node.weight.id.as_str() < prefix);
        let matching = nodes[first..]
            .iter()
            .take_while(|node| node.weight.id.as_str().starts_with(prefix));
        let numbered = matching.enumerate().map(|(at, _)| NodeIndex::new(first + at));
        numbered.filter(|node| self.scope.holds(*node)).collect()
    }

    fn walk(&self, start: NodeIndex, forward: bool, count: usize) -> Result<Option<NodeIndex>, TargetError> {
        let mut node = start;
        for done in 0..count {
            let mut next: Vec<NodeIndex> = match forward {
                true => children(&self.graph.dag, node, Edge::Parent)
                    .filter(|node| self.scope.holds(*node))
                    .collect(),
                false => parents(&self.graph.dag, node, Edge::Parent).collect(),
            };
            next.sort_unstable();
            match next[..] {
                [one] => node = one,
                [] if !forward && done + 1 == count => return Ok(None),
                // The step before the root is base.
                [] => return Err(self.too_far(count, done + usize::from(!forward))),
                _ => return Err(self.ambiguous(&next)),
            }
        }
        Ok(Some(node))
    }

    /// Returns the first revisions in linear order that are wanted.
    fn first(&self, count: usize, wanted: impl Fn(NodeIndex) -> bool) -> Result<Vec<NodeIndex>, TargetError> {
        let all = self.graph.order().iter().copied();
        let next: Vec<NodeIndex> = all
            .filter(|node| self.scope.holds(*node) && wanted(*node))
            .take(count)
            .collect();
        if next.len() < count {
            Err(self.too_far(count, next.len()))
        } else {
            Ok(next)
        }
    }

    fn without_last(&self, count: usize) -> Result<Vec<NodeIndex>, TargetError> {
        let applied = self
            .graph
            .order()
            .iter()
            .rev()
            .copied()
            .filter(|node| self.is_applied(*node));
        let last: Vec<NodeIndex> = applied
            .filter(|node| self.scope.holds(*node))
            .take(count)
            .collect();
        if last.len() < count {
            return Err(self.too_far(count, last.len()));
        }
        let undone = self.graph.mark(last, Direction::Outgoing);
        let kept = |node: NodeIndex| self.is_applied(node) && !undone[node.index()];
        let is_end =
            |node: &NodeIndex| kept(*node) && !children(&self.graph.dag, *node, Edge::Parent).any(kept);
        Ok(self.graph.dag.node_indices().filter(is_end).collect())
    }

    fn is_applied(&self, node: NodeIndex) -> bool {
        (self.applied)(&self.graph.dag[node].id)
    }

    fn shown(&self, node: NodeIndex) -> String {
        let id = &self.graph.dag[node].id;
        let labels = self.graph.labels(id);
        if labels.is_empty() {
            format!("\"{id}\"")
        } else {
            format!("\"{id}\" ({})", shown_labels(&labels))
        }
    }

    fn missing(&self, name: &str) -> TargetError {
        let revisions = self
            .graph
            .dag
            .node_indices()
            .filter(|node| self.scope.holds(*node))
            .map(|node| &self.graph.dag[node]);
        let names = revisions.flat_map(|found| {
            std::iter::once(found.id.as_str()).chain(found.labels.iter().map(String::as_str))
        });
        TargetError::Missing {
            text: self.text.to_owned(),
            what: "revision",
            name: name.to_owned(),
            nearest: nearest(name, names).map(str::to_owned),
        }
    }

    fn ambiguous(&self, nodes: &[NodeIndex]) -> TargetError {
        TargetError::Ambiguous {
            text: self.text.to_owned(),
            candidates: nodes.iter().map(|node| self.shown(*node)).collect(),
        }
    }

    fn too_far(&self, asked: usize, available: usize) -> TargetError {
        TargetError::TooFar {
            text: self.text.to_owned(),
            asked,
            available,
        }
    }

    fn malformed(&self, because: &'static str) -> TargetError {
        TargetError::Malformed {
            text: self.text.to_owned(),
            because,
        }
    }
}
