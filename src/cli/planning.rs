//! What a plan looks like: tables for people, a document for machines and for `upgrade --plan`.

use serde_json::{Value, json};

use crate::apply::Planned;
use crate::lint::schema::Key;
use crate::plan::{Foreseen, Hazard, Load, Lock, Mode, Size, Step, Together, Until};
use crate::report::Table;
use crate::sql::{RowSecurity, mask};

/// Returns the document: what [`crate::plan::Agreement`] needs, and everything that a person may want to look at.
pub fn document(planned: &Planned) -> Value {
    let agreement = &planned.agreement;
    json!({
        "format": agreement.format,
        "target": agreement.target,
        "tx": agreement.tx,
        "hash": agreement.hash,
        "fingerprint": agreement.fingerprint,
        "revisions": agreement.revisions,
        "server_major": planned.major,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "steps": planned.steps.iter().map(step).collect::<Vec<_>>(),
        "transactions": planned
            .transactions
            .iter()
            .map(|together| transaction(planned, together))
            .collect::<Vec<_>>(),
    })
}

fn step(step: &Step) -> Value {
    json!({
        "revision": step.revision.id,
        "file": step.revision.path,
        "checksum": step.checksum,
        "message": step.revision.message,
        "transaction": step.mode == Mode::Transaction,
        "statements": (0..step.script.statements.len()).map(|index| {
            let at = step.place(step.statement(index).range.clone());
            json!({ "line": at.line, "column": at.column, "sql": mask::secrets(step.text(index)) })
        }).collect::<Vec<_>>(),
        "backfills": step.script.sections.iter().map(|section| json!({
            "table": section.backfill.table.to_string(),
            "rls": match step.row_security(section) {
                RowSecurity::Toggle => "toggle",
                RowSecurity::Bypass => "bypass",
            },
            "triggers": section.backfill.triggers,
            "statements": section.statements.len(),
        })).collect::<Vec<_>>(),
    })
}

fn transaction(planned: &Planned, together: &Together) -> Value {
    json!({
        "revisions": together.revisions,
        "statements": together.statements.iter().map(|foreseen| statement(planned, foreseen)).collect::<Vec<_>>(),
        "guard": together.guard.iter().map(lock).collect::<Vec<_>>(),
        "locks": together.locks.iter().map(lock).collect::<Vec<_>>(),
        "hazards": together.hazards,
    })
}

fn statement(planned: &Planned, foreseen: &Foreseen) -> Value {
    let at = step_of(planned, foreseen).map(|step| step.place(step.statement(foreseen.index).range.clone()));
    json!({
        "revision": foreseen.revision,
        "number": foreseen.index + 1,
        "line": at.as_ref().map(|at| at.line),
        "locks": foreseen.locks.iter().map(lock).collect::<Vec<_>>(),
        "scans": foreseen.scans.iter().map(load).collect::<Vec<_>>(),
        "rewrites": foreseen.rewrites.iter().map(load).collect::<Vec<_>>(),
        "hazards": foreseen.hazards,
        "lock_timeout_ms": foreseen.lock_timeout.as_millis() as u64,
        "statement_timeout_ms": foreseen.statement_timeout.as_millis() as u64,
    })
}

fn lock(lock: &Lock) -> Value {
    json!({
        "schema": *lock.relation.schema,
        "relation": *lock.relation.name,
        "mode": lock.mode.as_str(),
        "until": lock.until,
        "size": lock.size.as_ref().map(size),
    })
}

fn load(load: &Load) -> Value {
    json!({
        "schema": *load.relation.schema,
        "relation": *load.relation.name,
        "why": load.why,
        "size": load.size.as_ref().map(size),
    })
}

fn size(size: &Size) -> Value {
    json!({ "rows": size.rows, "pages": size.pages })
}

fn step_of<'a>(planned: &'a Planned, foreseen: &Foreseen) -> Option<&'a Step> {
    planned
        .steps
        .iter()
        .find(|step| step.revision.id == foreseen.revision)
}

