use clap::Args;
use serde_json::json;

use crate::cli::{CommandError, Context, NO_REVISION, Verb, Workspace};
use crate::graph::{Graph, shown_labels};
use crate::lint;
use crate::model::Revision;
use crate::report::Report;

/// Check the migrations without a database
///
/// Looks at files, headers and the graph: one head, one root, no cycle, every edge to a revision that exists.
#[derive(Args)]
pub struct Lint {}

impl Verb for Lint {
    const NAME: &'static str = "lint";
    const EXAMPLE: &'static str = "zerodrift lint --format github --fail-on error";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let workspace = Workspace::load(context)?;
        let graph = &workspace.graph;
        let mut report = workspace.report(Self::NAME);
        report.findings = workspace.checked();
        
        lint::accept(&mut report.findings, graph);
        let ids =
            |revisions: Vec<&Revision>| revisions.iter().map(|found| found.id.clone()).collect::<Vec<_>>();
        report.data = json!({
            "revisions": graph.len(),
            "heads": ids(graph.heads()),
            "roots": ids(graph.roots()),
        });
        report.text = summary(graph);
        Ok(report)
    }
}

fn summary(graph: &Graph) -> String {
    let count = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let heads = graph.heads();
    let mut summary = format!(
        "{}, {}",
        count(graph.len(), "revision"),
        count(heads.len(), "head")
    );
    if let [head] = heads[..] {
        summary.push_str(&format!(": {}", head.id));
        let labels = graph.labels(&head.id);
        if !labels.is_empty() {
            summary.push_str(&format!(" ({})", shown_labels(&labels)));
        }
    }
    summary.push('\n');
    if graph.is_empty() {
        summary.push_str(NO_REVISION);
    }
    summary
}
