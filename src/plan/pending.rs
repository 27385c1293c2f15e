//! Which revisions an upgrade runs, and in which order.

use std::collections::HashSet;

use crate::graph::Graph;
use crate::model::{Revision, RevisionId};

/// What an upgrade to some revisions means.
#[derive(Clone, Debug, Default)]
pub struct Pending<'a> {
    /// Revisions to run, in graph order.
    pub revisions: Vec<&'a Revision>,
    /// Those of them that lie below an applied revision, in graph order.
    pub gaps: Vec<&'a Revision>,
}

/// Finds what is pending for `targets`: they and their ancestors, without what is applied.
pub fn pending<'a>(
    graph: &'a Graph,
    targets: &[RevisionId],
    applied: &dyn Fn(&RevisionId) -> bool,
) -> Pending<'a> {
    let wanted = graph.ancestors(targets);
    let below = below_applied(graph, applied);
    let revisions: Vec<&Revision> = graph
        .revisions()
        .filter(|revision| wanted.contains(&revision.id) && !applied(&revision.id))
        .collect();
    let gaps = revisions
        .iter()
        .copied()
        .filter(|revision| below.contains(&revision.id))
        .collect();
    Pending { revisions, gaps }
}

/// Finds every revision without a ledger row below an applied one, whatever the target.
pub fn gaps<'a>(graph: &'a Graph, applied: &dyn Fn(&RevisionId) -> bool) -> Vec<&'a Revision> {
    let below = below_applied(graph, applied);
    graph
        .revisions()
        .filter(|revision| !applied(&revision.id) && below.contains(&revision.id))
        .collect()
}

fn below_applied(graph: &Graph, applied: &dyn Fn(&RevisionId) -> bool) -> HashSet<RevisionId> {
    let applied: Vec<RevisionId> = graph
        .revisions()
        .map(|revision| &revision.id)
        .filter(|id| applied(id))
        .cloned()
        .collect();
    graph.ancestors(&applied)
}
