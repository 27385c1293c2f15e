//! What a project's policy says about a graph.

use std::collections::{BTreeMap, HashMap};

use super::{Graph, Token, nearest, rules, shown_labels};
use crate::model::{Finding, Revision};

/// How many heads are named before the rest is counted.
const LISTED: usize = 10;

/// What a project wants its graph to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Labels that keep a head of their own by design, as expand and contract branches do.
    pub allow_heads: Vec<String>,
}

/// Checks a graph against the policy. What makes it no graph at all was reported when it was built.
pub fn check(graph: &Graph, policy: &Policy) -> Vec<Finding> {
    let mut findings = unknown_labels(graph, policy);
    findings.extend(several_heads(graph, policy));
    findings.extend(parents_in_other_branches(graph));
    findings
}

fn unknown_labels(graph: &Graph, policy: &Policy) -> Vec<Finding> {
    let mut known: Vec<&str> = graph
        .revisions()
        .flat_map(|revision| &revision.labels)
        .map(String::as_str)
        .collect();
    known.sort_unstable();
    known.dedup();
    let unknown = policy
        .allow_heads
        .iter()
        .filter(|label| known.binary_search(&label.as_str()).is_err());
    unknown
        .map(|label| {
            let finding = rules::UNKNOWN_HEAD_LABEL
                .finding(format!(
                    "label \"{label}\" may keep a head, but no revision carries it"
                ))
                .object(label)
                .detail("The configuration names it in heads.allow.");
            match nearest(label, known.iter().copied()) {
                Some(meant) => finding.hint(format!(
                    "Write \"{meant}\", or remove the label from heads.allow."
                )),
                None => finding
                    .hint("Remove the label from heads.allow, or declare it in a header under \"labels\"."),
            }
        })
        .collect()
}

/// Each allowed label may have one head, and so may everything else together.
fn several_heads(graph: &Graph, policy: &Policy) -> Vec<Finding> {
    let heads = graph.heads();
    if heads.len() < 2 {
        return Vec::new();
    }
    let mut groups: BTreeMap<Option<usize>, Vec<&Revision>> = BTreeMap::new();
    for head in heads {
        let group = match policy.allow_heads.is_empty() {
            true => None,
            false => {
                let carried = graph.labels(&head.id);
                policy
                    .allow_heads
                    .iter()
                    .position(|allowed| carried.contains(&allowed.as_str()))
            }
        };
        groups.entry(group).or_default().push(head);
    }
    let too_many = groups.into_iter().filter(|(_, heads)| heads.len() > 1);
    too_many
        .map(|(group, heads)| heads_finding(graph, group.map(|at| policy.allow_heads[at].as_str()), &heads))
        .collect()
}

fn heads_finding(graph: &Graph, label: Option<&str>, heads: &[&Revision]) -> Finding {
    let whose = label
        .map(|label| format!(" of label \"{label}\""))
        .unwrap_or_default();
    let mut listed: Vec<String> = heads
        .iter()
        .take(LISTED)
        .map(|head| with_labels(graph, head))
        .collect();
    let mut places: Vec<String> = heads
        .iter()
        .take(LISTED)
        .map(|head| format!("\n{}: {}", head.id, head.path.display()))
        .collect();
    if heads.len() > LISTED {
        listed.push(format!("and {} more", heads.len() - LISTED));
        places.push("\n\"zerodrift heads\" lists them all.".to_owned());
    }
    let newest = heads
        .iter()
        .max_by_key(|head| graph.position(&head.id))
        .unwrap_or(&heads[0]);
    rules::SEVERAL_HEADS
        .finding(format!("expected 1 head{whose}, found {}: {}", heads.len(), listed.join(", ")))
        .object(newest.id.as_str())
        .detail(format!(
            "No revision names them as a parent, so \"zerodrift upgrade head\" cannot know which one is meant.{}",
            places.concat()
        ))
        .hint(format!("Join them with a merge revision: {}", merge_command(heads)))
        .at(graph.place(newest, Token::Id))
}

fn with_labels(graph: &Graph, head: &Revision) -> String {
    let labels = graph.labels(&head.id);
    let shown = if labels.is_empty() {
        "no labels".to_owned()
    } else {
        shown_labels(&labels)
    };
    format!("\"{}\" ({shown})", head.id)
}

/// Returns the command that joins heads.
fn merge_command(heads: &[&Revision]) -> String {
    let ids: Vec<&str> = match heads.len() {
        ..=LISTED => heads.iter().map(|head| head.id.as_str()).collect(),
        _ => vec!["heads"],
    };
    format!("zerodrift merge {} -m \"merge heads\"", ids.join(" "))
}

/// An edge between branch folders is expected where a branch begins and around merges; elsewhere it is worth a look.
fn parents_in_other_branches(graph: &Graph) -> Vec<Finding> {
    let mut begun: HashMap<&str, ()> = HashMap::new();
    let mut findings = Vec::new();
    for revision in graph.revisions() {
        let first = begun.insert(&revision.branch, ()).is_none();
        if first || revision.is_merge() {
            continue;
        }
        let Some(parent) = graph.parents(&revision.id).first().copied() else {
            continue;
        };
        if parent.branch != revision.branch && !parent.is_merge() {
            findings.push(crossing(graph, revision, parent));
        }
    }
    findings
}

fn crossing(graph: &Graph, revision: &Revision, parent: &Revision) -> Finding {
    let folder = |revision: &Revision| match revision.branch.as_str() {
        "" => "the top folder".to_owned(),
        branch => format!("folder \"{branch}\""),
    };
    rules::PARENT_IN_OTHER_BRANCH
        .finding(format!(
            "revision \"{}\" in {} follows \"{}\" in {}",
            revision.id,
            folder(revision),
            parent.id,
            folder(parent)
        ))
        .object(revision.id.as_str())
        .detail("The edge is declared and legal. It neither begins a branch nor belongs to a merge.")
        .hint("Keep it if the revision needs what the other one made and nothing else of its own branch.")
        .at(graph.place(revision, Token::Parent(parent.id.as_str())))
}
