use clap::Args;
use serde_json::json;

use crate::apply::{self, Gaps, Transactions};
use crate::cli::migrating::{data, lines};
use crate::cli::{CommandError, Context, Migrating, NO_REVISION, Verb};
use crate::report::Report;

/// Bring a database to a revision
///
/// Each revision runs in one transaction with its ledger row; a file with "transaction: false" runs statement by
/// statement with a journal. A failure rolls its revision back and keeps the ones before it.
#[derive(Args)]
pub struct Upgrade {
    /// head, heads, a revision or its beginning, LABEL@head, +N
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,

    #[command(flatten)]
    migrating: Migrating,

    /// One transaction per revision, or one for all
    #[arg(long, value_parser = ["each", "all"], default_value = "each")]
    tx: String,

    /// Run revisions below applied ones that have no ledger row
    #[arg(long)]
    fill_gaps: bool,

    /// Run everything that can run in one transaction, and roll it back
    #[arg(long)]
    dry_run: bool,
}

impl Verb for Upgrade {
    const NAME: &'static str = "upgrade";
    const ALIASES: &'static [&'static str] = &["up"];
    const EXAMPLE: &'static str =
        "zerodrift upgrade\nzerodrift upgrade 202511151410 --database-url postgres://admin@db/app";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let mut opened = self.migrating.open(context, Self::NAME)?;
        let settings = &mut opened.settings;
        settings.transactions = if self.tx == "all" {
            Transactions::All
        } else {
            Transactions::Each
        };
        settings.gaps = if self.fill_gaps { Gaps::Fill } else { Gaps::Refuse };
        settings.dry_run = self.dry_run;
        let mut progress = context.progress();
        let done = apply::upgrade(
            &mut opened.session,
            &opened.project,
            &self.target,
            settings,
            &mut progress,
        )?;
        drop(progress);
        let mut report = opened.report(Self::NAME);
        report.warnings_count = false;
        report.text = lines(&done.applied, if self.dry_run { "tried" } else { "applied" });
        for untried in &done.untried {
            let step = untried
                .step
                .map_or(String::new(), |number| format!(", step {number}"));
            report.text.push_str(&format!(
                "not tried {}{step}: {}\n",
                untried.revision, untried.why
            ));
        }
        if opened.project.graph.is_empty() {
            report.text = NO_REVISION.to_owned();
        } else if done.applied.is_empty() && done.untried.is_empty() {
            report
                .text
                .push_str("Nothing to do: the database is at the target.\n");
        }
        report.data = json!({
            "target": self.target,
            "dry_run": self.dry_run,
            "applied": data(&done.applied),
            "untried": done.untried.iter().map(|untried| json!({
                "revision": untried.revision,
                "step": untried.step,
                "why": untried.why,
            })).collect::<Vec<_>>(),
        });
        report.findings = done.findings;
        Ok(report)
    }
}
