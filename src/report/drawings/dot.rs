//! `dot`: for Graphviz.

use super::{by_branch, visible};
use crate::graph::Graph;
use crate::model::Revision;

/// Writes a directed graph that grows upwards, one cluster for each branch folder; declared dependencies are dashed.
pub fn draw(graph: &Graph) -> String {
    let mut out =
        String::from("digraph revisions {\n  rankdir=BT;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for (at, (branch, revisions)) in by_branch(graph).into_iter().enumerate() {
        let mut indent = "  ";
        if !branch.is_empty() {
            out.push_str(&format!(
                "  subgraph cluster_{at} {{\n    label={};\n",
                quoted(branch)
            ));
            indent = "    ";
        }
        for revision in revisions {
            out.push_str(&format!(
                "{indent}{} [label={}];\n",
                quoted(revision.id.as_str()),
                label(revision)
            ));
        }
        if !branch.is_empty() {
            out.push_str("  }\n");
        }
    }
    for revision in graph.revisions() {
        let id = quoted(revision.id.as_str());
        for parent in graph.parents(&revision.id) {
            out.push_str(&format!("  {} -> {id};\n", quoted(parent.id.as_str())));
        }
        for dependency in revision.depends_on.iter().filter_map(|id| graph.get(id)) {
            out.push_str(&format!(
                "  {} -> {id} [style=dashed, constraint=false];\n",
                quoted(dependency.id.as_str())
            ));
        }
    }
    out.push_str("}\n");
    out
}

fn label(revision: &Revision) -> String {
    match revision.message.as_str() {
        "" => quoted(revision.id.as_str()),
        // "\n" is Graphviz's own escape, so it is put between texts that are escaped already.
        message => format!("\"{}\\n{}\"", escaped(revision.id.as_str()), escaped(message)),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Graphviz reads escapes, and entities as HTML has them, inside of quotes.
fn escaped(text: &str) -> String {
    visible(text)
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('&', "&amp;")
}
