//! What a server has in pg_catalog beyond what the kinds were written for: a newer major, a forked server, a catalog made
//! by hand. It is never passed over in silence, and never taken for drift of something that is known.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Object, ObjectId, Value, kinds, known_columns};
use crate::model::{Finding, Level, quote_identifier, quote_literal};
use crate::pg::{PgError, Session};

/// Something unknown, with a fingerprint that two servers can be compared by.
#[derive(Clone, Debug)]
pub(super) struct Unmodelled {
    /// `pg_catalog.pg_new` or `pg_catalog.pg_class.relnew`.
    name: String,
    rows: i64,
    fingerprint: String,
}

const COLUMNS: &str = "SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, NULL)
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum";

/// Which column holds the oid of a row of which catalog (14 and later; of catalogs that are made by hand the server
/// does not know it either).
const KEYS: &str =
    "SELECT fktable::text, fkcols[1], pktable::text FROM pg_catalog.pg_get_catalog_foreign_keys()
WHERE pg_catalog.cardinality(fkcols) = 1 AND NOT is_array ORDER BY 1, 2";

/// Values that differ from server to server without anybody changing the schema.
const VOLATILE: &[&str] = &[
    "oid",
    "oid[]",
    "oidvector",
    "xid",
    "xid8",
    "cid",
    "tid",
    "pg_lsn",
    "timestamp with time zone",
    "pg_node_tree",
    "anyarray",
    "aclitem[]",
    "int2vector",
];

/// A column: its name and its type.
type Columns = Vec<(String, String)>;

/// Finds what is unknown. One round trip where nothing is.
pub(super) fn read(session: &mut Session) -> Result<Vec<Unmodelled>, PgError> {
    let known = known_columns();
    let mut catalogs: BTreeMap<String, Columns> = BTreeMap::new();
    for row in session.text_rows(COLUMNS)? {
        if let [Some(catalog), Some(column), Some(sort)] = row.as_slice() {
            let columns = catalogs.entry(catalog.clone()).or_default();
            columns.push((column.clone(), sort.clone()));
        }
    }
    let strange: Vec<(&String, &Columns)> = catalogs
        .iter()
        .filter(|(catalog, columns)| unknown(catalog, columns, &known).next().is_some())
        .collect();
    if strange.is_empty() {
        return Ok(Vec::new());
    }
    let keys = keys(session)?;
    let mut found = Vec::new();
    for (catalog, columns) in strange {
        let is_new = !known.iter().any(|name| name.starts_with(&format!("{catalog}.")));
        if is_new {
            let all: Vec<&(String, String)> = columns.iter().collect();
            found.push(fingerprint(
                session,
                catalog,
                format!("pg_catalog.{catalog}"),
                &all,
                &keys,
            )?);
            continue;
        }
        for column in unknown(catalog, columns, &known) {
            let name = format!("pg_catalog.{catalog}.{}", column.0);
            found.push(fingerprint(session, catalog, name, &[column], &keys)?);
        }
    }
    Ok(found)
}

fn unknown<'a>(
    catalog: &'a str,
    columns: &'a Columns,
    known: &'a BTreeSet<String>,
) -> impl Iterator<Item = &'a (String, String)> {
    columns
        .iter()
        .filter(move |(column, _)| !known.contains(&format!("{catalog}.{column}")))
}

/// The catalog that each column of the form `catalog.column` refers to.
fn keys(session: &mut Session) -> Result<BTreeMap<String, String>, PgError> {
    if session.server().major() < 14 {
        return Ok(BTreeMap::new());
    }
    let rows = session.text_rows(KEYS)?;
    let bare = |table: &str| table.trim_start_matches("pg_catalog.").to_owned();
    Ok(rows
        .into_iter()
        .filter_map(|row| match row.as_slice() {
            [Some(table), Some(column), Some(target)] => {
                Some((format!("{}.{column}", bare(table)), bare(target)))
            }
            _ => None,
        })
        .collect())
}

fn fingerprint(
    session: &mut Session,
    catalog: &str,
    name: String,
    columns: &[&(String, String)],
    keys: &BTreeMap<String, String>,
) -> Result<Unmodelled, PgError> {
    let parts: Vec<String> = columns
        .iter()
        .filter_map(|(column, sort)| part(column, sort, keys.get(&format!("{catalog}.{column}"))))
        .collect();
    let row = if parts.is_empty() {
        "''".to_owned()
    } else {
        format!("pg_catalog.concat_ws('|', {})", parts.join(", "))
    };
    let sql = format!(
        "SELECT pg_catalog.count(*), COALESCE(pg_catalog.md5(pg_catalog.string_agg(line, E'\\n' ORDER BY line)), '')
FROM (SELECT {row} COLLATE \"C\" AS line FROM pg_catalog.{}) AS rows",
        quote_identifier(catalog)
    );
    let rows = session.text_rows(&sql)?;
    let value = |place: usize| rows.first()?.get(place)?.clone();
    Ok(Unmodelled {
        name,
        rows: value(0).and_then(|text| text.parse().ok()).unwrap_or_default(),
        fingerprint: value(1).unwrap_or_default(),
    })
}

/// Returns the SQL of a value that is the same on every server, or nothing where there is none.
fn part(column: &str, sort: &str, target: Option<&String>) -> Option<String> {
    let quoted = quote_identifier(column);
    match target {
        Some(target) => Some(format!(
            "COALESCE((SELECT i.identity FROM pg_catalog.pg_identify_object({}::pg_catalog.regclass, {quoted}::oid, 0) AS i), '')",
            quote_literal(&format!("pg_catalog.{target}"))
        )),
        None if VOLATILE.contains(&sort) => None,
        None => Some(format!("COALESCE({quoted}::text, '')")),
    }
}

impl Unmodelled {
    /// The object that stands for it in a catalog.
    pub(super) fn object(&self) -> Option<(ObjectId, Object)> {
        let kind = kinds::named("unmodelled catalog")?;
        let mut object = Object::default();
        for facet in kind.facets {
            let value = match facet.name {
                "rows" => Value::Int(self.rows),
                _ => Value::text(self.fingerprint.as_str()),
            };
            object.facets.set(facet, value);
        }
        Some((ObjectId::top(kind, None, self.name.as_str()), object))
    }

    /// What is said about it.
    pub(super) fn finding(&self) -> Finding {
        let message = format!(
            "\"{}\" is not known to this version: {} rows are not compared one by one",
            self.name, self.rows
        );
        Finding::new("unmodelled-catalog", Level::Warning, message)
            .object(format!("unmodelled catalog {}", self.name))
            .detail("A fingerprint over all of its rows is compared instead; where it differs, that is said.")
            .hint("Use a version of zerodrift that knows this server.")
    }
}
