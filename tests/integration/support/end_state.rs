//! How a run ended: catalog, rows, flags, triggers, ledger, and whether anything was left behind.

use std::collections::BTreeSet;

use zerodrift::apply::Settings;
use zerodrift::catalog::Scope;
use zerodrift::introspect;
use zerodrift::pg::Session;

/// A column with its table, both as SQL.
pub type Column = (String, String);

/// Writes down everything that must be as after an undisturbed run; without the contents of `volatile` columns.
pub fn of(session: &mut Session, volatile: &BTreeSet<Column>) -> String {
    let scope = Scope {
        hidden: vec![Settings::default().history_table],
        roles: ["app_user", "app_rw", "app_ro"].map(str::to_owned).to_vec(),
        ..Scope::default()
    };
    let read = introspect::read(session, &scope).unwrap();
    let mut state = format!("catalog {}\n", read.catalog.fingerprint());
    for (table, column, sum) in column_sums(session) {
        if !volatile.contains(&(table.clone(), column.clone())) {
            state.push_str(&format!("data {table}.{column} {sum}\n"));
        }
    }
    state.push_str(&row_sums(session, volatile));
    for row in session.text_rows(STATE).unwrap() {
        let row: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
        state.push_str(&format!("{}\n", row.join(" ")));
    }
    state
}

/// Flags, triggers, the ledger, and what must not be left behind.
const STATE: &str = "
SELECT 'row security', c.oid::regclass::text, c.relrowsecurity::text, c.relforcerowsecurity::text
FROM pg_class AS c
WHERE c.relkind IN ('r', 'p') AND c.relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^(pg_|information_schema)')
ORDER BY 2;
SELECT 'trigger', t.tgrelid::regclass::text, t.tgname, t.tgenabled::text FROM pg_trigger AS t
WHERE NOT t.tgisinternal ORDER BY 2, 3;
SELECT 'revision', id, count(*)::text FROM zerodrift.revision GROUP BY id ORDER BY id;
SELECT 'history', version::text, name, checksum FROM public.refinery_schema_history ORDER BY version;
SELECT 'applied', revision, count(*)::text FROM zerodrift.attempt WHERE outcome = 'applied' GROUP BY revision ORDER BY revision;
SELECT 'journal', revision, number::text, checksum, outcome, (finished_at IS NULL)::text
FROM zerodrift.statement ORDER BY revision, number;
SELECT 'cursor', revision, section::text, position::text, upper::text, rows::text, batches::text, closing::text, done::text
FROM zerodrift.cursor ORDER BY revision, section;
SELECT 'locks', count(*)::text FROM pg_locks
WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
SELECT 'temporary', count(*)::text FROM pg_class WHERE relpersistence = 't';
SELECT 'invalid', count(*)::text FROM pg_index WHERE NOT (indisvalid AND indisready AND indislive);
SELECT 'prepared', count(*)::text FROM pg_prepared_xacts;
SELECT 'sessions', count(*)::text FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'zerodrift%';
SELECT 'databases', string_agg(datname, ',' ORDER BY datname) FROM pg_database WHERE datname LIKE 'sweep%';
SELECT 'settings', count(*)::text FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf'";

const COLUMNS: &str = "
SELECT c.oid::regclass::text, quote_ident(a.attname)
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'm') AND c.relname <> 'refinery_schema_history'
  AND c.relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^(pg_|information_schema|zerodrift)')
ORDER BY c.oid::regclass::text, a.attnum";

fn columns(session: &mut Session) -> Vec<Column> {
    let rows = session.text_rows(COLUMNS).unwrap();
    let column = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().flatten();
        (row.next().unwrap(), row.next().unwrap())
    };
    rows.into_iter().map(column).collect()
}

/// Sums up what stands in each column, whatever the order of rows.
pub fn column_sums(session: &mut Session) -> BTreeSet<(String, String, String)> {
    let columns = columns(session);
    let sums: Vec<String> = columns
        .iter()
        .map(|(table, column)| format!("SELECT md5(COALESCE(string_agg(md5({column}::text), '' ORDER BY {column}::text), '')) FROM {table}"))
        .collect();
    let rows = session.text_rows(&sums.join(";\n")).unwrap();
    assert_eq!(rows.len(), columns.len());
    let named = columns.into_iter().zip(rows);
    named
        .map(|((table, column), row)| (table, column, row[0].clone().unwrap()))
        .collect()
}

/// Sums up the rows of each table, without the columns that differ in any case.
fn row_sums(session: &mut Session, volatile: &BTreeSet<Column>) -> String {
    let columns = columns(session);
    let tables: BTreeSet<&String> = columns.iter().map(|(table, _)| table).collect();
    let sum = |table: &&String| {
        let kept: Vec<&str> = columns
            .iter()
            .filter(|column| column.0 == **table && !volatile.contains(*column))
            .map(|(_, column)| column.as_str())
            .collect();
        format!(
            "SELECT count(*), md5(COALESCE(string_agg(r, E'\\n' ORDER BY r), '')) FROM (SELECT jsonb_build_array({})::text AS r FROM {table}) AS t",
            kept.join(", ")
        )
    };
    let sums: Vec<String> = tables.iter().map(sum).collect();
    let rows = session.text_rows(&sums.join(";\n")).unwrap();
    let shown = tables.iter().zip(rows).map(|(table, row)| {
        let [count, sum] = &row[..] else {
            unreachable!("two columns")
        };
        format!(
            "rows {table} {} {}\n",
            count.as_ref().unwrap(),
            sum.as_ref().unwrap()
        )
    });
    shown.collect()
}

/// Shows in which lines two ends differ.
pub fn difference(expected: &str, found: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let without = |text: &str, other: &str, sign: &str| -> String {
        let known: BTreeSet<&str> = other.lines().collect();
        let lines = text.lines().filter(|line| !known.contains(line));
        lines.map(|line| format!("{sign} {line}\n")).collect()
    };
    Err(format!(
        "the end is another one:\n{}{}",
        without(expected, found, "-"),
        without(found, expected, "+")
    ))
}
