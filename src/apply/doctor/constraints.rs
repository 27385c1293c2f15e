//! Constraints that the catalog calls valid, checked again by a role that sees every row.
//!
//! ADD FOREIGN KEY and VALIDATE CONSTRAINT look for orphans with a query. A role that row security binds sees a part of
//! the rows in it, so PostgreSQL marks a foreign key as valid although orphans are there (tried on 15 and 18). CHECK and
//! NOT NULL read the table itself; they are checked again on tables with row security, because a broken one there has
//! nobody else who would see it.
//!
//! Tables are read in batches along their primary key, each in a statement of its own, so that no old snapshot is held
//! for long; a table without one is read in one statement.

use std::fmt::Write;

use super::super::error::ApplyError;
use super::super::preflight::Facts;
use super::super::settings::Settings;
use crate::model::{Finding, Level, Outcome, quote_literal};
use crate::pg::{PgError, Session};

/// Rows in a batch.
const BATCH: u32 = 50_000;
/// Violating keys that are listed per constraint.
const LISTED: usize = 10;

/// What was checked again.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// How many constraints.
    pub constraints: usize,
    /// How many rows were looked at.
    pub rows: u64,
    /// Broken ones, and those that could not be checked.
    pub findings: Vec<Finding>,
}

/// A constraint as the catalog describes it, and how its rows are found.
struct Constraint {
    kind: Kind,
    name: String,
    /// The table for people.
    shown: String,
    /// The table in SQL, with ONLY where its children have constraints of their own.
    table: String,
    /// What is true for a row that breaks it, over `c`.
    broken: Option<String>,
    /// What is listed of such a row: expressions over `c`.
    listed: Vec<String>,
    /// Columns of the primary key, quoted.
    key: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    ForeignKey,
    Check,
    NotNull,
}

/// Foreign keys: what is compared, with the very operators of the constraint. MATCH FULL is broken by a key that is NULL
/// in part (manual, CREATE TABLE); otherwise a key with a NULL refers to nothing.
const FOREIGN_KEYS: &str = "
SELECT 'f',
       c.conname,
       c.conrelid::pg_catalog.regclass::pg_catalog.text,
       CASE WHEN t.relkind = 'p' THEN '' ELSE 'ONLY ' END || pg_catalog.format('%I.%I', n.nspname, t.relname),
       pg_catalog.format(
           '((%s) AND NOT EXISTS (SELECT FROM %s%I.%I AS p WHERE %s))%s',
           pair.present,
           CASE WHEN parent.relkind = 'p' THEN '' ELSE 'ONLY ' END, parent_schema.nspname, parent.relname,
           pair.compared,
           CASE WHEN c.confmatchtype = 'f' AND pg_catalog.cardinality(c.conkey) > 1
                THEN pg_catalog.format(' OR (NOT (%s) AND NOT (%s))', pair.present, pair.absent) ELSE '' END),
       pair.columns,
       $KEY
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_class AS t ON t.oid = c.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_class AS parent ON parent.oid = c.confrelid
JOIN pg_catalog.pg_namespace AS parent_schema ON parent_schema.oid = parent.relnamespace
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg(
               pg_catalog.format('p.%I OPERATOR(%I.%s) c.%I', referenced.attname, s.nspname, o.oprname, own.attname),
               ' AND ' ORDER BY k.place) AS compared,
           pg_catalog.string_agg(pg_catalog.format('c.%I IS NOT NULL', own.attname), ' AND ' ORDER BY k.place) AS present,
           pg_catalog.string_agg(pg_catalog.format('c.%I IS NULL', own.attname), ' AND ' ORDER BY k.place) AS absent,
           pg_catalog.json_agg(pg_catalog.format('c.%I', own.attname) ORDER BY k.place)::pg_catalog.text AS columns
    FROM ROWS FROM (pg_catalog.unnest(c.conkey), pg_catalog.unnest(c.confkey), pg_catalog.unnest(c.conpfeqop))
         WITH ORDINALITY AS k (own, referenced, operator, place)
    JOIN pg_catalog.pg_attribute AS own ON own.attrelid = c.conrelid AND own.attnum = k.own
    JOIN pg_catalog.pg_attribute AS referenced ON referenced.attrelid = c.confrelid AND referenced.attnum = k.referenced
    JOIN pg_catalog.pg_operator AS o ON o.oid = k.operator
    JOIN pg_catalog.pg_namespace AS s ON s.oid = o.oprnamespace
) AS pair
WHERE c.contype = 'f' AND c.convalidated AND c.conparentid = 0 AND n.nspname <> 'zerodrift' $ORDINARY
ORDER BY n.nspname, t.relname, c.conname";

