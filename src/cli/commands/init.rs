use clap::Args;
use serde_json::json;

use crate::cli::{CommandError, Context, Verb, written};
use crate::load::write::{self, NewRevision};
use crate::model::RevisionId;
use crate::report::Report;

/// Start a project in the working directory
///
/// Writes zerodrift.yaml and a first revision that changes nothing. Files that exist are never overwritten; if there is
/// a folder "migrations" already, only the configuration is written.
#[derive(Args)]
pub struct Init {}

impl Verb for Init {
    const NAME: &'static str = "init";
    const EXAMPLE: &'static str = "zerodrift init";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let baseline = NewRevision {
            id: RevisionId::new("baseline").map_err(|error| CommandError::usage(error.to_string()))?,
            parents: Vec::new(),
            depends_on: Vec::new(),
            labels: Vec::new(),
            message: "Zero state".to_owned(),
            branch: String::new(),
            slug: String::new(),
        };
        let mut drafts = write::project(&baseline);
        let has_migrations = context.directory.join("migrations").exists();
        if has_migrations {
            drafts.retain(|draft| !draft.path.starts_with("migrations"));
        }
        write::create(&context.directory, &drafts)?;
        let mut report = Report::new(Self::NAME);
        report.root = context.directory.clone();
        let next = if has_migrations {
            "zerodrift lint"
        } else {
            "zerodrift new SLUG"
        };
        report.text = format!("{}\nNext: {next}\n", written(&drafts));
        report.data = json!({ "created": drafts.iter().map(|draft| &draft.path).collect::<Vec<_>>() });
        Ok(report)
    }
}
