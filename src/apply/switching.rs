//! Functions with a `SET row_security` of their own: the one place that `row_security = off` does not reach.
//!
//! Inside such a function rows that a policy hides are skipped without an error, whoever calls it, as long as row
//! security binds the role that it runs as: ours, or its owner where it is SECURITY DEFINER. Files cannot make or change
//! one ([`crate::sql::session`] refuses them); these are there already.

use std::collections::BTreeSet;

use super::error::{ApplyError, Refusal};
use super::preflight::Facts;
use crate::model::{Finding, Level, Outcome};
use crate::pg::Session;
use crate::plan::Step;
use crate::sql::relations;

/// The functions, and the tables whose triggers run them. `$BYPASSES` is whether row security leaves our role alone.
const FUNCTIONS: &str = "
SELECT p.oid::pg_catalog.regprocedure::pg_catalog.text,
       p.proname,
       COALESCE(pg_catalog.json_agg(c.relname ORDER BY c.relname) FILTER (WHERE c.relname IS NOT NULL), '[]')::pg_catalog.text,
       CASE WHEN p.prosecdef THEN o.rolname END
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_roles AS o ON o.oid = p.proowner
LEFT JOIN pg_catalog.pg_trigger AS t ON t.tgfoid = p.oid AND t.tgenabled <> 'D'
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
WHERE EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS s
              WHERE s LIKE 'row\\_security=%' AND pg_catalog.lower(s) !~ '=(off|of|false|fals|fal|fa|f|no|n|0)$')
  AND CASE WHEN p.prosecdef THEN NOT o.rolsuper AND NOT o.rolbypassrls ELSE NOT $BYPASSES END
GROUP BY p.oid, p.proname, p.prosecdef, o.rolname
ORDER BY 1";

struct Function {
    shown: String,
    name: String,
    tables: Vec<String>,
    runs_as: Option<String>,
}

/// Refuses files that call such a function, or change rows of a table whose triggers do.
pub(super) fn check(session: &mut Session, facts: &Facts, steps: &[Step]) -> Result<(), ApplyError> {
    let query = FUNCTIONS.replace("$BYPASSES", if facts.bypasses { "true" } else { "false" });
    let rows = session.text_rows(&query).map_err(|error| ApplyError::Database {
        doing: "read which functions switch row security",
        error,
    })?;
    let functions: Vec<Function> = rows.iter().map(|row| function(row)).collect();
    if functions.is_empty() {
        return Ok(());
    }
    let findings: Vec<Finding> = steps.iter().flat_map(|step| of(step, &functions)).collect();
    if findings.is_empty() {
        return Ok(());
    }
    Err(ApplyError::Refused(Refusal {
        outcome: Outcome::Unfit,
        findings,
    }))
}

fn function(row: &[Option<String>]) -> Function {
    let column = |index: usize| row.get(index).and_then(Option::as_deref).unwrap_or_default();
    Function {
        shown: column(0).to_owned(),
        name: column(1).to_owned(),
        tables: serde_json::from_str(column(2)).unwrap_or_default(),
        runs_as: row.get(3).cloned().flatten(),
    }
}

fn of(step: &Step, functions: &[Function]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, statement) in step.script.statements.iter().enumerate() {
        let text = step.text(index);
        let touched = relations::touched(text);
        // What a block or a procedure calls stands somewhere in its text.
        let words = if statement.is("DO|CALL") {
            words(text)
        } else {
            BTreeSet::new()
        };
        for function in functions {
            let called = touched.calls.iter().any(|name| name.name == function.name)
                || words.contains(&function.name.to_lowercase());
            let fired = function.tables.iter().find(|table| {
                touched.writes.iter().any(|name| name.name == **table)
                    || words.contains(&table.to_lowercase())
            });
            if called || fired.is_some() {
                let range = statement.range.start..statement.range.start;
                findings.push(finding(function, fired.map(String::as_str), step).at(step.place(range)));
            }
        }
    }
    findings
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
        .map(str::to_lowercase)
        .collect()
}

fn finding(function: &Function, fired: Option<&str>, step: &Step) -> Finding {
    let how = match fired {
        Some(table) => format!("runs function {} by a trigger of \"{table}\"", function.shown),
        None => format!("calls function {}", function.shown),
    };
    let who = match &function.runs_as {
        Some(owner) => format!("It runs as its owner \"{owner}\", whom row security binds."),
        None => "It runs as the migrating role, which row security binds.".to_owned(),
    };
    Finding::new(
        "function-switches-row-security",
        Level::Error,
        format!("statement {how}, which switches row security on"),
    )
    .object(step.revision.id.as_str())
    .detail(format!(
        "Inside it, rows that a policy hides are skipped without an error. {who}"
    ))
    .hint("Remove the setting first with ALTER FUNCTION … RESET row_security, or migrate as a role that bypasses row security.")
}