/// CHECK and NOT NULL on tables with row security. Up to 17 NOT NULL is a flag of the column only.
const ON_ROWS: &str = "
SELECT found.kind,
       found.name,
       t.oid::pg_catalog.regclass::pg_catalog.text,
       'ONLY ' || pg_catalog.format('%I.%I', n.nspname, t.relname),
       found.broken,
       '[]',
       $KEY
FROM pg_catalog.pg_class AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
CROSS JOIN LATERAL (
    SELECT 'c' AS kind, c.conname::pg_catalog.text AS name,
           '((' || pg_catalog.pg_get_expr(c.conbin, c.conrelid) || ') IS FALSE)' AS broken
    FROM pg_catalog.pg_constraint AS c
    WHERE c.conrelid = t.oid AND c.contype = 'c' AND c.convalidated
    UNION ALL
    SELECT 'n', a.attname, pg_catalog.format('c.%I IS NULL', a.attname)
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = t.oid AND a.attnotnull AND a.attnum > 0 AND NOT a.attisdropped
) AS found
WHERE t.relrowsecurity AND t.relkind = 'r' AND n.nspname <> 'zerodrift'
ORDER BY n.nspname, t.relname, found.kind, found.name";

/// The columns of the primary key of `t`, as JSON.
const KEY: &str =
    "(SELECT pg_catalog.json_agg(pg_catalog.format('%I', a.attname) ORDER BY k.place)::pg_catalog.text
        FROM pg_catalog.pg_index AS i
        CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = t.oid AND i.indisprimary AND i.indisvalid AND k.place <= i.indnkeyatts)";

/// Keys travel as text between batches: their text has to mean the same in each.
const BEGIN: &str = "SET row_security = off; SET search_path = pg_catalog, pg_temp; SET DateStyle = 'ISO, YMD'; \
                     SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET extra_float_digits = 3; \
                     SET bytea_output = 'hex'; SET enable_seqscan = on; SET default_transaction_read_only = on;";

/// Checks all of them again.
pub(super) fn check(
    session: &mut Session,
    facts: &Facts,
    settings: &Settings,
) -> Result<Checked, ApplyError> {
    if !facts.bypasses {
        let finding = Finding::new(
            "role-bound-by-row-security",
            Level::Error,
            format!(
                "role \"{}\" cannot check constraints: row security binds it",
                facts.role
            ),
        )
        .object(facts.role.as_str())
        .hint("Connect as a superuser or a role with BYPASSRLS: only such a role sees every row.");
        return Err(ApplyError::refused(Outcome::Unfit, finding));
    }
    let begin = format!(
        "{BEGIN} SET lock_timeout = {}; SET statement_timeout = {};",
        settings.lock_timeout.as_millis(),
        settings.statement_timeout.as_millis()
    );
    session.run(&begin).map_err(database)?;
    let mut checked = Checked::default();
    // Temporal foreign keys compare ranges, not keys (18).
    let ordinary = if facts.major >= 18 {
        "AND NOT c.conperiod"
    } else {
        ""
    };
    let queries = [FOREIGN_KEYS.replace("$ORDINARY", ordinary), ON_ROWS.to_owned()];
    for query in queries {
        let rows = session.text_rows(&query.replace("$KEY", KEY)).map_err(database)?;
        for constraint in rows.iter().map(|row| Constraint::of(row)) {
            if settings.interrupt.raised().is_some() {
                return Ok(checked);
            }
            checked.constraints += 1;
            match constraint.check(session) {
                Ok((rows, None)) => checked.rows += rows,
                Ok((rows, Some(finding))) => {
                    checked.rows += rows;
                    checked.findings.push(finding);
                }
                Err(error) if session.is_closed() => return Err(database(error)),
                Err(error) => checked.findings.push(constraint.unchecked(&error)),
            }
        }
    }
    checked.findings.extend(temporal(session, facts)?);
    Ok(checked)
}

