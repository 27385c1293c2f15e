use std::collections::HashSet;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::{CommandError, Context, Verb, Workspace};
use crate::graph::target;
use crate::model::{Revision, RevisionId};
use crate::report::{Report, revision};

/// List revisions, the newest first
///
/// The order is the one in which they are applied, turned around. It is the same on every machine.
#[derive(Args)]
pub struct History {
    /// Only this revision and what it needs: an id, the beginning of one, head, LABEL@head, FOLDER@head, ID-2
    #[arg(value_name = "TARGET")]
    target: Option<String>,

    /// Only revisions of this branch folder
    #[arg(long, value_name = "FOLDER")]
    branch: Option<String>,
}

impl Verb for History {
    const NAME: &'static str = "history";
    const EXAMPLE: &'static str = "zerodrift history celery_foundation@head";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let workspace = Workspace::load_sound(context)?;
        let graph = &workspace.graph;
        let needed: Option<HashSet<RevisionId>> = match &self.target {
            Some(text) => Some(graph.ancestors(&target::resolve(graph, text, &|_| false)?)),
            None => None,
        };
        if let Some(branch) = &self.branch {
            workspace.branch(branch)?;
        }
        let wanted = |found: &&Revision| {
            needed.as_ref().is_none_or(|needed| needed.contains(&found.id))
                && self.branch.as_ref().is_none_or(|branch| *branch == found.branch)
        };
        let revisions: Vec<&Revision> = graph.revisions().rev().filter(wanted).collect();
        let mut report = workspace.report(Self::NAME);
        let data: Vec<Value> = revisions
            .iter()
            .map(|found| revision::data(graph, found))
            .collect();
        report.data = json!({ "revisions": data });
        match revisions.is_empty() {
            true => report.text = "There is no revision here.\n".to_owned(),
            false => report.tables.push(revision::table(graph, &revisions)),
        }
        Ok(report)
    }
}
