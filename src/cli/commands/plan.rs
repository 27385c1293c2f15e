use clap::Args;
use serde_json::{Value, json};

use crate::apply;
use crate::cli::{CommandError, Context, Migrating, NO_REVISION, Verb};
use crate::plan::{Mode, Step};
use crate::report::{Report, Table};
use crate::sql::mask;

/// Show what an upgrade would run, without changing anything
#[derive(Args)]
pub struct Plan {
    /// head, heads, a revision or its beginning, LABEL@head, +N
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,

    #[command(flatten)]
    migrating: Migrating,
}

impl Verb for Plan {
    const NAME: &'static str = "plan";
    const EXAMPLE: &'static str = "zerodrift plan\nzerodrift plan +1 --format json";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let mut opened = self.migrating.open(context, Self::NAME)?;
        let (steps, findings) = apply::planned(
            &mut opened.session,
            &opened.project,
            &self.target,
            &opened.settings,
        )?;
        let mut report = opened.report(Self::NAME);
        report.warnings_count = false;
        report.data = json!({ "target": self.target, "steps": steps.iter().map(data).collect::<Vec<_>>() });
        report.findings = findings;
        if steps.is_empty() {
            report.text = if opened.project.graph.is_empty() {
                NO_REVISION.to_owned()
            } else {
                "Nothing to do: the database is at the target.\n".to_owned()
            };
            return Ok(report);
        }
        report.tables.push(Table {
            columns: ["revision", "runs", "statements", "backfills", "message"]
                .map(str::to_owned)
                .to_vec(),
            rows: steps.iter().map(row).collect(),
        });
        Ok(report)
    }
}

fn runs(step: &Step) -> &'static str {
    match step.mode {
        Mode::Transaction => "in one transaction",
        Mode::Standalone => "step by step",
    }
}

fn row(step: &Step) -> Vec<String> {
    let tables: Vec<String> = step
        .script
        .sections
        .iter()
        .map(|section| section.backfill.table.to_string())
        .collect();
    vec![
        step.revision.id.to_string(),
        runs(step).to_owned(),
        step.script.statements.len().to_string(),
        tables.join(", "),
        step.revision.message.clone(),
    ]
}

fn data(step: &Step) -> Value {
    let statements = (0..step.script.statements.len()).map(|index| {
        let at = step.place(step.statement(index).range.clone());
        json!({ "line": at.line, "column": at.column, "sql": mask::secrets(step.text(index)) })
    });
    json!({
        "revision": step.revision.id,
        "file": step.revision.path,
        "checksum": step.checksum,
        "transaction": step.mode == Mode::Transaction,
        "statements": statements.collect::<Vec<_>>(),
        "backfills": step.script.sections.iter().map(|section| json!({
            "table": section.backfill.table.to_string(),
            "rls": match step.row_security(section) {
                crate::sql::RowSecurity::Toggle => "toggle",
                crate::sql::RowSecurity::Bypass => "bypass",
            },
            "triggers": section.backfill.triggers,
            "statements": section.statements.len(),
        })).collect::<Vec<_>>(),
    })
}