fn database(error: PgError) -> ApplyError {
    ApplyError::Database {
        doing: "check the constraints",
        error,
    }
}

/// Names what is not checked.
fn temporal(session: &mut Session, facts: &Facts) -> Result<Vec<Finding>, ApplyError> {
    if facts.major < 18 {
        return Ok(Vec::new());
    }
    let rows = session
        .text_rows(
            "SELECT c.conname, c.conrelid::pg_catalog.regclass::pg_catalog.text
             FROM pg_catalog.pg_constraint AS c
             WHERE c.contype = 'f' AND c.conperiod AND c.conparentid = 0
             ORDER BY 2, 1",
        )
        .map_err(database)?;
    let column = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    Ok(rows
        .iter()
        .map(|row| {
            Finding::new(
                "constraint-unchecked",
                Level::Warning,
                format!("foreign key \"{}\" with PERIOD was not checked", column(row, 0)),
            )
            .object(column(row, 1))
            .detail("It compares ranges over several rows.")
        })
        .collect())
}

impl Constraint {
    fn of(row: &[Option<String>]) -> Self {
        let column = |at: usize| row.get(at).and_then(Option::as_deref).unwrap_or_default();
        let list = |at: usize| serde_json::from_str::<Vec<String>>(column(at)).unwrap_or_default();
        let key = list(6);
        let mut listed = list(5);
        if listed.is_empty() {
            listed = key.iter().map(|name| format!("c.{name}")).collect();
        }
        if listed.is_empty() {
            listed.push("c.ctid".to_owned());
        }
        Constraint {
            kind: match column(0) {
                "f" => Kind::ForeignKey,
                "c" => Kind::Check,
                _ => Kind::NotNull,
            },
            name: column(1).to_owned(),
            shown: column(2).to_owned(),
            table: column(3).to_owned(),
            broken: row.get(4).cloned().flatten(),
            listed,
            key,
        }
    }

    /// Reads every row, and returns how many there were and what is wrong.
    fn check(&self, session: &mut Session) -> Result<(u64, Option<Finding>), PgError> {
        let Some(broken) = &self.broken else {
            return Ok((0, None));
        };
        let mut found = Violations::default();
        let mut after: Option<Vec<String>> = None;
        let mut rows = 0;
        loop {
            let (count, last) = self.batch(session, after.as_deref())?;
            rows += count;
            if count > 0 {
                self.violations(session, broken, after.as_deref(), last.as_deref(), &mut found)?;
            }
            if self.key.is_empty() || count < u64::from(BATCH) {
                break;
            }
            after = last;
        }
        Ok((rows, (found.rows > 0).then(|| self.finding(&found))))
    }

    /// Returns how many rows come next, and the key of the last of them.
    fn batch(
        &self,
        session: &mut Session,
        after: Option<&[String]>,
    ) -> Result<(u64, Option<Vec<String>>), PgError> {
        if self.key.is_empty() {
            let sql = format!(
                "SELECT pg_catalog.count(*)::pg_catalog.text FROM {} AS c",
                self.table
            );
            let rows = session.text_rows(&sql)?;
            return Ok((number(&rows), None));
        }
        let key = self.key.join(", ");
        let last: Vec<String> = self
            .key
            .iter()
            .map(|name| format!("last.{name}::pg_catalog.text"))
            .collect();
        let descending: Vec<String> = self.key.iter().map(|name| format!("{name} DESC")).collect();
        let sql = format!(
            "WITH batch AS MATERIALIZED (SELECT {key} FROM {table} AS c WHERE {range} ORDER BY {key} LIMIT {BATCH}) \
             SELECT (SELECT pg_catalog.count(*) FROM batch)::pg_catalog.text, {last} \
             FROM (SELECT {key} FROM batch ORDER BY {descending} LIMIT 1) AS last",
            table = self.table,
            range = self.range(after, None),
            last = last.join(", "),
            descending = descending.join(", "),
        );
        let rows = session.text_rows(&sql)?;
        let last = rows
            .first()
            .map(|row| row.iter().skip(1).flatten().cloned().collect());
        Ok((number(&rows), last))
    }

