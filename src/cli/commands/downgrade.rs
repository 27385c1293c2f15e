use clap::Args;
use serde_json::json;

use crate::apply::{self, DataLoss};
use crate::cli::migrating::{data, lines};
use crate::cli::{CommandError, Context, Migrating, Verb};
use crate::report::Report;

/// Take revisions back with their down files
///
/// A revision as target stays applied; what needs it goes, newest first, each in one transaction. A missing down file
/// refuses the whole run before anything is taken back, and so does one
/// that would remove rows, unless --allow-data-loss is given.
#[derive(Args)]
pub struct Downgrade {
    /// base, a revision or its beginning, -N
    #[arg(allow_negative_numbers = true)]
    target: String,

    #[command(flatten)]
    migrating: Migrating,

    /// Let down files remove tables, columns and rows that are not empty
    #[arg(long)]
    allow_data_loss: bool,

    /// Run everything in one transaction, and roll it back
    #[arg(long)]
    dry_run: bool,
}

impl Verb for Downgrade {
    const NAME: &'static str = "downgrade";
    const ALIASES: &'static [&'static str] = &["down"];
    const EXAMPLE: &'static str = "zerodrift downgrade -1\nzerodrift downgrade 202511151400";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let mut opened = self.migrating.open(context, Self::NAME)?;
        opened.settings.dry_run = self.dry_run;
        if self.allow_data_loss {
            opened.settings.data_loss = DataLoss::Allow;
        }
        let mut progress = context.progress();
        let session = &mut opened.session;
        let done = apply::downgrade(
            session,
            &opened.project,
            &self.target,
            &opened.settings,
            &mut progress,
        )?;
        drop(progress);
        let mut report = opened.report(Self::NAME);
        report.warnings_count = false;
        report.text = lines(&done.reverted, if self.dry_run { "tried" } else { "reverted" });
        if done.reverted.is_empty() {
            report.text = "Nothing to take back.\n".to_owned();
        }
        report.data =
            json!({ "target": self.target, "dry_run": self.dry_run, "reverted": data(&done.reverted) });
        report.findings = done.findings;
        Ok(report)
    }
}
