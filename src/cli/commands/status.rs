use clap::Args;
use serde_json::{Value, json};

use crate::apply;
use crate::cli::{CommandError, Context, Migrating, Verb};
use crate::ledger::EntryOutcome;
use crate::model::{Level, Outcome};
use crate::report::{Report, Table};

/// Compare the ledger of a database with the graph
///
/// Exit code 1 means that revisions are pending, 5 that one is half-done, 7 that the ledger disagrees with the files.
#[derive(Args)]
pub struct Status {
    #[command(flatten)]
    migrating: Migrating,
}

impl Verb for Status {
    const NAME: &'static str = "status";
    const ALIASES: &'static [&'static str] = &["current"];
    const EXAMPLE: &'static str = "zerodrift status\nzerodrift status --format json";

    fn run(self, context: &Context) -> Result<Report, CommandError> {
        let mut opened = self.migrating.open(context, Self::NAME)?;
        let found = apply::status(&mut opened.session, &opened.project, &opened.settings)?;
        let mut report = opened.report(Self::NAME);
        report.text = summary(&found);
        report.tables.extend(pending(&found));
        report.data = data(&found);
        if !found.pending.is_empty() {
            report.outcome = Outcome::Findings;
        }
        if !found.journal.is_empty() {
            report.outcome = report.outcome.and(Outcome::PartWay);
        }
        if found.findings.iter().any(|finding| finding.level == Level::Error) {
            report.outcome = report.outcome.and(Outcome::Integrity);
        }
        report.findings = found.findings;
        Ok(report)
    }
}

fn summary(found: &apply::Status) -> String {
    let last = found.applied.iter().max_by_key(|(_, row)| row.sequence);
    let mut text = format!("{} applied, {} pending", found.applied.len(), found.pending.len());
    if let Some((id, row)) = last {
        text.push_str(&format!(", last {id} at {}", row.applied_at));
    }
    text.push('\n');
    for migrator in &found.migrators {
        text.push_str(&format!("A migrator is at work: {migrator}\n"));
    }
    for entry in &found.journal {
        text.push_str(&format!(
            "Half-done: {} step {}, {}: {}\n",
            entry.revision,
            entry.number,
            state(entry),
            entry.excerpt
        ));
    }
    text
}

fn state(entry: &crate::ledger::Entry) -> &'static str {
    match entry.outcome {
        Some(EntryOutcome::Done) => "done",
        Some(EntryOutcome::Failed) => "failed",
        None if entry.running => "running",
        None => "in doubt",
    }
}

fn pending(found: &apply::Status) -> Option<Table> {
    let row = |id: &crate::model::RevisionId| {
        let note = if found.gaps.contains(id) { "gap" } else { "" };
        vec![id.to_string(), note.to_owned()]
    };
    (!found.pending.is_empty()).then(|| Table {
        columns: vec!["pending".to_owned(), String::new()],
        rows: found.pending.iter().map(row).collect(),
    })
}

fn data(found: &apply::Status) -> Value {
    json!({
        "applied": found.applied.iter().map(|(id, row)| json!({
            "revision": id,
            "how": row.how.as_str(),
            "applied_at": row.applied_at,
            "sequence": row.sequence,
        })).collect::<Vec<_>>(),
        "pending": found.pending,
        "gaps": found.gaps,
        "unknown": found.unknown,
        "edited": found.edited,
        "reformatted": found.reformatted,
        "half_done": found.journal.iter().map(|entry| json!({
            "revision": entry.revision,
            "step": entry.number,
            "state": state(entry),
            "excerpt": entry.excerpt,
        })).collect::<Vec<_>>(),
        "migrators": found.migrators.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
