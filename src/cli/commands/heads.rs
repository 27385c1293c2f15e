use clap::Args;
use serde_json::{Value, json};

use crate::cli::{CommandError, Context, NO_REVISION, Verb, Workspace};
use crate::report::{Report, revision};

/// List the revisions that nothing follows
///
/// A project has one head, and one more for each label in heads.allow. Revisions that others only depend on stay heads.
#[derive(Args)]
pub struct Heads {}

impl Verb for Heads {
    const NAME: &'static str = "heads";
    const EXAMPLE: &'static str = "zerodrift heads";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let workspace = Workspace::load_sound(context)?;
        let graph = &workspace.graph;
        let heads = graph.heads();
        let mut report = workspace.report(Self::NAME);
        report.data =
            json!({ "heads": heads.iter().map(|head| revision::data(graph, head)).collect::<Vec<Value>>() });
        match heads.is_empty() {
            true => report.text = NO_REVISION.to_owned(),
            false => report.tables.push(revision::table(graph, &heads)),
        }
        Ok(report)
    }
}
