//! A revision as people and machines see it.

use serde_json::{Value, json};

use super::Table;
use super::drawings::visible;
use crate::graph::{Graph, shown_labels};
use crate::model::{Revision, RevisionId};

/// Returns everything that is known of a revision.
pub fn data(graph: &Graph, revision: &Revision) -> Value {
    let ids = |revisions: Vec<&Revision>| {
        revisions
            .iter()
            .map(|found| found.id.to_string())
            .collect::<Vec<_>>()
    };
    json!({
        "id": revision.id,
        "message": revision.message,
        "branch": revision.branch,
        "position": graph.position(&revision.id).map(|place| place + 1),
        "parents": revision.parents,
        "depends_on": revision.depends_on,
        "children": ids(graph.children(&revision.id)),
        "dependents": ids(graph.dependents(&revision.id)),
        "labels": graph.labels(&revision.id),
        "own_labels": revision.labels,
        "is_head": graph.children(&revision.id).is_empty(),
        "is_root": revision.parents.is_empty(),
        "is_merge": revision.is_merge(),
        "transaction": revision.transaction,
        "allow": revision.allow,
        "approval": revision.approval,
        "path": revision.path,
        "down": revision.down,
        "verify": revision.verify,
    })
}

/// Lists revisions, one in a line.
pub fn table(graph: &Graph, revisions: &[&Revision]) -> Table {
    let columns = ["revision", "follows", "labels", "branch", "message"];
    let row = |revision: &&Revision| {
        vec![
            match graph.children(&revision.id).is_empty() {
                true => format!("{} (head)", revision.id),
                false => revision.id.to_string(),
            },
            follows(revision),
            shown_labels(&graph.labels(&revision.id)),
            visible(&revision.branch).into_owned(),
            visible(&revision.message).into_owned(),
        ]
    };
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: revisions.iter().map(row).collect(),
    }
}

/// Describes one revision in lines of names and values.
pub fn details(graph: &Graph, revision: &Revision) -> String {
    let ids = |revisions: Vec<&Revision>| joined(revisions.into_iter().map(|found| &found.id));
    let yes_or_path =
        |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let place = graph
        .position(&revision.id)
        .map(|place| format!("{} of {} in linear order", place + 1, graph.len()));
    let accepted: Vec<String> = revision
        .allow
        .iter()
        .map(|found| format!("{} ({})", found.rule, visible(&found.because)))
        .collect();
    let kind = match (
        revision.parents.is_empty(),
        revision.is_merge(),
        graph.children(&revision.id).is_empty(),
    ) {
        (true, _, true) => "root and head",
        (true, _, false) => "root",
        (_, true, true) => "merge and head",
        (_, true, false) => "merge",
        (_, _, true) => "head",
        _ => "",
    };
    let lines: [(&str, Option<String>); 15] = [
        ("message", Some(visible(&revision.message).into_owned())),
        ("file", Some(revision.path.display().to_string())),
        ("branch", Some(visible(&revision.branch).into_owned())),
        ("kind", Some(kind.to_owned())),
        ("place", place),
        ("parents", Some(joined(&revision.parents))),
        ("depends on", Some(joined(&revision.depends_on))),
        ("followed by", Some(ids(graph.children(&revision.id)))),
        ("waited for by", Some(ids(graph.dependents(&revision.id)))),
        ("labels", Some(shown_labels(&graph.labels(&revision.id)))),
        (
            "transaction",
            Some(
                if revision.transaction {
                    "one"
                } else {
                    "none: each statement commits by itself"
                }
                .to_owned(),
            ),
        ),
        ("down", yes_or_path(&revision.down)),
        ("verify", yes_or_path(&revision.verify)),
        ("accepts", Some(accepted.join(", "))),
        (
            "approval",
            revision
                .approval
                .as_deref()
                .map(|text| visible(text).into_owned()),
        ),
    ];
    let mut out = format!("revision {}\n", revision.id);
    for (name, value) in lines {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            out.push_str(&format!("  {name:<14} {value}\n"));
        }
    }
    out
}

fn follows(revision: &Revision) -> String {
    let parents = joined(&revision.parents);
    match (revision.depends_on.is_empty(), parents.is_empty()) {
        (true, true) => "none".to_owned(),
        (true, false) => parents,
        (false, true) => format!("none, after {}", joined(&revision.depends_on)),
        (false, false) => format!("{parents}, after {}", joined(&revision.depends_on)),
    }
}

fn joined<'a>(ids: impl IntoIterator<Item = &'a RevisionId>) -> String {
    ids.into_iter()
        .map(RevisionId::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}