/// Returns the revisions as one table, in order.
pub fn revisions(planned: &Planned) -> Table {
    let row = |step: &Step| {
        let tables: Vec<String> = step
            .script
            .sections
            .iter()
            .map(|section| section.backfill.table.to_string())
            .collect();
        vec![
            step.revision.id.to_string(),
            match step.mode {
                Mode::Transaction => "in one transaction",
                Mode::Standalone => "step by step",
            }
            .to_owned(),
            step.script.statements.len().to_string(),
            tables.join(", "),
            step.revision.message.clone(),
        ]
    };
    Table {
        columns: ["revision", "runs", "statements", "backfills", "message"]
            .map(str::to_owned)
            .to_vec(),
        rows: planned.steps.iter().map(row).collect(),
    }
}

/// Returns the statements of all transactions as one table, in order.
pub fn statements(planned: &Planned) -> Table {
    let mut rows = Vec::new();
    for (number, together) in planned.transactions.iter().enumerate() {
        for (at, foreseen) in together.statements.iter().enumerate() {
            let first = if at == 0 {
                (number + 1).to_string()
            } else {
                String::new()
            };
            rows.push(row(planned, foreseen, first));
        }
    }
    Table {
        columns: [
            "transaction",
            "revision",
            "line",
            "statement",
            "locks",
            "work",
            "lock timeout",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows,
    }
}

fn row(planned: &Planned, foreseen: &Foreseen, transaction: String) -> Vec<String> {
    let step = step_of(planned, foreseen);
    let (line, text) = step.map_or_else(Default::default, |step| {
        let at = step.place(step.statement(foreseen.index).range.clone());
        (at.line.to_string(), step.text(foreseen.index))
    });
    let works = |verb: &str, loads: &[Load]| -> Vec<String> {
        loads
            .iter()
            .map(|load| format!("{verb} {}", sized(&load.relation, load.size)))
            .collect()
    };
    let mut work = works("rewrites", &foreseen.rewrites);
    work.extend(works("scans", &foreseen.scans));
    let timeout = match foreseen.lock_timeout.as_millis() {
        0 => "none".to_owned(),
        millis => format!("{millis} ms"),
    };
    vec![
        transaction,
        foreseen.revision.to_string(),
        line,
        short(&mask::secrets(text)),
        locks(&foreseen.locks),
        work.join("; "),
        timeout,
    ]
}

fn locks(locks: &[Lock]) -> String {
    let shown: Vec<String> = locks
        .iter()
        .map(|lock| {
            let until = match lock.until {
                Until::Transaction => "",
                Until::Statement => " (while it works)",
            };
            format!("{} {}{until}", lock.mode.as_str(), lock.relation)
        })
        .collect();
    shown.join("; ")
}

fn sized(relation: &Key, size: Option<Size>) -> String {
    match size {
        Some(size) => format!("{relation} ({size})"),
        None => format!("{relation} (size not known)"),
    }
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(48) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Returns what every transaction holds in all, for people.
pub fn totals(planned: &Planned) -> Table {
    let mut rows = Vec::new();
    for (number, together) in planned.transactions.iter().enumerate() {
        for (at, lock) in together.locks.iter().enumerate() {
            rows.push(vec![
                if at == 0 {
                    (number + 1).to_string()
                } else {
                    String::new()
                },
                lock.mode.as_str().to_owned(),
                sized(&lock.relation, lock.size),
            ]);
        }
    }
    Table {
        columns: ["transaction", "locks in all", "relation"]
            .map(str::to_owned)
            .to_vec(),
        rows,
    }
}

/// Returns the hazards of all transactions, one a line.
pub fn hazards(planned: &Planned) -> String {
    let mut text = String::new();
    let mut put = |place: String, hazard: &Hazard| text.push_str(&format!("  {place}: {hazard}\n"));
    for (number, together) in planned.transactions.iter().enumerate() {
        for foreseen in &together.statements {
            for hazard in &foreseen.hazards {
                put(
                    format!("{} statement {}", foreseen.revision, foreseen.index + 1),
                    hazard,
                );
            }
        }
        for hazard in &together.hazards {
            put(format!("transaction {}", number + 1), hazard);
        }
    }
    text
}
