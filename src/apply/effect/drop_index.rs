//! DROP INDEX CONCURRENTLY: the index that was there is gone. One that is left invalid by it can be dropped again.

use super::{Found, Kind, Subject, first, name_after};
use crate::apply::work::{Trouble, Work};
use crate::model::quote_literal;

pub(super) const KIND: Kind = Kind {
    forms: &["DROP INDEX CONCURRENTLY"],
    before,
    find,
};

const WORDS: [&str; 5] = ["DROP", "INDEX", "CONCURRENTLY", "IF?", "EXISTS?"];

fn before(text: &str) -> Option<String> {
    let name = name_after(text, &WORDS)?;
    Some(format!(
        "pg_catalog.jsonb_build_object('oid', pg_catalog.to_regclass({})::pg_catalog.oid::pg_catalog.int8)",
        quote_literal(&name.quoted())
    ))
}

fn find(work: &mut Work<'_>, subject: &Subject<'_>) -> Result<Found, Trouble> {
    let Some(name) = name_after(subject.text, &WORDS) else {
        return Ok(Found::Unclear("The statement was not understood.".to_owned()));
    };
    let sql = format!(
        "SELECT pg_catalog.to_regclass({})::pg_catalog.oid::text",
        quote_literal(&name.quoted())
    );
    let rows = work.rows(&sql, Some(&subject.at), "look for the index")?;
    let now: Option<i64> = first(&rows).and_then(|oid| oid.parse().ok());
    let known = subject.before.is_some();
    Ok(match (now, subject.number("oid")) {
        // It was not there before either: IF EXISTS passes, anything else fails as it has to.
        (None, None) if known => Found::Nothing(format!("Index \"{name}\" was never there.")),
        (None, _) => Found::Complete(format!("Index \"{name}\" is gone.")),
        (Some(now), Some(before)) if now != before => Found::Unclear(format!(
            "Index \"{name}\" is not the one that was there before the statement ran."
        )),
        (Some(_), None) if known => Found::Unclear(format!(
            "Index \"{name}\" was not there before the statement ran."
        )),
        (Some(_), _) => Found::Nothing(format!("Index \"{name}\" is still there.")),
    })
}
