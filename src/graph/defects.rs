//! What makes a set of revisions no graph, or one that nobody can mean.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use petgraph::graph::NodeIndex;

use super::dag::{Dag, Edge};
use super::{Graph, Places, Token, nearest, rules};
use crate::model::{Finding, Revision, RevisionId};

/// How many ids are compared with misspelled ones before suggestions stop: a project of 100,000 revisions that are all
/// wrong is reported in linear time.
const COMPARISONS: usize = 1_000_000;

/// How many names are listed in one message, and how many edges of one revision are reported.
const LISTED: usize = 10;

/// Leaves one revision for each id, the one whose path sorts first. Expects revisions sorted by id and path.
pub(super) fn take_duplicates(revisions: &mut Vec<Revision>, places: &dyn Places) -> Vec<Finding> {
    let mut findings = Vec::new();
    revisions.dedup_by(|later, kept| {
        let same = later.id == kept.id;
        if same {
            findings.push(
                rules::DUPLICATE_REVISION
                    .finding(format!("revision \"{}\" is declared by two files", later.id))
                    .object(later.id.as_str())
                    .detail(format!("The other one is {}.", kept.path.display()))
                    .hint("Give one of them another id, in its header and in its file name, or remove it.")
                    .at(places.place(later, Token::Id)),
            );
        }
        same
    });
    findings
}

/// Adds the edges that the headers declare. Edges that cannot be are left out and reported.
pub(super) fn join(
    dag: &mut Dag,
    index: &HashMap<RevisionId, NodeIndex>,
    places: &dyn Places,
) -> Vec<Finding> {
    let mut join = Join {
        places,
        findings: Vec::new(),
        comparisons: COMPARISONS,
    };
    for node in dag.node_indices() {
        join.drop_repetitions(&mut dag[node]);
        let mut missing = 0;
        for edge in [Edge::Parent, Edge::Dependency] {
            for target in edge.declared_by(&dag[node]).to_vec() {
                match index.get(&target) {
                    Some(found) if *found == node => join.itself(&dag[node], edge),
                    Some(found) => {
                        dag.add_edge(*found, node, edge);
                    }
                    None if missing == LISTED => {}
                    None => {
                        missing += 1;
                        join.missing(dag, node, &target, edge);
                    }
                }
            }
        }
    }
    join.findings
}

struct Join<'a> {
    places: &'a dyn Places,
    findings: Vec<Finding>,
    comparisons: usize,
}

impl Join<'_> {
    /// Keeps each edge once, as a parent if it was written as both: a parent written twice would look like a merge.
    fn drop_repetitions(&mut self, revision: &mut Revision) {
        if revision.prerequisites().count() < 2 {
            return;
        }
        let mut seen = HashSet::new();
        let mut repeated = Vec::new();
        for edge in [Edge::Parent, Edge::Dependency] {
            let declared = match edge {
                Edge::Parent => &mut revision.parents,
                Edge::Dependency => &mut revision.depends_on,
            };
            declared.retain(|id| {
                let new = seen.insert(id.clone());
                if !new {
                    repeated.push((edge, id.clone()));
                }
                new
            });
        }
        for (edge, id) in repeated.into_iter().take(LISTED) {
            self.findings.push(
                rules::REPEATED_EDGE
                    .finding(format!("revision \"{}\" names \"{id}\" twice", revision.id))
                    .object(revision.id.as_str())
                    .detail("One edge between two revisions is enough; a parent need not be a dependency as well.")
                    .hint(format!("Remove one \"{id}\" from the header."))
                    .at(self.places.place(revision, edge.token(id.as_str()))),
            );
        }
    }

    fn itself(&mut self, revision: &Revision, edge: Edge) {
        let id = revision.id.as_str();
        self.findings.push(
            rules::SELF_PARENT
                .finding(format!("revision \"{id}\" names itself in {}", edge.key()))
                .object(id)
                .detail("A revision cannot wait for itself; the edge is ignored.")
                .hint("Name the revision that this one follows, or none for a root.")
                .at(self.places.place(revision, edge.token(id))),
        );
    }

    fn missing(&mut self, dag: &Dag, node: NodeIndex, target: &RevisionId, edge: Edge) {
        let revision = &dag[node];
        let (rule, noun) = match edge {
            Edge::Parent => (rules::MISSING_PARENT, "parent"),
            Edge::Dependency => (rules::MISSING_DEPENDENCY, "dependency"),
        };
        let meant = self.nearest(dag, revision, target);
        let count = dag.node_count();
        let revisions = if count == 1 {
            "1 revision".to_owned()
        } else {
            format!("{count} revisions")
        };
        let detail = match meant {
            Some(meant) => format!("The graph has {revisions}; the nearest id is \"{meant}\"."),
            None => format!("The graph has {revisions}; none has an id like this one."),
        };
        self.findings.push(
            rule.finding(format!(
                "revision \"{}\" names {noun} \"{target}\", which does not exist",
                revision.id
            ))
            .object(revision.id.as_str())
            .detail(detail)
            .hint("Correct the header, or add the missing file; \"zerodrift history\" lists every id.")
            .at(self.places.place(revision, edge.token(target.as_str()))),
        );
    }

    fn nearest<'g>(&mut self, dag: &'g Dag, revision: &Revision, target: &RevisionId) -> Option<&'g str> {
        self.comparisons = self.comparisons.checked_sub(dag.node_count())?;
        let others = dag.raw_nodes().iter().map(|node| node.weight.id.as_str());
        nearest(target.as_str(), others.filter(|id| *id != revision.id.as_str()))
    }
}

