use clap::Args;
use serde_json::{Value, json};

use crate::cli::{CommandError, Context, Verb, Workspace};
use crate::report::drawings;
use crate::report::{Report, revision};

/// Draw the graph of revisions
///
/// As text the newest revision stands on top; a lane keeps its column until its line ends, and what a revision depends
/// on without following it is written behind it. A graph with mistakes is drawn as far as it is one.
#[derive(Args)]
pub struct Draw {}

impl Verb for Draw {
    const NAME: &'static str = "graph";
    const OWN_FORMATS: &'static [&'static str] = &["dot", "mermaid"];
    const EXAMPLE: &'static str = "zerodrift graph --format mermaid > graph.mmd";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let workspace = Workspace::load(context)?;
        let graph = &workspace.graph;
        let mut report = workspace.report(Self::NAME);
        let name = context.own_format().unwrap_or("text");
        let drawing = drawings::DRAWINGS.iter().find(|drawing| drawing.name == name);
        report.text = drawing.map(|drawing| (drawing.draw)(graph)).unwrap_or_default();
        let revisions: Vec<Value> = graph
            .revisions()
            .map(|found| revision::data(graph, found))
            .collect();
        report.data = json!({ "revisions": revisions });
        report.findings = workspace.findings;
        Ok(report)
    }
}
