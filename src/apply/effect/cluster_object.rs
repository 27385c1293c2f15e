//! CREATE and DROP of a database or tablespace: one row of a shared catalog, written in one transaction.

use super::{Found, Kind, Subject, first, name_after};
use crate::apply::work::{Trouble, Work};
use crate::model::quote_literal;

pub(super) const CREATE_DATABASE: Kind = Kind {
    forms: &["CREATE DATABASE"],
    before: |text| before(&DATABASE, text),
    find: |work, subject| created(&DATABASE, work, subject),
};

pub(super) const DROP_DATABASE: Kind = Kind {
    forms: &["DROP DATABASE"],
    before: |text| before(&DATABASE, text),
    find: |work, subject| dropped(&DATABASE, work, subject),
};

pub(super) const CREATE_TABLESPACE: Kind = Kind {
    forms: &["CREATE TABLESPACE"],
    before: |text| before(&TABLESPACE, text),
    find: |work, subject| created(&TABLESPACE, work, subject),
};

pub(super) const DROP_TABLESPACE: Kind = Kind {
    forms: &["DROP TABLESPACE"],
    before: |text| before(&TABLESPACE, text),
    find: |work, subject| dropped(&TABLESPACE, work, subject),
};

/// A shared catalog.
struct Shared {
    word: &'static str,
    called: &'static str,
    catalog: &'static str,
    column: &'static str,
}

const DATABASE: Shared = Shared {
    word: "DATABASE",
    called: "Database",
    catalog: "pg_database",
    column: "datname",
};

const TABLESPACE: Shared = Shared {
    word: "TABLESPACE",
    called: "Tablespace",
    catalog: "pg_tablespace",
    column: "spcname",
};

impl Shared {
    fn name(&self, text: &str) -> Option<String> {
        let created = name_after(text, &["CREATE", self.word]);
        let name = created.or_else(|| name_after(text, &["DROP", self.word, "IF?", "EXISTS?"]))?;
        name.schema.is_none().then_some(name.name)
    }

    fn oid(&self, name: &str) -> String {
        format!(
            "(SELECT o.oid::pg_catalog.int8 FROM pg_catalog.{} AS o WHERE o.{} = {})",
            self.catalog,
            self.column,
            quote_literal(name)
        )
    }

    fn now(&self, work: &mut Work<'_>, subject: &Subject<'_>, name: &str) -> Result<Option<i64>, Trouble> {
        let sql = format!("SELECT {}::text", self.oid(name));
        let rows = work.rows(&sql, Some(&subject.at), "look at the cluster")?;
        Ok(first(&rows).and_then(|oid| oid.parse().ok()))
    }
}

fn before(shared: &Shared, text: &str) -> Option<String> {
    let name = shared.name(text)?;
    Some(format!(
        "pg_catalog.jsonb_build_object('oid', {})",
        shared.oid(&name)
    ))
}

fn created(shared: &Shared, work: &mut Work<'_>, subject: &Subject<'_>) -> Result<Found, Trouble> {
    let Some(name) = shared.name(subject.text) else {
        return Ok(Found::Unclear("The statement was not understood.".to_owned()));
    };
    let (called, before) = (shared.called, subject.number("oid"));
    Ok(match shared.now(work, subject, &name)? {
        None => Found::Nothing(format!("{called} \"{name}\" is not there.")),
        // It fails again, as it has to.
        Some(now) if before == Some(now) => {
            Found::Nothing(format!("{called} \"{name}\" was there before the statement ran."))
        }
        Some(_) if subject.before.is_some() => Found::Complete(format!("{called} \"{name}\" is there.")),
        Some(_) => Found::Unclear(format!(
            "{called} \"{name}\" is there; whether it was before was not written down."
        )),
    })
}

fn dropped(shared: &Shared, work: &mut Work<'_>, subject: &Subject<'_>) -> Result<Found, Trouble> {
    let Some(name) = shared.name(subject.text) else {
        return Ok(Found::Unclear("The statement was not understood.".to_owned()));
    };
    let called = shared.called;
    Ok(match (shared.now(work, subject, &name)?, subject.number("oid")) {
        (None, None) if subject.before.is_some() => {
            Found::Nothing(format!("{called} \"{name}\" was never there."))
        }
        (None, _) => Found::Complete(format!("{called} \"{name}\" is gone.")),
        (Some(now), Some(before)) if now == before => {
            Found::Nothing(format!("{called} \"{name}\" is still there."))
        }
        (Some(_), _) => Found::Unclear(format!(
            "{called} \"{name}\" is there and may be another one than before."
        )),
    })
}
