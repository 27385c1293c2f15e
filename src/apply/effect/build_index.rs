//! CREATE INDEX CONCURRENTLY: an index is there, and it is the one that was meant.
//!
//! What was meant is asked of the server itself: the same index on an empty copy of the table, in a transaction that is
//! rolled back. So every spelling of the same index is the same index.

use super::{Found, Kind, Subject, first};
use crate::apply::work::{Trouble, Work};
use crate::model::quote_literal;
use crate::sql::act;
use crate::sql::act::{Action, CreateIndex};

pub(super) const KIND: Kind = Kind {
    forms: &["CREATE UNIQUE ? INDEX CONCURRENTLY"],
    before,
    find,
};

/// Everything that makes an index what it is, as one text; of `i` and `c`, its rows in pg_index and pg_class.
///
/// Column by column rather than pg_get_indexdef of the whole, which names the table.
const DEFINITION: &str = "\
pg_catalog.jsonb_build_array(
    (SELECT m.amname FROM pg_catalog.pg_am AS m WHERE m.oid = c.relam),
    i.indisunique,
    i.indnkeyatts,
    -- Since 15.
    pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct',
    i.indoption::pg_catalog.text,
    i.indclass::pg_catalog.text,
    i.indcollation::pg_catalog.text,
    c.reloptions,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid),
    (SELECT pg_catalog.jsonb_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k, false) ORDER BY k)
     FROM pg_catalog.generate_series(1, i.indnatts::pg_catalog.int4) AS k)
)::pg_catalog.text";

/// The copy of the table that the intended index is made on.
const COPY: &str = "pg_temp.zerodrift_intended";

fn before(text: &str) -> Option<String> {
    let index = read(text)?;
    Some(format!(
        "(SELECT pg_catalog.jsonb_build_object('indexes', COALESCE(pg_catalog.jsonb_agg(i.indexrelid::pg_catalog.int8), '[]'))\n\
         FROM pg_catalog.pg_index AS i WHERE i.indrelid = pg_catalog.to_regclass({}))",
        quote_literal(&index.relation.quoted())
    ))
}

fn find(work: &mut Work<'_>, subject: &Subject<'_>) -> Result<Found, Trouble> {
    let Some(index) = read(subject.text) else {
        return Ok(Found::Unclear("The statement was not understood.".to_owned()));
    };
    let earlier = subject.numbers("indexes");
    if index.name.is_none() && earlier.is_none() {
        let why = "The statement names no index, and which ones were there before it was not written down.";
        return Ok(Found::Unclear(why.to_owned()));
    }
    let candidates = candidates(work, subject, &index)?;
    let was_there = |oid: i64| earlier.as_ref().is_some_and(|earlier| earlier.contains(&oid));
    let candidates: Vec<Candidate> = candidates
        .into_iter()
        .filter(|candidate| index.name.is_some() || !was_there(candidate.oid))
        .collect();
    if candidates.is_empty() {
        return Ok(Found::Nothing("No such index is there.".to_owned()));
    }
    let intended = match intended(work, subject, &index) {
        Ok(intended) => intended,
        Err(Trouble::Sql(rejected)) => {
            work.rollback();
            return Ok(Found::Unclear(format!(
                "What the statement means could not be asked of the server: {}.",
                rejected.error
            )));
        }
        Err(stop) => return Err(stop),
    };
    let Some(same) = candidates
        .iter()
        .find(|candidate| candidate.definition == intended)
    else {
        // A name that the server chose belongs to what has the intended definition, and nothing has.
        if index.name.is_none() {
            return Ok(Found::Nothing("No such index is there.".to_owned()));
        }
        return Ok(Found::Unclear(format!(
            "Index {} is there with another definition or on another table; it is left alone.",
            candidates[0].name
        )));
    };
    Ok(judged(same, was_there(same.oid)))
}

fn judged(index: &Candidate, was_there: bool) -> Found {
    let name = &index.name;
    if index.valid {
        Found::Complete(format!("Index {name} is valid and has the intended definition."))
    } else if index.in_work {
        Found::Unclear(format!("Another session builds index {name} right now."))
    } else if was_there {
        Found::Unclear(format!(
            "Index {name} is invalid and was so before the statement ran; it is left alone."
        ))
    } else {
        Found::Leftover {
            what: format!("Index {name} has the intended definition and is invalid."),
            sql: vec![format!("DROP INDEX CONCURRENTLY {name}")],
        }
    }
}

/// An index that may be the one that was meant.
struct Candidate {
    oid: i64,
    /// Its name as SQL.
    name: String,
    valid: bool,
    /// Whether a session builds it.
    in_work: bool,
    definition: String,
}

/// Finds the index of that name, which lives in the schema of its table, or without a name all of the table.
fn candidates(
    work: &mut Work<'_>,
    subject: &Subject<'_>,
    index: &CreateIndex,
) -> Result<Vec<Candidate>, Trouble> {
    let table = quote_literal(&index.relation.quoted());
    let named = match &index.name {
        Some(name) => format!("c.relname = {}", quote_literal(name)),
        None => "i.indrelid = t.oid".to_owned(),
    };
    let sql = format!(
        "SELECT c.oid::text, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),\n\
         (i.indisvalid AND i.indisready AND i.indislive)::text,\n\
         (EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p WHERE p.index_relid = c.oid))::text,\n\
         CASE WHEN i.indrelid = t.oid THEN {DEFINITION} END\n\
         FROM pg_catalog.pg_class AS t\n\
         JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace\n\
         JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid\n\
         JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid\n\
         WHERE t.oid = pg_catalog.to_regclass({table}) AND {named}\n\
         ORDER BY c.oid"
    );
    let rows = work.rows(&sql, Some(&subject.at), "look for the index")?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let column = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
            Candidate {
                oid: column(0).parse().unwrap_or(0),
                name: column(1),
                valid: column(2) == "true",
                in_work: column(3) == "true",
                definition: column(4),
            }
        })
        .collect())
}

/// Makes the intended index on an empty copy of the table and returns its definition.
fn intended(work: &mut Work<'_>, subject: &Subject<'_>, index: &CreateIndex) -> Result<String, Trouble> {
    let rest = &subject.text[index.relation_span.end as usize..];
    let unique = if index.unique { "UNIQUE " } else { "" };
    let make = format!(
        "BEGIN;\nCREATE TEMPORARY TABLE zerodrift_intended (LIKE {});\nCREATE {unique}INDEX ON {COPY}{rest};",
        index.relation.quoted()
    );
    work.own(&make, Some(&subject.at), "make the intended index on a copy")?;
    let sql = format!(
        "SELECT {DEFINITION}\n\
         FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid\n\
         WHERE i.indrelid = pg_catalog.to_regclass('{COPY}')"
    );
    let rows = work.rows(&sql, Some(&subject.at), "read the intended index")?;
    let definition = first(&rows).unwrap_or_default().to_owned();
    work.own("ROLLBACK;", Some(&subject.at), "remove the copy")?;
    Ok(definition)
}

fn read(text: &str) -> Option<CreateIndex> {
    act::read(text).into_iter().find_map(|act| match act.action {
        Action::CreateIndex(index) => Some(*index),
        _ => None,
    })
}
