use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::apply;
use crate::cli::{CommandError, Context, Migrating, Verb};
use crate::model::parse_duration;
use crate::report::Report;

/// Examine a database: role, settings, sessions in the way, invalid indexes, constraints
///
/// Changes nothing. Exit code 1 means findings, 3 that the role, the server or the connection cannot migrate.
#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    migrating: Migrating,

    /// Read every row of the tables with foreign keys and list keys that break a constraint marked valid
    #[arg(long)]
    constraints: bool,

    /// How long a transaction may be open before it is reported
    #[arg(long, value_name = "DUR", value_parser = parse_duration, default_value = "1min")]
    old: Duration,
}

impl Verb for Doctor {
    const NAME: &'static str = "doctor";
    const EXAMPLE: &'static str =
        "zerodrift doctor\nzerodrift doctor --constraints --format sarif=doctor.sarif";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        // A graph that is broken, or missing, is no reason not to look at the database.
        let project = context.project_if_any()?;
        let settings = self.migrating.settings(context, &project)?;
        let mut session = self.migrating.connect(Self::NAME)?;
        let examined = apply::doctor(&mut session, &settings, self.old, self.constraints)?;
        let mut report = Report::new(Self::NAME);
        report.root = project.root;
        report.outcome = examined.outcome();
        report.data = json!({
            "constraints": examined.constraints.as_ref().map(|checked| json!({
                "checked": checked.constraints,
                "rows": checked.rows,
            })),
        });
        if let Some(checked) = &examined.constraints {
            report.text = format!(
                "{} constraints checked over {} rows.\n",
                checked.constraints, checked.rows
            );
        }
        if examined.findings.is_empty() {
            report.text.push_str("Nothing found.\n");
        }
        report.findings = examined.findings;
        Ok(report)
    }
}