    fn violations(
        &self,
        session: &mut Session,
        broken: &str,
        after: Option<&[String]>,
        upto: Option<&[String]>,
        found: &mut Violations,
    ) -> Result<(), PgError> {
        let listed: Vec<String> = self
            .listed
            .iter()
            .map(|column| format!("{column}::pg_catalog.text"))
            .collect();
        let places: Vec<String> = (1..=listed.len()).map(|at| at.to_string()).collect();
        let sql = format!(
            "SELECT pg_catalog.count(*)::pg_catalog.text, {listed} FROM {table} AS c WHERE {range} AND ({broken}) \
             GROUP BY {groups} ORDER BY {groups}",
            listed = listed.join(", "),
            table = self.table,
            range = self.range(after, upto),
            groups = places
                .iter()
                .map(|at| (at.parse::<usize>().unwrap_or(1) + 1).to_string())
                .collect::<Vec<_>>()
                .join(", "),
        );
        let text = |value: &Option<&str>| value.map_or_else(|| "NULL".to_owned(), str::to_owned);
        session.each_text_row(&sql, |_, row| {
            let count: u64 = row
                .first()
                .copied()
                .flatten()
                .and_then(|count| count.parse().ok())
                .unwrap_or(0);
            found.rows += count;
            let key: Vec<String> = row.iter().skip(1).map(|value| text(value)).collect();
            let key = format!("({})", key.join(", "));
            if found.listed.len() < LISTED && !found.listed.contains(&key) {
                found.listed.push(key);
            }
        })
    }

    /// The rows between two keys, the first left out, the second included.
    fn range(&self, after: Option<&[String]>, upto: Option<&[String]>) -> String {
        let key: Vec<String> = self.key.iter().map(|name| format!("c.{name}")).collect();
        let mut range = String::from("true");
        for (sign, limit) in [(">", after), ("<=", upto)] {
            if let Some(limit) = limit {
                let values: Vec<String> = limit.iter().map(|value| quote_literal(value)).collect();
                // With ROW, one column is compared like several.
                let _ = write!(
                    range,
                    " AND ROW({}) {sign} ROW({})",
                    key.join(", "),
                    values.join(", ")
                );
            }
        }
        range
    }

    fn finding(&self, found: &Violations) -> Finding {
        let (kind, why) = match self.kind {
            Kind::ForeignKey => ("foreign key", "refer to no row"),
            Kind::Check => ("check constraint", "are false under it"),
            Kind::NotNull => ("NOT NULL of column", "are NULL"),
        };
        let rows = if found.rows == 1 { "row" } else { "rows" };
        let listed = if self.kind == Kind::ForeignKey {
            "Keys"
        } else {
            "Rows"
        };
        let more = if found.listed.len() == LISTED { ", …" } else { "" };
        Finding::new(
            "constraint-falsely-valid",
            Level::Error,
            format!(
                "{kind} \"{}\" of table \"{}\" is marked valid, and {} {rows} break it",
                self.name, self.shown, found.rows
            ),
        )
        .object(self.shown.as_str())
        .detail(format!("They {why}. {listed}: {}{more}.", found.listed.join(", ")))
        .hint(
            "Mend or remove the rows; then drop the constraint, add it NOT VALID and validate it as a role that bypasses \
             row security.",
        )
    }

    fn unchecked(&self, error: &PgError) -> Finding {
        let why = error
            .sql()
            .map_or_else(|| error.to_string(), |sql| sql.message.clone());
        Finding::new(
            "constraint-unchecked",
            Level::Warning,
            format!(
                "constraint \"{}\" of table \"{}\" could not be checked: {why}",
                self.name, self.shown
            ),
        )
        .object(self.shown.as_str())
        .hint("Grant SELECT on its tables to the role, or connect as a superuser.")
    }
}

#[derive(Default)]
struct Violations {
    rows: u64,
    listed: Vec<String>,
}

fn number(rows: &[Vec<Option<String>>]) -> u64 {
    rows.first()
        .and_then(|row| row.first()?.as_deref()?.parse().ok())
        .unwrap_or(0)
}
