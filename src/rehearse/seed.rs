//! Seeds: states of existing databases, and what has to hold after the upgrade.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::model::{Finding, Level, RoleName, quote_identifier, quote_literal};
use crate::pg::{PgError, Session};

/// A state that an existing database may be in.
#[derive(Clone, Debug)]
pub struct Seed {
    /// The name in the configuration.
    pub name: String,
    /// The target that the database is at when the rows are put in.
    pub at: String,
    /// The SQL file that puts them in, relative to the project.
    pub sql: PathBuf,
    /// The upgrade has to stop.
    pub stops: Option<Stop>,
    /// What has to hold after the upgrade.
    pub rows: Vec<Expectation>,
}

/// Where and how an upgrade has to stop.
#[derive(Clone, Debug)]
pub struct Stop {
    /// The revision.
    pub at: String,
    /// The SQLSTATE.
    pub sqlstate: String,
    /// A part of the message.
    pub like: String,
}

/// A query and its expected result.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The query.
    pub sql: String,
    /// One value, a row of values, or a list of rows.
    pub equals: Value,
    /// Whether values are points in time.
    pub instant: bool,
    /// The role that asks; the session's own if absent.
    pub role: Option<RoleName>,
    /// Settings of the transaction that asks.
    pub settings: BTreeMap<String, String>,
}

impl Expectation {
    /// Asks the database in a transaction that is rolled back, and compares.
    pub fn check(&self, session: &mut Session, seed: &str) -> Result<Option<Finding>, PgError> {
        session.run("BEGIN")?;
        let rows = self.ask(session);
        session.run("ROLLBACK")?;
        let rows = match rows {
            Ok(rows) => rows,
            Err(PgError::Sql(error)) => {
                let finding = self.unmet(seed, &format!("the query failed with {error}"));
                return Ok(Some(finding));
            }
            Err(error) => return Err(error),
        };
        let expected = expected_rows(&self.equals);
        let equal = if self.instant {
            same_instants(session, &expected, &rows)?
        } else {
            same_values(&expected, &rows)
        };
        Ok((!equal).then(|| {
            self.unmet(
                seed,
                &format!("Expected {}, got {}.", shown(&expected), shown(&rows)),
            )
        }))
    }

    fn ask(&self, session: &mut Session) -> Result<Vec<Vec<Option<String>>>, PgError> {
        for (name, value) in &self.settings {
            session.run(&format!(
                "SET LOCAL {} = {}",
                setting_name(name),
                quote_literal(value)
            ))?;
        }
        if let Some(role) = &self.role {
            session.run(&format!("SET LOCAL ROLE {}", role.quoted()))?;
        }
        session.text_rows(&self.sql)
    }

    fn unmet(&self, seed: &str, detail: &str) -> Finding {
        let as_role = self
            .role
            .as_ref()
            .map(|role| format!(" as \"{role}\""))
            .unwrap_or_default();
        Finding::new(
            "seed-expectation",
            Level::Error,
            format!("seed \"{seed}\" does not hold what it expects{as_role}"),
        )
        .object(format!("seed {seed}"))
        .detail(format!("{}\n{detail}", self.sql))
        .hint("A revision between the seed and the head changed these rows otherwise than promised.")
    }
}

/// Quotes the parts of a setting's name.
fn setting_name(name: &str) -> String {
    name.split('.')
        .map(quote_identifier)
        .collect::<Vec<_>>()
        .join(".")
}

type TextRows = Vec<Vec<Option<String>>>;

/// Reads one value as one row of one column and a list of values as one row.
fn expected_rows(value: &Value) -> TextRows {
    match value {
        Value::Array(items) if items.iter().any(Value::is_array) => items.iter().map(expected_row).collect(),
        Value::Array(items) if items.is_empty() => Vec::new(),
        value => vec![expected_row(value)],
    }
}

fn expected_row(value: &Value) -> Vec<Option<String>> {
    match value {
        Value::Array(items) => items.iter().map(expected_value).collect(),
        value => vec![expected_value(value)],
    }
}

fn expected_value(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some("t".to_owned()),
        Value::Bool(false) => Some("f".to_owned()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn same_values(expected: &TextRows, found: &TextRows) -> bool {
    expected == found
}

/// Lets the server compare, which knows every spelling of a point in time.
fn same_instants(session: &mut Session, expected: &TextRows, found: &TextRows) -> Result<bool, PgError> {
    if expected.len() != found.len()
        || expected
            .iter()
            .zip(found)
            .any(|(one, other)| one.len() != other.len())
    {
        return Ok(false);
    }
    for (one, other) in expected.iter().flatten().zip(found.iter().flatten()) {
        let literal = |value: &Option<String>| match value {
            Some(text) => quote_literal(text),
            None => "NULL".to_owned(),
        };
        let sql = format!(
            "SELECT {}::timestamptz IS NOT DISTINCT FROM {}::timestamptz",
            literal(one),
            literal(other)
        );
        if session.text_rows(&sql)? != [[Some("t".to_owned())]] {
            return Ok(false);
        }
    }
    Ok(true)
}

fn shown(rows: &TextRows) -> String {
    let row = |row: &Vec<Option<String>>| {
        row.iter()
            .map(|value| value.as_deref().unwrap_or("null"))
            .collect::<Vec<_>>()
            .join(" | ")
    };
    match rows.as_slice() {
        [] => "no row".to_owned(),
        [only] => format!("\"{}\"", row(only)),
        rows => format!(
            "{} rows: {}",
            rows.len(),
            rows.iter().map(row).collect::<Vec<_>>().join("; ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_results_are_values_rows_or_lists_of_rows() {
        let text = |value: &str| Some(value.to_owned());
        for (written, rows) in [
            (serde_json::json!(12345), vec![vec![text("12345")]]),
            (serde_json::json!("USD"), vec![vec![text("USD")]]),
            (
                serde_json::json!([1, null, true]),
                vec![vec![text("1"), None, text("t")]],
            ),
            (
                serde_json::json!([[1], [2]]),
                vec![vec![text("1")], vec![text("2")]],
            ),
            (serde_json::json!([]), vec![]),
            (serde_json::json!(null), vec![vec![None]]),
        ] {
            assert_eq!(expected_rows(&written), rows, "{written}");
        }
    }
}
