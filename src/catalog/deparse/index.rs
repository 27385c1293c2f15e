//! `pg_get_indexdef`: `CREATE INDEX i ON s.t USING btree (a, b DESC) INCLUDE (c) WHERE (…)`.

use super::Deparsed;
use super::key::Key;
use super::outline::{Outline, Row};

/// SQL: the definition without the storage parameters, which are a facet of their own; they are spelled as ruleutils.c
/// does it (`flatten_reloptions`), so that only this very text is taken out.
macro_rules! index_definition {
    () => {
        "CASE WHEN c.reloptions IS NULL THEN pg_catalog.pg_get_indexdef(c.oid)
            ELSE pg_catalog.replace(pg_catalog.pg_get_indexdef(c.oid),
                 ' WITH (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(pair[1]) || '='
                                      || CASE WHEN pg_catalog.quote_ident(pair[2]) = pair[2] THEN pair[2]
                                         ELSE pg_catalog.quote_literal(pair[2]) END, ', ' ORDER BY place)
                               FROM pg_catalog.unnest(c.reloptions) WITH ORDINALITY AS option (item, place)
                               CROSS JOIN LATERAL pg_catalog.regexp_match(option.item, '^([^=]*)=(.*)$') AS pair)
                 || ')', '') END"
    };
}
pub(in crate::catalog) use index_definition;

/// The definition of an index.
pub(in crate::catalog) static INDEX: Deparsed = Deparsed {
    oid: "c.oid",
    has_tree: "i.indexprs IS NOT NULL OR i.indpred IS NOT NULL",
    trees: &["i.indexprs", "i.indpred"],
    parts: &[
        (0, "i.indrelid"),
        (0, "i.indisunique"),
        (0, "c.relkind = 'I'"),
        (0, "c.relam"),
        (0, "i.indnkeyatts"),
        (0, "i.indkey"),
        (0, "i.indclass"),
        (0, "i.indcollation"),
        (0, "i.indoption"),
        (0, "c.reloptions"),
        (15, "i.indnullsnotdistinct"),
    ],
    aside: None,
    ask: concat!(
        "SELECT c.oid::pg_catalog.text, ",
        index_definition!(),
        "
FROM pg_catalog.unnest('{}'::pg_catalog.oid[]) AS asked (oid)
JOIN pg_catalog.pg_class AS c ON c.oid = asked.oid"
    ),
    bound: Some(
        "SELECT i.indexrelid FROM pg_catalog.pg_index AS i
WHERE (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL) AND i.indrelid >= 16384",
    ),
    outline,
};

const RELATION: usize = 0;
const UNIQUE: usize = 1;
const PARTITIONED: usize = 2;
const METHOD: usize = 3;
const KEY_COLUMNS: usize = 4;
const COLUMNS: usize = 5;
const CLASSES: usize = 6;
const COLLATIONS: usize = 7;
const OPTIONS: usize = 8;
const PARAMETERS: usize = 9;

/// Access methods whose own operator classes take no parameters, so that none can stand in the definition: with oid
/// (pg_am.dat) and name. GiST, SP-GiST and BRIN have classes with parameters (`opclass_parameter`).
const METHODS: &[(u32, &str)] = &[(403, "btree"), (405, "hash"), (2742, "gin")];

/// Bits of `indoption` (pg_index.h).
const DESCENDING: i16 = 1;
const NULLS_FIRST: i16 = 2;

fn outline(row: &Row<'_>) -> Option<Outline> {
    let relation = row.oid(RELATION)?;
    let method_oid = row.oid(METHOD)?;
    let (_, method) = METHODS.iter().find(|(oid, _)| *oid == method_oid)?;
    let classes: Vec<u32> = row.numbers(CLASSES)?;
    if !classes.iter().all(|class| Row::is_built_in(*class)) {
        return None;
    }
    let mut head = String::with_capacity(96);
    head.push_str(if row.part(UNIQUE)? == "true" {
        "CREATE UNIQUE INDEX "
    } else {
        "CREATE INDEX "
    });
    row.put(&mut head, row.name);
    head.push_str(if row.part(PARTITIONED)? == "true" {
        " ON ONLY "
    } else {
        " ON "
    });
    row.put_relation(&mut head, relation)?;
    head.push_str(" USING ");
    head.push_str(method);
    // What the statement takes out of the text, it would take out of a name as well.
    if row.part(PARAMETERS).is_some() && head.contains(" WITH (") {
        return None;
    }
    let mut key = Key::of(b'i');
    row.parts[UNIQUE..]
        .iter()
        .enumerate()
        .filter(|(index, _)| index + UNIQUE != COLUMNS)
        .for_each(|(_, part)| key.put_optional(*part));
    row.put_trees(&mut key, relation)?;
    columns(row, relation, &mut head, &mut key)?;
    Some(Outline::new(head, key))
}

/// Plain key columns go into the head where nothing but a direction follows their names; otherwise all names are key.
///
/// That no operator class is named depends on it and the type of the column, which are key both.
fn columns(row: &Row<'_>, relation: u32, head: &mut String, key: &mut Key) -> Option<()> {
    let numbers: Vec<i16> = row.numbers(COLUMNS)?;
    let collations: Vec<u32> = row.numbers(COLLATIONS)?;
    let options: Vec<i16> = row.numbers(OPTIONS)?;
    let own: usize = row.part(KEY_COLUMNS)?.parse().ok()?;
    let mut names = Vec::new();
    let mut plain = row.trees.iter().all(Option::is_none);
    for (index, number) in numbers.iter().enumerate() {
        if *number == 0 {
            names.push(None);
            key.put("expression");
            continue;
        }
        let column = row.attribute(relation, *number)?;
        key.put(&column.datatype.to_string());
        key.put(&column.collation.to_string());
        plain &= index >= own || collations.get(index) == Some(&column.collation);
        names.push(Some(&*column.name));
    }
    if !plain {
        key.put("names");
        names.iter().for_each(|name| key.put_optional(*name));
        return Some(());
    }
    head.push_str(" (");
    for (index, name) in names.iter().take(own).enumerate() {
        if index > 0 {
            head.push_str(", ");
        }
        row.put(head, (*name)?);
        head.push_str(direction(*options.get(index)?));
    }
    head.push(')');
    key.put("included");
    names[own.min(names.len())..]
        .iter()
        .for_each(|name| key.put_optional(*name));
    Some(())
}

fn direction(option: i16) -> &'static str {
    match (option & DESCENDING != 0, option & NULLS_FIRST != 0) {
        (false, false) => "",
        (false, true) => " NULLS FIRST",
        (true, true) => " DESC",
        (true, false) => " DESC NULLS LAST",
    }
}