/// Finds what is wrong with the graph as a whole.
pub(super) fn of_graph(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(several_roots(graph));
    findings.extend(twins(graph));
    findings.extend(words(graph));
    findings.extend(labels(graph));
    findings
}

/// The first root is the one that most revisions descend from; every other one is reported.
fn several_roots(graph: &Graph) -> Vec<Finding> {
    let mut roots = graph.roots();
    if roots.len() < 2 {
        return Vec::new();
    }
    if roots.len() <= LISTED {
        roots.sort_by_cached_key(|root| {
            std::cmp::Reverse(graph.descendants(std::slice::from_ref(&root.id)).len())
        });
    }
    let (first, others) = (roots[0], &roots[1..]);
    let mut names: Vec<String> = roots
        .iter()
        .take(LISTED)
        .map(|root| format!("\"{}\"", root.id))
        .collect();
    if roots.len() > LISTED {
        names.push(format!("and {} more", roots.len() - LISTED));
    }
    let message = format!(
        "the graph has {} roots instead of 1: {}",
        roots.len(),
        names.join(", ")
    );
    let finding = |root: &Revision| {
        rules::SEVERAL_ROOTS
            .finding(&message)
            .object(root.id.as_str())
            .detail(format!(
                "Revision \"{}\" names no parent. A root other than \"{}\" ({}) is not allowed: on an empty database \
                 either may run first.",
                root.id,
                first.id,
                first.path.display()
            ))
            .hint(format!(
                "Write the revision that it follows into its header: \"parents: [...]\"; \"{}\" stays the only root.",
                first.id
            ))
            .at(graph.place(root, Token::Id))
    };
    others.iter().map(|root| finding(root)).collect()
}

fn twins(graph: &Graph) -> Vec<Finding> {
    let spelled_with_capitals =
        |revision: &Revision| revision.id.as_str().bytes().any(|b| b.is_ascii_uppercase());
    if !graph.revisions().any(spelled_with_capitals) {
        return Vec::new();
    }
    let mut first: HashMap<String, &Revision> = HashMap::with_capacity(graph.len());
    let mut findings = Vec::new();
    for revision in graph.dag.raw_nodes().iter().map(|node| &node.weight) {
        let other = match first.entry(revision.id.as_str().to_ascii_lowercase()) {
            Entry::Vacant(place) => {
                place.insert(revision);
                continue;
            }
            Entry::Occupied(place) => *place.get(),
        };
        findings.push(
            rules::IDS_DIFFER_ONLY_IN_CASE
                .finding(format!("revisions \"{}\" and \"{}\" differ only in case", other.id, revision.id))
                .object(revision.id.as_str())
                .detail(format!(
                    "Ids are compared byte by byte, so these are two revisions; on a file system that ignores case \
                     one file replaces the other. The other one is {}.",
                    other.path.display()
                ))
                .hint("Give one of them another id, in its header and in its file name.")
                .at(graph.place(revision, Token::Id)),
        );
    }
    findings
}

fn words(graph: &Graph) -> Vec<Finding> {
    let reads_like = |id: &str| match id {
        "head" | "heads" | "base" => true,
        _ => id
            .strip_prefix('-')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())),
    };
    let found = graph
        .dag
        .raw_nodes()
        .iter()
        .map(|node| &node.weight)
        .filter(|found| reads_like(found.id.as_str()));
    found
        .map(|revision| {
            rules::REVISION_LOOKS_LIKE_TARGET
                .finding(format!("revision id \"{}\" reads like a target of the command line", revision.id))
                .object(revision.id.as_str())
                .detail("Targets are head, heads, base, +N and -N; as a target this word keeps that meaning.")
                .hint("Give the revision another id; otherwise name it by a revision next to it, as in \"ID+1\".")
                .at(graph.place(revision, Token::Id))
        })
        .collect()
}

fn labels(graph: &Graph) -> Vec<Finding> {
    let mut first: HashMap<&str, &Revision> = HashMap::new();
    let mut findings = Vec::new();
    for revision in graph.revisions() {
        for label in &revision.labels {
            let other = *first.entry(label).or_insert(revision);
            if other.id == revision.id {
                continue;
            }
            findings.push(
                rules::DUPLICATE_LABEL
                    .finding(format!(
                        "label \"{label}\" is declared by \"{}\" and \"{}\"",
                        other.id, revision.id
                    ))
                    .object(revision.id.as_str())
                    .detail("A label names one place in the graph; what follows that revision inherits it.")
                    .hint("Remove it here if the revision follows the other one, or choose another label.")
                    .at(graph.place(revision, Token::Label(label))),
            );
        }
    }
    findings
}
