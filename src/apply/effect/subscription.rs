//! CREATE and DROP SUBSCRIPTION: one row of pg_subscription. A replication slot may be left on the publisher, where
//! nobody can look from here: creating it again then fails loudly.

use super::{Found, Kind, Subject, first, name_after};
use crate::apply::work::{Trouble, Work};
use crate::model::quote_literal;

pub(super) const CREATE: Kind = Kind {
    forms: &["CREATE SUBSCRIPTION"],
    before,
    find: created,
};

pub(super) const DROP: Kind = Kind {
    forms: &["DROP SUBSCRIPTION"],
    before,
    find: dropped,
};

fn name(text: &str) -> Option<String> {
    let created = name_after(text, &["CREATE", "SUBSCRIPTION"]);
    let name = created.or_else(|| name_after(text, &["DROP", "SUBSCRIPTION", "IF?", "EXISTS?"]))?;
    Some(name.name)
}

fn oid(name: &str) -> String {
    format!(
        "(SELECT s.oid::pg_catalog.int8 FROM pg_catalog.pg_subscription AS s\n\
         JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid\n\
         WHERE d.datname = pg_catalog.current_database() AND s.subname = {})",
        quote_literal(name)
    )
}

fn before(text: &str) -> Option<String> {
    Some(format!(
        "pg_catalog.jsonb_build_object('oid', {})",
        oid(&name(text)?)
    ))
}

fn now(work: &mut Work<'_>, subject: &Subject<'_>, name: &str) -> Result<Option<i64>, Trouble> {
    let sql = format!("SELECT {}::text", oid(name));
    let rows = work.rows(&sql, Some(&subject.at), "look for the subscription")?;
    Ok(first(&rows).and_then(|oid| oid.parse().ok()))
}

fn created(work: &mut Work<'_>, subject: &Subject<'_>) -> Result<Found, Trouble> {
    let Some(name) = name(subject.text) else {
        return Ok(Found::Unclear("The statement was not understood.".to_owned()));
    };
    Ok(match (now(work, subject, &name)?, subject.number("oid")) {
        (None, _) => Found::Nothing(format!(
            "Subscription \"{name}\" is not there. If a replication slot was left on the publisher, drop it there first."
        )),
        (now, before) if now == before => Found::Nothing(format!(
            "Subscription \"{name}\" was there before the statement ran."
        )),
        _ if subject.before.is_some() => Found::Complete(format!("Subscription \"{name}\" is there.")),
        _ => Found::Unclear(format!(
            "Subscription \"{name}\" is there; whether it was before was not written down."
        )),
    })
}

fn dropped(work: &mut Work<'_>, subject: &Subject<'_>) -> Result<Found, Trouble> {
    let Some(name) = name(subject.text) else {
        return Ok(Found::Unclear("The statement was not understood.".to_owned()));
    };
    Ok(match (now(work, subject, &name)?, subject.number("oid")) {
        (None, None) if subject.before.is_some() => {
            Found::Nothing(format!("Subscription \"{name}\" was never there."))
        }
        (None, _) => Found::Complete(format!("Subscription \"{name}\" is gone.")),
        (now, before) if now == before => Found::Nothing(format!("Subscription \"{name}\" is still there.")),
        _ => Found::Unclear(format!(
            "Subscription \"{name}\" is there and may be another one than before."
        )),
    })
}
