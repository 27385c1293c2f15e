//! `pg_get_constraintdef`: `CHECK (…)`, `PRIMARY KEY (a)`, `FOREIGN KEY (a) REFERENCES s.t(b) ON DELETE CASCADE`.

use super::Deparsed;
use super::key::Key;
use super::outline::{Outline, Row};

/// SQL: the definition without the attributes that are facets of their own; few constraints have any.
macro_rules! constraint_definition {
    () => {
        "CASE WHEN con.convalidated AND NOT con.condeferrable AND NOT (con.connoinherit AND con.contype IN ('c', 'n'))
            THEN pg_catalog.pg_get_constraintdef(con.oid)
            ELSE pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(con.oid),
            '( NOT VALID| NOT ENFORCED| DEFERRABLE| INITIALLY DEFERRED| NO INHERIT)+$', '') END"
    };
}
pub(in crate::catalog) use constraint_definition;

/// The definition of a constraint, without the attributes that are facets of their own.
pub(in crate::catalog) static CONSTRAINT: Deparsed = Deparsed {
    oid: "con.oid",
    has_tree: "con.conbin IS NOT NULL",
    trees: &["con.conbin"],
    parts: &[
        (0, "con.conrelid"),
        (0, "con.conkey"),
        (0, "con.confrelid"),
        (0, "con.confkey"),
        (0, "i.indkey"),
        (0, "con.contype"),
        (
            0,
            "CASE WHEN con.contype = 'f' THEN con.confupdtype::pg_catalog.text || con.confdeltype::pg_catalog.text
            || con.confmatchtype::pg_catalog.text END",
        ),
        (
            0,
            "CASE WHEN con.condeferrable OR con.condeferred
            THEN con.condeferrable::pg_catalog.text || con.condeferred::pg_catalog.text END",
        ),
        (
            0,
            "CASE WHEN NOT con.convalidated OR con.connoinherit
            THEN con.convalidated::pg_catalog.text || con.connoinherit::pg_catalog.text END",
        ),
        (0, "i.indnkeyatts"),
        (15, "con.confdelsetcols"),
        (15, "i.indnullsnotdistinct"),
        (
            18,
            "con.conperiod::pg_catalog.text || con.conenforced::pg_catalog.text",
        ),
    ],
    aside: None,
    ask: concat!(
        "SELECT con.oid::pg_catalog.text, ",
        constraint_definition!(),
        "
FROM pg_catalog.unnest('{}'::pg_catalog.oid[]) AS asked (oid)
JOIN pg_catalog.pg_constraint AS con ON con.oid = asked.oid"
    ),
    bound: Some(
        "SELECT con.oid FROM pg_catalog.pg_constraint AS con
WHERE con.contype = 'c' AND con.conbin IS NOT NULL AND con.conrelid >= 16384",
    ),
    outline,
};

const RELATION: usize = 0;
const COLUMNS: usize = 1;
const REFERENCED: usize = 2;
const REFERENCED_COLUMNS: usize = 3;
const INDEX_COLUMNS: usize = 4;
const TYPE: usize = 5;
const DELETE_SET: usize = 10;
const NULLS_NOT_DISTINCT: usize = 11;

fn outline(row: &Row<'_>) -> Option<Outline> {
    let relation = row.oid(RELATION)?;
    let mut key = Key::of(b'c');
    row.parts[TYPE..]
        .iter()
        .enumerate()
        .filter(|(index, _)| index + TYPE != DELETE_SET)
        .for_each(|(_, part)| key.put_optional(*part));
    let mut head = String::new();
    match row.part(TYPE)? {
        "c" => row.put_trees(&mut key, relation)?,
        "p" => unique(row, relation, "PRIMARY KEY ", &mut head, &mut key)?,
        "u" if row.part(NULLS_NOT_DISTINCT) == Some("true") => {
            unique(row, relation, "UNIQUE NULLS NOT DISTINCT ", &mut head, &mut key)?;
        }
        "u" => unique(row, relation, "UNIQUE ", &mut head, &mut key)?,
        "f" => foreign_key(row, relation, &mut head, &mut key)?,
        _ => return None,
    }
    Some(Outline::new(head, key))
}

/// The columns that an index includes beyond its own are key: they follow in the rest.
fn unique(row: &Row<'_>, relation: u32, words: &str, head: &mut String, key: &mut Key) -> Option<()> {
    let own: Vec<i16> = row.numbers(COLUMNS)?;
    let all: Vec<i16> = row.numbers(INDEX_COLUMNS)?;
    head.push_str(words);
    head.push('(');
    row.put_list(head, &row.names(relation, &own)?);
    head.push(')');
    let included = row.names(relation, all.get(own.len()..)?)?;
    included.iter().for_each(|name| key.put(name));
    Some(())
}

fn foreign_key(row: &Row<'_>, relation: u32, head: &mut String, key: &mut Key) -> Option<()> {
    let referenced = row.oid(REFERENCED)?;
    head.push_str("FOREIGN KEY (");
    row.put_list(head, &row.names(relation, &row.numbers::<i16>(COLUMNS)?)?);
    head.push_str(") REFERENCES ");
    row.put_relation(head, referenced)?;
    head.push('(');
    let columns = row.numbers::<i16>(REFERENCED_COLUMNS)?;
    row.put_list(head, &row.names(referenced, &columns)?);
    head.push(')');
    if row.part(DELETE_SET).is_some() {
        let set: Vec<i16> = row.numbers(DELETE_SET)?;
        row.names(relation, &set)?.iter().for_each(|name| key.put(name));
    }
    Some(())
}
