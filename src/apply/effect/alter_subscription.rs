//! ALTER SUBSCRIPTION … ADD or DROP PUBLICATION: the list of publications has changed, in one transaction.

use serde_json::Value;

use super::{Found, Kind, Subject, first, name_after};
use crate::apply::work::{Trouble, Work};
use crate::model::quote_literal;

pub(super) const KIND: Kind = Kind {
    forms: &["ALTER SUBSCRIPTION + ADD|DROP PUBLICATION"],
    before,
    find,
};

fn publications(name: &str) -> String {
    format!(
        "(SELECT pg_catalog.to_jsonb(s.subpublications) FROM pg_catalog.pg_subscription AS s\n\
         JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid\n\
         WHERE d.datname = pg_catalog.current_database() AND s.subname = {})",
        quote_literal(name)
    )
}

fn before(text: &str) -> Option<String> {
    let name = name_after(text, &["ALTER", "SUBSCRIPTION"])?;
    Some(format!(
        "pg_catalog.jsonb_build_object('publications', {})",
        publications(&name.name)
    ))
}

fn find(work: &mut Work<'_>, subject: &Subject<'_>) -> Result<Found, Trouble> {
    let Some(name) = name_after(subject.text, &["ALTER", "SUBSCRIPTION"]) else {
        return Ok(Found::Unclear("The statement was not understood.".to_owned()));
    };
    let Some(before) = subject
        .before
        .as_ref()
        .and_then(|before| before.get("publications"))
    else {
        return Ok(Found::Unclear(
            "Which publications the subscription had before was not written down.".to_owned(),
        ));
    };
    let sql = format!("SELECT {}::text", publications(&name.name));
    let rows = work.rows(&sql, Some(&subject.at), "look at the subscription")?;
    let now: Value = first(&rows)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or(Value::Null);
    Ok(if now == *before {
        Found::Nothing("The subscription has the same publications as before.".to_owned())
    } else {
        Found::Complete("The subscription has other publications than before.".to_owned())
    })
}
