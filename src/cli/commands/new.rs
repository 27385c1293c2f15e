use clap::Args;
use serde_json::json;

use crate::cli::{CommandError, Context, Verb, Workspace, written};
use crate::graph::target;
use crate::load::write::{self, NewRevision};
use crate::model::{Revision, RevisionId};
use crate::report::Report;

/// Write the files of a new revision
///
/// The revision follows the head and lies in the head's branch folder, unless options say otherwise. Its id is the time
/// in UTC.
#[derive(Args)]
pub struct New {
    /// A few words for the file name
    #[arg(value_name = "SLUG", required = true)]
    slug: Vec<String>,

    /// One line about the change; the words of SLUG if absent
    #[arg(short, long)]
    message: Option<String>,

    /// The revision that it follows; several make a merge
    #[arg(long = "parent", value_name = "REV")]
    parents: Vec<String>,

    /// A revision of another branch that must run before
    #[arg(long = "depends-on", value_name = "REV")]
    depends_on: Vec<String>,

    /// A label that descendants inherit
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,

    /// The branch folder; without --parent the revision follows the newest one in it
    #[arg(long, value_name = "FOLDER")]
    branch: Option<String>,

    /// The id instead of the time
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

impl Verb for New {
    const NAME: &'static str = "new";
    const EXAMPLE: &'static str = "zerodrift new add_invoices -m \"Add invoices\" --branch 002_billing";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let workspace = Workspace::load_sound(context)?;
        let words = self.slug.join(" ");
        let slug = write::slug(&words);
        if slug.is_empty() {
            return Err(CommandError::usage_with_hint(
                format!("slug \"{words}\" has no letter or digit"),
                "Write a few words of a-z and 0-9, as in \"add_invoices\".",
            ));
        }
        let parents = self.parents(&workspace)?;
        let newest = parents
            .iter()
            .filter_map(|id| workspace.graph.get(id))
            .next_back();
        let branch = match &self.branch {
            Some(branch) => branch.clone(),
            None => newest.map(|revision| revision.branch.clone()).unwrap_or_default(),
        };
        workspace.branch(&branch)?;
        let revision = NewRevision {
            id: workspace.free_id(self.id.as_deref())?,
            depends_on: workspace.resolve_all(&self.depends_on)?,
            labels: workspace.labels(&self.labels)?,
            message: self.message.clone().unwrap_or_else(|| sentence(&words)),
            parents,
            branch,
            slug,
        };
        let drafts = revision.drafts(&workspace.project.migrations());
        write::create(&workspace.project.root, &drafts)?;
        let mut report = workspace.report(Self::NAME);
        report.text = written(&drafts);
        report.data = json!({
            "revision": revision.id,
            "parents": revision.parents,
            "created": drafts.iter().map(|draft| &draft.path).collect::<Vec<_>>(),
        });
        Ok(report)
    }
}

impl New {
    fn parents(&self, workspace: &Workspace) -> Result<Vec<RevisionId>, CommandError> {
        let graph = &workspace.graph;
        if !self.parents.is_empty() {
            return workspace.resolve_all(&self.parents);
        }
        let in_folder = |found: &Revision| Some(&found.branch) == self.branch.as_ref();
        let target = match &self.branch {
            Some(branch) if !branch.is_empty() && graph.revisions().any(in_folder) => {
                format!("{branch}@head")
            }
            _ => "head".to_owned(),
        };
        let ids = target::resolve(graph, &target, &|_| false).map_err(|error| {
            let mut error = CommandError::from(error);
            for finding in &mut error.findings {
                finding.hint = Some(
                    "Say with --parent REV which revision this one follows, or merge the heads first."
                        .to_owned(),
                );
            }
            error
        })?;
        Ok(ids)
    }
}

fn sentence(words: &str) -> String {
    let words = words.replace('_', " ");
    let mut characters = words.trim().chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
