//! Policy `owner`: a role that row security binds may migrate only where every statement on such a table is guarded.

use std::collections::BTreeSet;

use super::error::{ApplyError, Refusal};
use super::preflight::Facts;
use super::settings::{RolePolicy, Settings, Unguarded};
use crate::model::{Finding, Level, Outcome};
use crate::pg::Session;
use crate::plan::Step;
use crate::sql::relations::{self, Alteration};
use crate::sql::{RowSecurity, WrittenName};

/// Refuses unguarded statements that read or write rows of a table with row security.
///
/// Known are the tables of the catalog and what the pending files themselves switch on. What the parser cannot see (a
/// function, a DO block) is caught by `row_security = off` when it runs.
pub(super) fn check(
    session: &mut Session,
    facts: &Facts,
    settings: &Settings,
    steps: &[Step],
) -> Result<(), ApplyError> {
    let bound = !facts.bypasses && settings.role_policy == RolePolicy::Owner;
    if !bound || settings.unguarded == Unguarded::Allow {
        return Ok(());
    }
    let mut secured = secured(session)?;
    let findings: Vec<Finding> = steps
        .iter()
        .flat_map(|step| unguarded(step, &mut secured))
        .collect();
    if findings.is_empty() {
        return Ok(());
    }
    Err(ApplyError::Refused(Refusal {
        outcome: Outcome::Unfit,
        findings,
    }))
}

fn unguarded(step: &Step, secured: &mut BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, statement) in step.script.statements.iter().enumerate() {
        let touched = relations::touched(step.text(index));
        let guard = step.script.section_of(index);
        let guarded = guard.is_some_and(|section| step.row_security(section) == RowSecurity::Toggle);
        let hit = touched
            .rows_of()
            .find(|name| secured.contains(&name.name))
            .filter(|_| !guarded);
        if let Some(table) = hit {
            findings.push(finding(step, table, statement.range.clone()));
        }
        for (name, alteration) in touched.altered {
            match alteration {
                Alteration::EnablesRowSecurity => secured.insert(name.name),
                Alteration::DisablesRowSecurity => secured.remove(&name.name),
                _ => false,
            };
        }
    }
    findings
}

fn finding(step: &Step, table: &WrittenName, range: std::ops::Range<usize>) -> Finding {
    Finding::new(
        "unguarded-under-row-security",
        Level::Error,
        format!("statement touches rows of \"{table}\", which has row security, without a guard"),
    )
    .object(step.revision.id.as_str())
    .detail("Under --role-policy owner the role may be bound by row security and see only a part of the rows.")
    .hint(format!(
        "Put it between \"--: backfill table={table}\" and \"--: end\", migrate with a role that bypasses row security, \
         or let it fail loudly with --allow-unguarded."
    ))
    .at(step.place(range.start..range.start))
}

/// Names of tables with row security, in any schema: a statement's own search path is not known beforehand.
fn secured(session: &mut Session) -> Result<BTreeSet<String>, ApplyError> {
    let rows = session
        .text_rows("SELECT DISTINCT c.relname FROM pg_catalog.pg_class AS c WHERE c.relrowsecurity ORDER BY c.relname")
        .map_err(|error| ApplyError::Database { doing: "read which tables have row security", error })?;
    Ok(rows
        .into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect())
}
