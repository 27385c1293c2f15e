//! What the connected role may not read. Asked for beforehand: a refused query would end the transaction.

use std::collections::BTreeSet;

use crate::catalog::{Kind, Query, Scope};
use crate::pg::{PgError, Session};

/// A kind whose objects exist, or may exist, and were not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The kind.
    pub kind: &'static Kind,
    /// How many objects there are, where the role may count them.
    pub count: Option<u64>,
    /// Why.
    pub reason: String,
}

const DENIED: &str = "SELECT c.relname FROM pg_catalog.pg_class AS c
WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relkind IN ('r', 'v')
  AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')";

/// Takes out the queries that the role may not run, and says which and why.
///
/// A kind of which there are no objects is complete without reading any.
pub(super) fn refused(session: &mut Session, queries: &mut Vec<Query>) -> Result<Vec<Refusal>, PgError> {
    let denied: BTreeSet<String> = session
        .text_rows(DENIED)?
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    let mut refusals = Vec::new();
    if denied.is_empty() {
        return Ok(refusals);
    }
    let mut kept = Vec::new();
    for query in queries.drain(..) {
        let lacking: Vec<&str> = denied
            .iter()
            .map(String::as_str)
            .filter(|table| mentions(&query.sql, table))
            .collect();
        if lacking.is_empty() {
            kept.push(query);
            continue;
        }
        let counting = query
            .kind
            .count
            .filter(|sql| !uses_other(sql, query.kind, &denied));
        let count = match counting {
            Some(sql) => counted(session, sql)?,
            None => None,
        };
        if count != Some(0) {
            refusals.push(Refusal {
                kind: query.kind,
                count,
                reason: format!("the role may not read {}", lacking.join(", ")),
            });
        }
    }
    *queries = kept;
    Ok(refusals)
}

/// Returns how many objects there are of the kinds that nobody asked for, roles that the project does not name among them.
pub(super) fn not_asked_for(
    session: &mut Session,
    kinds: &[&'static Kind],
    scope: &Scope,
) -> Result<Vec<(&'static str, u64)>, PgError> {
    let mut counts = Vec::new();
    for kind in kinds
        .iter()
        .filter(|kind| (kind.on_request && !scope.reaches(kind)) || scope.names_none(kind))
    {
        if let Some(count) = kind.count.map(|sql| counted(session, sql)).transpose()?.flatten()
            && count > 0
        {
            counts.push((kind.plural, count));
        }
    }
    Ok(counts)
}

/// The kind's own catalog may be open column by column; any other that is closed makes counting impossible.
fn uses_other(sql: &str, kind: &Kind, denied: &BTreeSet<String>) -> bool {
    denied
        .iter()
        .any(|table| table != kind.catalog && mentions(sql, table))
}

fn counted(session: &mut Session, sql: &str) -> Result<Option<u64>, PgError> {
    let rows = session.text_rows(sql)?;
    Ok(rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok()))
}

/// Says whether a query names a table of pg_catalog: the whole name, not the beginning of a longer one.
fn mentions(sql: &str, table: &str) -> bool {
    let name = format!("pg_catalog.{table}");
    sql.match_indices(&name).any(|(at, _)| {
        let next = sql[at + name.len()..].chars().next();
        !next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '(')
    })
}
