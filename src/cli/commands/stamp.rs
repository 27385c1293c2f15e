use clap::Args;
use serde_json::json;

use crate::apply;
use crate::cli::{CommandError, Context, Migrating, Verb};
use crate::report::Report;

/// Record a revision and its ancestors as applied, without running them
#[derive(Args)]
pub struct Stamp {
    /// The revision that the database is at: head, heads, an id or its beginning
    target: String,

    #[command(flatten)]
    migrating: Migrating,
}

impl Verb for Stamp {
    const NAME: &'static str = "stamp";
    const EXAMPLE: &'static str = "zerodrift stamp 202511151400";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let mut opened = self.migrating.open(context, Self::NAME)?;
        let mut progress = context.progress();
        let session = &mut opened.session;
        let done = apply::stamp(
            session,
            &opened.project,
            &self.target,
            &opened.settings,
            &mut progress,
        )?;
        drop(progress);
        let mut report = opened.report(Self::NAME);
        report.warnings_count = false;
        report.text = done
            .revisions
            .iter()
            .map(|id| format!("stamped {id}\n"))
            .collect();
        if done.revisions.is_empty() {
            report.text = "Nothing to record.\n".to_owned();
        }
        report.data = json!({ "target": self.target, "stamped": done.revisions });
        report.findings = done.findings;
        Ok(report)
    }
}
