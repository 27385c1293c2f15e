use std::io::{BufRead, IsTerminal, Write};

use clap::Args;
use serde_json::json;

use crate::apply::{self, Mending, Offer, StepName, Wishes};
use crate::cli::{CommandError, Context, Migrating, Verb};
use crate::model::Outcome;
use crate::report::Report;

/// Show what a crash left, and mend it after asking
///
/// Half-done steps are settled by looking at what they did. Without a terminal and without --yes nothing is changed, and
/// the exit code is 5 if there is something to mend. --yes does not end a session that still works: name it with
/// --terminate.
#[derive(Args)]
pub struct Repair {
    #[command(flatten)]
    migrating: Migrating,

    /// Mend without asking
    #[arg(long)]
    yes: bool,

    /// The step is complete, whatever the catalog says; the number may be left out where only one is in doubt
    #[arg(long, value_name = "REV[:N]")]
    done: Vec<StepName>,

    /// The step shall run again
    #[arg(long, value_name = "REV[:N]")]
    retry: Vec<StepName>,

    /// Accept the file of an applied revision as it is now
    #[arg(long, value_name = "REV")]
    rebless: Vec<String>,

    /// End this session without asking, if it holds the migrator lock
    #[arg(long, value_name = "PID")]
    terminate: Option<i32>,
}

impl Verb for Repair {
    const NAME: &'static str = "repair";
    const EXAMPLE: &'static str = "zerodrift repair\nzerodrift repair --yes --retry 202511151410:2\nzerodrift repair --rebless 202511151400";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let mut opened = self.migrating.open(context, Self::NAME)?;
        let wishes = Wishes {
            done: self.done,
            retry: self.retry,
            rebless: self.rebless,
            terminate: self.terminate,
        };
        let mut progress = context.progress();
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let yes = self.yes;
        let mut ask = |offer: &Offer| match offer.mending {
            Mending::Terminate(_) => terminal && asked(offer),
            _ => yes || terminal && asked(offer),
        };
        let repaired = apply::repair(
            &mut opened.session,
            &opened.project,
            &wishes,
            &opened.settings,
            &mut progress,
            &mut ask,
        )?;
        drop(progress);
        let mut report = opened.report(Self::NAME);
        report.warnings_count = false;
        for (offer, done) in &repaired.offers {
            let word = if *done { "did" } else { "would" };
            report
                .text
                .push_str(&format!("{}\n  {word}: {}\n", offer.found, offer.would));
        }
        let open = repaired.offers.iter().any(|(_, done)| !done);
        if open {
            report
                .text
                .push_str("Nothing of what it would do was done. Run it on a terminal, or with --yes.\n");
        }
        for id in &repaired.resumable {
            report
                .text
                .push_str(&format!("Half-done: {id}. The next upgrade goes on with it.\n"));
        }
        if repaired.offers.is_empty() && repaired.findings.is_empty() && repaired.resumable.is_empty() {
            report.text = "Nothing to repair.\n".to_owned();
        }
        if open || !repaired.findings.is_empty() {
            report.outcome = Outcome::PartWay;
        }
        report.data = json!({
            "offers": repaired.offers.iter().map(|(offer, done)| json!({
                "mending": word(offer.mending),
                "revision": offer.revision,
                "found": offer.found,
                "would": offer.would,
                "done": done,
            })).collect::<Vec<_>>(),
            "resumable": repaired.resumable,
        });
        report.findings = repaired.findings;
        Ok(report)
    }
}

fn word(mending: Mending) -> &'static str {
    match mending {
        Mending::Terminate(_) => "terminate",
        Mending::Settle => "settle",
        Mending::Adopt => "adopt",
        Mending::Rebless => "rebless",
    }
}

/// Asks on the terminal; anything but y or yes is no.
#[allow(clippy::print_stderr)]
fn asked(offer: &Offer) -> bool {
    eprint!("{}\nThis would {}. Do it? [y/N] ", offer.found, offer.would);
    let mut answer = String::new();
    let read = std::io::stderr()
        .flush()
        .and_then(|()| std::io::stdin().lock().read_line(&mut answer));
    read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
