use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use crate::apply::{self, Gaps, Transactions};
use crate::cli::migrating::{data, lines};
use crate::cli::{CommandError, Context, Migrating, NO_REVISION, Verb};
use crate::plan::Agreement;
use crate::report::Report;

/// Bring a database to a revision
///
/// Each revision runs in one transaction with its ledger row; a file with "transaction: false" runs statement by
/// statement with a journal. A failure rolls its revision back and keeps the ones before it.
#[derive(Args)]
pub struct Upgrade {
    /// head, heads, a revision or its beginning, LABEL@head, +N
    ///
    /// [default: head, or what the plan of --plan is for]
    #[arg(allow_negative_numbers = true)]
    target: Option<String>,

    #[command(flatten)]
    migrating: Migrating,

    /// One transaction per revision, or one for all
    #[arg(long, value_parser = ["each", "all"], default_value = "each", conflicts_with = "plan")]
    tx: String,

    /// Run what this plan says, or nothing: exit code 7 if something else would run or the catalog changed
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

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
        let named = self.target.clone();
        let settings = &mut opened.settings;
        settings.transactions = if self.tx == "all" {
            Transactions::All
        } else {
            Transactions::Each
        };
        settings.gaps = if self.fill_gaps { Gaps::Fill } else { Gaps::Refuse };
        settings.dry_run = self.dry_run;
        let mut target = self.target.unwrap_or_else(|| "head".to_owned());
        if let Some(file) = &self.plan {
            let agreement = agreement(context, file)?;
            if named.is_some_and(|named| named != agreement.target) {
                return Err(CommandError::usage_with_hint(
                    format!(
                        "plan \"{}\" is for target \"{}\"",
                        file.display(),
                        agreement.target
                    ),
                    "Leave the target out, or make a plan for it.",
                ));
            }
            target.clone_from(&agreement.target);
            if agreement.tx == "all" {
                settings.transactions = Transactions::All;
            }
            settings.agreed = Some(Arc::new((agreement, opened.scope.clone())));
        }
        let mut progress = context.progress();
        let done = apply::upgrade(
            &mut opened.session,
            &opened.project,
            &target,
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
            "target": target,
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

fn agreement(context: &Context, file: &Path) -> Result<Agreement, CommandError> {
    let refused = |why: String| {
        CommandError::usage_with_hint(
            format!("cannot read plan \"{}\": {why}", file.display()),
            "\"zerodrift plan --out FILE\" makes one.",
        )
    };
    let text =
        std::fs::read_to_string(context.directory.join(file)).map_err(|error| refused(error.to_string()))?;
    Agreement::parse(&text).map_err(refused)
}
