//! A checksum of everything that a read of the catalog depends on.
//!
//! What the reader finds follows from the rows of `pg_catalog`, from the few functions that look outside of it, from
//! settings and from the server's program. So where all of those are, byte by byte, what they were at an earlier read,
//! a new one would find the same. Rows are copied as they are, without a join and without deparsing anything.
//!
//! Whatever is not on one of the closed lists below is part of the checksum: catalogs and columns of a newer server,
//! catalogs made by hand. What is left out is what no query and no deparsing function reads. Rows come in the order in
//! which they lie in their files: one that is written anew elsewhere makes the checksum another, and costs a read.

use std::sync::{Mutex, PoisonError};

use crate::catalog::{Reach, Scope, aside_query, kind_query, kinds};
use crate::model::{Checksum, quote_identifier, quote_literal};
use crate::pg::{PgError, Session};

use super::work;

/// Catalogs of statistics, data and bookkeeping.
pub(super) const PASSED_OVER: &[&str] = &[
    "pg_largeobject",
    "pg_replication_origin",
    "pg_shdepend",
    "pg_statistic",
    "pg_statistic_ext_data",
    "pg_subscription_rel",
];

/// Columns that change without anybody changing the schema, and copies of what the type says.
pub(super) const LEFT_OUT: &[&str] = &[
    "pg_attribute.attalign",
    "pg_attribute.attbyval",
    "pg_attribute.attcacheoff",
    "pg_attribute.atthasmissing",
    "pg_attribute.attlen",
    "pg_attribute.attmissingval",
    "pg_class.relallfrozen",
    "pg_class.relallvisible",
    "pg_class.relfilenode",
    "pg_class.relfrozenxid",
    "pg_class.relminmxid",
    "pg_class.relpages",
    "pg_class.reltuples",
    "pg_database.datfrozenxid",
    "pg_database.dathasloginevt",
    "pg_database.datminmxid",
    "pg_index.indcheckxmin",
];

/// Which rows of a catalog count; all of any other.
///
/// Of other databases nothing is read. A system column counts where it has not the name that every server gives it. Of
/// dependencies the queries read those on extensions, what types bring, and those of relations on columns.
const ROWS: &[(&str, &str)] = &[
    (
        "pg_attribute",
        "attnum > 0 OR attname <> CASE attnum WHEN -1 THEN 'ctid' WHEN -2 THEN 'xmin' WHEN -3 THEN 'cmin'
         WHEN -4 THEN 'xmax' WHEN -5 THEN 'cmax' WHEN -6 THEN 'tableoid' ELSE '' END",
    ),
    ("pg_database", "datname = pg_catalog.current_database()"),
    (
        "pg_depend",
        "deptype IN ('e', 'x') OR refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND deptype = 'i'
         OR classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND deptype IN ('a', 'i') AND refobjsubid > 0",
    ),
];

/// What an ordinary role may not read, and the view that shows it what of that it can see.
const VIEWS: &[(&str, &str)] = &[("pg_authid", "pg_roles"), ("pg_user_mapping", "pg_user_mappings")];

/// What the queries read beyond the catalogs.
const BEYOND: &str =
    "SELECT 'collation', c.oid::pg_catalog.text, pg_catalog.pg_collation_actual_version(c.oid)
FROM pg_catalog.pg_collation AS c WHERE c.oid >= 16384
UNION ALL
SELECT 'setting', s.name, s.setting FROM pg_catalog.pg_settings AS s WHERE s.name <> 'application_name'
UNION ALL
SELECT 'server', pg_catalog.version(), pg_catalog.current_setting('is_superuser')
UNION ALL
SELECT 'session', SESSION_USER::pg_catalog.text, CURRENT_USER::pg_catalog.text
UNION ALL
SELECT 'word', word, catcode::pg_catalog.text FROM pg_catalog.pg_get_keywords()
ORDER BY 1, 2, 3";

/// The same for databases of 15 and later.
const LOCALE: &str = "SELECT pg_catalog.pg_database_collation_actual_version(d.oid)
FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()";

/// The same where tablespaces are read; one that is dropped at that moment ends the read, as it ends the query of the kind.
const TABLESPACES: &str = "SELECT t.oid::pg_catalog.text, pg_catalog.pg_tablespace_location(t.oid)
FROM pg_catalog.pg_tablespace AS t ORDER BY 1";

/// The columns of all catalogs, with the size of the catalog and whether the role may read them.
const COLUMNS: &str = "SELECT c.relname, a.attname, pg_catalog.pg_relation_size(c.oid),
    pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')::pg_catalog.text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p')
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum";

/// From this size on a catalog is copied by itself; smaller ones come together.
const LARGE: u64 = 256 * 1024;

/// One statement of which every byte counts.
struct Part {
    sql: String,
    size: u64,
}

