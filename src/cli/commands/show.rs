use clap::Args;
use serde_json::{Value, json};

use crate::cli::{CommandError, Context, Verb, Workspace};
use crate::graph::target;
use crate::report::{Report, revision};

/// Show what is known of a revision
#[derive(Args)]
pub struct Show {
    /// An id, the beginning of one, head, heads, LABEL@head, FOLDER@head, ID+1, ID-1
    #[arg(value_name = "REV", required = true)]
    targets: Vec<String>,
}

impl Verb for Show {
    const NAME: &'static str = "show";
    const EXAMPLE: &'static str = "zerodrift show 202511151410";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let workspace = Workspace::load_sound(context)?;
        let graph = &workspace.graph;
        let mut report = workspace.report(Self::NAME);
        let mut shown: Vec<String> = Vec::new();
        let mut data: Vec<Value> = Vec::new();
        for text in &self.targets {
            let ids = target::resolve(graph, text, &|_| false)?;
            for found in ids.iter().filter_map(|id| graph.get(id)) {
                shown.push(revision::details(graph, found));
                data.push(revision::data(graph, found));
            }
        }
        report.text = shown.join("\n");
        report.data = json!({ "revisions": data });
        Ok(report)
    }
}
