//! What a down file would destroy: rows that are there now.

use super::error::{ApplyError, Refusal};
use super::settings::Settings;
use crate::model::{Finding, Level, Outcome, quote_identifier, quote_literal};
use crate::pg::{PgError, Session};
use crate::plan::Step;
use crate::sql::WrittenName;
use crate::sql::act::{self, Action, AlterCommand, DmlAction, ObjectKind};

/// A part of a database whose rows a statement removes.
struct Lost {
    /// What is said about it.
    what: String,
    /// A query that says whether rows are there; its first column is text.
    query: String,
}

/// Refuses down files that remove rows which are there now. An empty table or column loses nothing.
pub(super) fn refuse(session: &mut Session, settings: &Settings, steps: &[Step]) -> Result<(), ApplyError> {
    let mut findings = Vec::new();
    let failed = |error| ApplyError::Database {
        doing: "look at the rows that would be lost",
        error,
    };
    // Names mean what they will mean in the down files.
    let path = format!("SET search_path = {}", settings.search_path);
    session.run(&path).map_err(failed)?;
    for step in steps {
        for index in 0..step.script.statements.len() {
            for lost in lost(step.text(index)) {
                if is_there(session, &lost.query).map_err(failed)? {
                    findings.push(finding(step, index, &lost.what));
                }
            }
        }
    }
    if findings.is_empty() {
        return Ok(());
    }
    Err(ApplyError::Refused(Refusal {
        outcome: Outcome::Findings,
        findings,
    }))
}

/// What does not exist now, because another down file makes it, has no rows now.
const MISSING: [&str; 3] = [
    "42P01", // undefined_table
    "42703", // undefined_column
    "3F000", // invalid_schema_name
];

fn is_there(session: &mut Session, query: &str) -> Result<bool, PgError> {
    match session.text_rows(query) {
        Ok(rows) => Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("true")),
        Err(error) if error.sqlstate().is_some_and(|state| MISSING.contains(&state)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn finding(step: &Step, index: usize, what: &str) -> Finding {
    Finding::new(
        "down-removes-rows",
        Level::Error,
        format!("down file of revision \"{}\" removes {what}", step.revision.id),
    )
    .object(step.revision.id.as_str())
    .detail("Upgrading again does not bring the rows back. Nothing was taken back.")
    .hint("Keep the rows elsewhere first, or say that they may go with --allow-data-loss.")
    .at(step.place(step.statement(index).range.clone()))
}

/// Finds what a statement removes.
fn lost(text: &str) -> Vec<Lost> {
    act::read(text)
        .into_iter()
        .flat_map(|act| lost_by(act.action))
        .collect()
}

fn lost_by(action: Action) -> Vec<Lost> {
    match action {
        Action::Drop(drop) => drop
            .objects
            .iter()
            .filter_map(|object| match object.kind {
                ObjectKind::Table => Some(rows_of(&object.name)),
                ObjectKind::Schema => Some(tables_in(&object.name.name)),
                _ => None,
            })
            .collect(),
        Action::Truncate { tables, .. } => tables.iter().map(rows_of).collect(),
        // With a condition it may take back what the revision inserted.
        Action::Dml(dml) if dml.action == DmlAction::Delete && dml.condition.is_none() => {
            vec![rows_of(&dml.target)]
        }
        Action::AlterTable(alter) => alter
            .commands
            .iter()
            .filter_map(|(command, _)| match command {
                AlterCommand::DropColumn { name, .. } => Some(values_of(&alter.name, name)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn rows_of(table: &WrittenName) -> Lost {
    Lost {
        what: format!("rows of table \"{table}\""),
        query: format!("SELECT (EXISTS (SELECT FROM {}))::text", table.quoted()),
    }
}

fn values_of(table: &WrittenName, column: &str) -> Lost {
    Lost {
        what: format!("values of column \"{column}\" of table \"{table}\""),
        query: format!(
            "SELECT (EXISTS (SELECT FROM {} WHERE {} IS NOT NULL))::text",
            table.quoted(),
            quote_identifier(column)
        ),
    }
}

/// Any table of a schema that has a page.
fn tables_in(schema: &str) -> Lost {
    Lost {
        what: format!("tables with rows in schema \"{schema}\""),
        query: format!(
            "SELECT (EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace = pg_catalog.to_regnamespace({}) \
             AND c.relkind = 'r' AND pg_catalog.pg_relation_size(c.oid) > 0))::text",
            quote_literal(&quote_identifier(schema))
        ),
    }
}