/// Takes the checksum in the transaction that is open; where it is to be shared, with a second session.
///
/// Nothing where the role may not read some of what counts.
pub fn take(session: &mut Session, scope: &Scope, may_share: bool) -> Result<Option<Checksum>, PgError> {
    let mut asked = vec![COLUMNS, BEYOND];
    asked.extend((session.server().major() >= 15).then_some(LOCALE));
    asked.extend((scope.reach == Reach::Cluster).then_some(TABLESPACES));
    let mut answers: Vec<Vec<Vec<Option<String>>>> = vec![Vec::new(); asked.len()];
    session.each_text_row(&asked.join(";\n"), |statement, row| {
        answers[statement].push(row.iter().map(|field| field.map(str::to_owned)).collect());
    })?;
    let (columns, beyond) = answers.split_at(1);
    let Some(parts) = parts(&columns[0]) else {
        return Ok(None);
    };
    let mut all = vec![questions(session, scope), Checksum::of(format!("{beyond:?}"))];
    all.extend(sums(session, &parts, may_share)?);
    let digests: Vec<u8> = all.iter().flat_map(|sum| *sum.bytes()).collect();
    Ok(Some(Checksum::of(digests)))
}

/// The transactions that are visible at a moment; nothing on a standby, which gives none away.
#[derive(Debug, PartialEq)]
pub(super) struct Moment(String);

pub(super) fn moment(session: &mut Session) -> Result<Option<Moment>, PgError> {
    let rows = session.text_rows(
        "SELECT pg_catalog.pg_current_snapshot()::pg_catalog.text WHERE NOT pg_catalog.pg_is_in_recovery()",
    )?;
    Ok(rows.into_iter().flatten().flatten().next().map(Moment))
}

impl Moment {
    /// Says whether no transaction was under way that could have become visible without a later one.
    fn is_quiet(&self) -> bool {
        let parts: Vec<&str> = self.0.split(':').collect();
        matches!(parts[..], [first, last, ""] if first == last)
    }
}

/// Says whether the catalog is still what the checksum was taken of. Deparsing functions look at what is committed when
/// they run, so a read is of one moment only if nothing was committed before its end.
pub(super) fn still(
    session: &mut Session,
    scope: &Scope,
    sum: &Checksum,
    before: Option<Moment>,
) -> Result<bool, PgError> {
    if before.as_ref().is_some_and(Moment::is_quiet) && moment(session)? == before {
        return Ok(true);
    }
    session.run(super::read::BEGIN)?;
    let again = take(session, scope, true);
    session.run("ROLLBACK")?;
    Ok(again? == Some(*sum))
}

/// Returns a checksum of what is asked, and for whom.
fn questions(session: &Session, scope: &Scope) -> Checksum {
    let major = session.server().major();
    let queries = kinds::ALL
        .iter()
        .flat_map(|kind| [kind_query(kind, major, scope), aside_query(kind, major, scope)]);
    let texts: Vec<String> = queries.flatten().map(|query| query.sql).collect();
    Checksum::of(format!("{scope:?} {texts:?}"))
}

/// The statements, the largest first.
fn parts(rows: &[Vec<Option<String>>]) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut small = Vec::new();
    for columns in rows.chunk_by(|one, other| one[0] == other[0]) {
        let catalog = columns.first()?.first()?.as_ref()?;
        if PASSED_OVER.contains(&catalog.as_str()) {
            continue;
        }
        let field =
            |row: &[Option<String>], index: usize| row.get(index).cloned().flatten().unwrap_or_default();
        let counts =
            |row: &&Vec<Option<String>>| !LEFT_OUT.contains(&format!("{catalog}.{}", field(row, 1)).as_str());
        let counted: Vec<&Vec<Option<String>>> = columns.iter().filter(counts).collect();
        let size: u64 = field(&columns[0], 2).parse().unwrap_or(u64::MAX);
        let readable = counted.iter().all(|row| field(row, 3) == "true");
        let from = match VIEWS.iter().find(|(denied, _)| denied == catalog) {
            _ if readable => select(
                catalog,
                &counted.iter().map(|row| field(row, 1)).collect::<Vec<_>>(),
            ),
            Some((_, view)) => format!("SELECT * FROM pg_catalog.{view}"),
            // An ordinary role may read all of a subscription but the connection, which it then cannot compare either.
            None if catalog == "pg_subscription" => {
                let open = counted.iter().filter(|row| field(row, 3) == "true");
                select(catalog, &open.map(|row| field(row, 1)).collect::<Vec<_>>())
            }
            None => return None,
        };
        if size >= LARGE {
            parts.push(Part {
                sql: format!("COPY ({from}) TO STDOUT"),
                size,
            });
        } else {
            small.push(format!(
                "SELECT {}, r::pg_catalog.text FROM ({from}) AS r",
                quote_literal(catalog)
            ));
        }
    }
    parts.push(Part {
        sql: format!("COPY ({}) TO STDOUT", small.join("\nUNION ALL\n")),
        size: LARGE,
    });
    parts.sort_by(|one, other| other.size.cmp(&one.size).then_with(|| one.sql.cmp(&other.sql)));
    Some(parts)
}

