use clap::Args;
use serde_json::json;

use crate::cli::{CommandError, Context, Verb, Workspace, written};
use crate::load::write::{self, NewRevision};
use crate::model::RevisionId;
use crate::report::Report;

/// Write a revision that joins several others
///
/// The file changes nothing; it makes one head of several.
#[derive(Args)]
pub struct Merge {
    /// The revisions to join; "heads" for all heads, which is also what is joined if none is named
    #[arg(value_name = "REV", default_value = "heads")]
    targets: Vec<String>,

    /// One line about the merge
    #[arg(short, long, default_value = "merge heads")]
    message: String,

    /// The branch folder; that of the last revision to be applied if absent
    #[arg(long, value_name = "FOLDER")]
    branch: Option<String>,

    /// A label that descendants inherit
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,

    /// The id instead of the time
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

impl Verb for Merge {
    const NAME: &'static str = "merge";
    const EXAMPLE: &'static str = "zerodrift merge 202512091100 e9b7435efea6 -m \"merge heads\"";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let workspace = Workspace::load_sound(context)?;
        let parents = workspace.resolve_all(&self.targets)?;
        independent(&workspace, &parents)?;
        let last = parents.iter().max_by_key(|id| workspace.graph.position(id));
        let branch = match self.branch {
            Some(branch) => branch,
            None => last
                .and_then(|id| workspace.graph.get(id))
                .map(|last| last.branch.clone())
                .unwrap_or_default(),
        };
        workspace.branch(&branch)?;
        let merge = NewRevision {
            id: workspace.free_id(self.id.as_deref())?,
            depends_on: Vec::new(),
            labels: workspace.labels(&self.labels)?,
            slug: write::slug(&self.message),
            message: self.message,
            parents,
            branch,
        };
        let drafts = [merge.merge_draft(&workspace.project.migrations())];
        write::create(&workspace.project.root, &drafts)?;
        let mut report = workspace.report(Self::NAME);
        report.text = written(&drafts);
        report.data = json!({
            "revision": merge.id,
            "parents": merge.parents,
            "created": [&drafts[0].path],
        });
        Ok(report)
    }
}

fn independent(workspace: &Workspace, parents: &[RevisionId]) -> Result<(), CommandError> {
    let [_, _, ..] = parents else {
        let found = parents
            .first()
            .map_or_else(|| "none".to_owned(), |id| format!("only \"{id}\""));
        return Err(CommandError::usage_with_hint(
            format!("a merge joins two revisions or more, found {found}"),
            "\"zerodrift heads\" lists what can be joined.",
        ));
    };
    for (at, later) in parents.iter().enumerate() {
        let others = parents.iter().enumerate().filter(|(other, _)| *other != at);
        if let Some((_, earlier)) = others
            .into_iter()
            .find(|(_, id)| workspace.graph.is_ancestor(id, later))
        {
            return Err(CommandError::usage_with_hint(
                format!("revision \"{later}\" follows \"{earlier}\" already"),
                format!("Leave out \"{earlier}\": joining \"{later}\" joins it too."),
            ));
        }
    }
    Ok(())
}
