//! REINDEX … CONCURRENTLY: doing it again does no harm, but what an interrupted one left has to go first.
//!
//! It leaves invalid indexes whose names end in `_ccnew` or `_ccold` (manual, REINDEX, "Rebuilding Indexes
//! Concurrently"). Only those that were not there before are its own.

use super::{Found, Kind, Subject, first};
use crate::apply::work::{Trouble, Work};

pub(super) const KIND: Kind = Kind {
    forms: &["REINDEX * CONCURRENTLY"],
    before,
    find,
};

const INVALID: &str = "\
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relname ~ '_cc(new|old)[0-9]*$'";

fn before(_: &str) -> Option<String> {
    Some(format!(
        "(SELECT pg_catalog.jsonb_build_object('invalid', COALESCE(pg_catalog.jsonb_agg(i.indexrelid::pg_catalog.int8), '[]'))\n{INVALID})"
    ))
}

fn find(work: &mut Work<'_>, subject: &Subject<'_>) -> Result<Found, Trouble> {
    let sql = "SELECT pg_catalog.count(*)::text FROM pg_catalog.pg_stat_progress_create_index AS p\n\
               WHERE p.command = 'REINDEX CONCURRENTLY' AND p.datname = pg_catalog.current_database()";
    let others = work.rows(
        sql,
        Some(&subject.at),
        "look for other sessions that rebuild indexes",
    )?;
    if first(&others) != Some("0") {
        let why =
            "Another session rebuilds indexes right now: its half-built ones cannot be told from those left.";
        return Ok(Found::Unclear(why.to_owned()));
    }
    let sql = format!(
        "SELECT c.oid::text, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)\n\
         {INVALID}\nORDER BY c.oid"
    );
    let rows = work.rows(&sql, Some(&subject.at), "look for half-built indexes")?;
    let earlier = subject.numbers("invalid");
    let left: Vec<String> = rows
        .into_iter()
        .filter_map(|row| {
            let mut columns = row.into_iter().flatten();
            Some((columns.next()?.parse().ok()?, columns.next()?))
        })
        .filter(|(oid, _)| !earlier.as_ref().is_some_and(|earlier| earlier.contains(oid)))
        .map(|(_, name)| name)
        .collect();
    if left.is_empty() {
        return Ok(Found::Nothing(
            "To rebuild an index again does no harm.".to_owned(),
        ));
    }
    if earlier.is_none() {
        return Ok(Found::Unclear(format!(
            "Which half-built indexes were there before was not written down: {}.",
            left.join(", ")
        )));
    }
    Ok(Found::Leftover {
        what: format!("It left half-built indexes: {}.", left.join(", ")),
        sql: left
            .iter()
            .map(|name| format!("DROP INDEX CONCURRENTLY {name}"))
            .collect(),
    })
}