fn select(catalog: &str, columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| quote_identifier(column)).collect();
    let rows = ROWS.iter().find(|(known, _)| *known == catalog);
    let rows = rows.map_or_else(String::new, |(_, rows)| format!(" WHERE {rows}"));
    format!(
        "SELECT {} FROM pg_catalog.{}{rows}",
        columns.join(", "),
        quote_identifier(catalog)
    )
}

/// The checksum of each part, in the order of their statements.
fn sums(session: &mut Session, parts: &[Part], may_share: bool) -> Result<Vec<Checksum>, PgError> {
    let next = Mutex::new(0..parts.len());
    let work = |session: &mut Session| -> Result<Vec<(usize, Checksum)>, PgError> {
        let mut found = Vec::new();
        loop {
            let place = next.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(place) = place else { return Ok(found) };
            let mut sum = Checksum::growing();
            session.copy_out(&parts[place].sql, |bytes| sum.add(bytes))?;
            let text = format!("{} {}", parts[place].sql, sum.end());
            found.push((place, Checksum::of(text)));
        }
    };
    let other = if may_share { work::invite(session)? } else { None };
    let mut found = match other {
        None => work(session)?,
        Some((target, snapshot)) => std::thread::scope(|scope| {
            let helper = scope.spawn(|| match work::join_snapshot(&target, &snapshot) {
                Ok(mut session) => work(&mut session),
                // No connection is free, or the server is another behind a pooler: this session does it all.
                Err(_) => Ok(Vec::new()),
            });
            let own = work(session);
            let other = helper
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let mut found = own?;
            found.extend(other?);
            Ok::<_, PgError>(found)
        })?,
    };
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, sum)| sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Deparse;

    /// Every query, of every major, in every way that definitions are found.
    fn queries() -> Vec<String> {
        let ways = [Deparse::OncePerTree, Deparse::EachTree, Deparse::Each];
        let mut found = Vec::new();
        for (major, deparse) in (13..=18).flat_map(|major| ways.map(|way| (major, way))) {
            let scope = Scope {
                reach: Reach::Cluster,
                roles: vec!["r".to_owned()],
                also: kinds::ALL.iter().map(|kind| kind.name.to_owned()).collect(),
                deparse,
                ..Scope::default()
            };
            let all = kinds::ALL
                .iter()
                .flat_map(|kind| [kind_query(kind, major, &scope), aside_query(kind, major, &scope)]);
            found.extend(all.flatten().map(|query| query.sql));
        }
        found
    }

    /// Says whether a text names something: the whole word, and not as the constant that comments are joined by.
    fn names(sql: &str, name: &str) -> bool {
        let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '\'';
        let mut places = sql.match_indices(name);
        places.any(|(at, _)| !sql[at + name.len()..].starts_with(goes_on))
    }

    #[test]
    fn no_query_reads_what_is_left_out() {
        let columns = LEFT_OUT.iter().filter_map(|column| column.split_once('.'));
        let columns = columns.map(|(_, column)| format!(".{column}"));
        let catalogs = PASSED_OVER.iter().map(|catalog| format!("pg_catalog.{catalog}"));
        let queries = queries();
        for name in columns.chain(catalogs) {
            let reading = queries.iter().find(|sql| names(sql, &name));
            assert_eq!(reading, None, "{name}");
        }
        for name in [
            ".relkind",
            ".attname",
            "pg_catalog.pg_depend",
            "pg_catalog.pg_class",
        ] {
            assert!(queries.iter().any(|sql| names(sql, name)), "{name}");
        }
    }

    #[test]
    fn queries_read_no_other_dependencies() {
        // What `ROWS` lets through; the fifth is said of rows that the join before has chosen.
        let known = [
            "deptype = 'e'",
            "deptype = 'x'",
            "d.refobjsubid > 0 AND d.deptype IN ('a', 'i')",
            "d.refobjsubid > 0 AND d.deptype = 'i'",
            "d.deptype IS DISTINCT FROM 'i'",
            "made.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND made.deptype = 'i'",
        ];
        for sql in queries() {
            let rest = known
                .iter()
                .fold(sql.clone(), |rest, known| rest.replace(known, ""));
            assert!(!rest.contains("deptype"), "{sql}");
            let read = sql.matches("pg_catalog.pg_depend ").count();
            assert!(sql.matches("deptype").count() >= read, "{sql}");
        }
    }

    #[test]
    fn the_lists_are_sorted() {
        assert!(PASSED_OVER.is_sorted() && LEFT_OUT.is_sorted());
    }
}
