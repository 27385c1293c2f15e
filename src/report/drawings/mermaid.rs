//! `mermaid`: for Markdown pages that draw it.

use std::collections::HashMap;

use super::{by_branch, visible};
use crate::graph::Graph;
use crate::model::{Revision, RevisionId};

/// Writes a flow chart that grows downwards, one box for each branch folder; declared dependencies are dotted.
pub fn draw(graph: &Graph) -> String {
    let names: HashMap<&RevisionId, String> = graph
        .revisions()
        .enumerate()
        .map(|(at, revision)| (&revision.id, format!("r{at}")))
        .collect();
    let mut out = String::from("flowchart TD\n");
    for (at, (branch, revisions)) in by_branch(graph).into_iter().enumerate() {
        let mut indent = "  ";
        if !branch.is_empty() {
            out.push_str(&format!("  subgraph b{at}[\"{}\"]\n", escaped(branch)));
            indent = "    ";
        }
        for revision in revisions {
            out.push_str(&format!(
                "{indent}{}[\"{}\"]\n",
                names[&revision.id],
                label(revision)
            ));
        }
        if !branch.is_empty() {
            out.push_str("  end\n");
        }
    }
    for revision in graph.revisions() {
        let name = &names[&revision.id];
        for parent in graph.parents(&revision.id) {
            out.push_str(&format!("  {} --> {name}\n", names[&parent.id]));
        }
        for dependency in revision.depends_on.iter().filter_map(|id| names.get(id)) {
            out.push_str(&format!("  {dependency} -.-> {name}\n"));
        }
    }
    out
}

fn label(revision: &Revision) -> String {
    let id = escaped(revision.id.as_str());
    if revision.message.is_empty() {
        id
    } else {
        format!("{id}<br/>{}", escaped(&revision.message))
    }
}

/// Writes everything but letters, digits and a few signs as Mermaid's entity codes, because inside of quotes it still
/// reads HTML, Markdown and its own entities.
fn escaped(text: &str) -> String {
    let plain = |c: char| {
        c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | '_' | '-' | '(' | ')' | ':' | '/' | '+')
    };
    let escaped = |c: char| {
        if plain(c) {
            c.to_string()
        } else {
            format!("#{};", u32::from(c))
        }
    };
    visible(text).chars().map(escaped).collect()
}
