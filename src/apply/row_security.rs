//! Explains error 42501 where row security is behind it, and measures what it hides.

use std::collections::BTreeSet;

use super::error::Failure;
use super::work::{Rejected, Work};
use crate::model::{QualifiedName, quote_literal};
use crate::pg::{PgError, Session};
use crate::plan::Step;
use crate::sql::{WrittenName, relations};

/// insufficient_privilege (manual, appendix A); row security uses it too.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Adds to a failure what row security has to do with it. The transaction is rolled back already.
pub(super) fn explain(work: &mut Work<'_>, step: &Step, rejected: &Rejected, failure: &mut Failure) {
    let Some(sql) = rejected
        .error
        .sql()
        .filter(|sql| sql.sqlstate == INSUFFICIENT_PRIVILEGE)
    else {
        return;
    };
    let by_row_security = sql.message.contains("row-level security");
    let mut names: BTreeSet<WrittenName> = BTreeSet::new();
    if let Some(index) = rejected.statement {
        names.extend(relations::touched(step.text(index)).rows_of().cloned());
    }
    let named = quoted_name(&sql.message).map(|name| WrittenName { schema: None, name });
    let Ok(bound) = bound_tables(work, &names, named.as_ref()) else {
        return;
    };
    if bound.is_empty() && !by_row_security {
        return;
    }
    failure.rule = "row-security";
    let role = work.facts.role.clone();
    failure.message = format!(
        "revision \"{}\" failed: row security would have hidden rows from role \"{role}\": {}",
        failure.revision, sql.message
    );
    failure.details.insert(
        0,
        "The statement ran with row_security = off, which turns a silently filtered result into this error; no row was touched."
            .to_owned(),
    );
    for table in &bound {
        failure.details.push(measure(work.session, table, &role));
    }
    failure.hint = Some(if work.facts.bypasses {
        by_another_role(work, &names)
    } else {
        let table = bound
            .first()
            .map_or_else(|| "…".to_owned(), |table| table.name.to_string());
        format!(
            "Migrate as a superuser or a role with BYPASSRLS (MIGRATION_DATABASE_URL), or put the statement between \
             \"--: backfill table={table}\" and \"--: end\"."
        )
    });
}

/// A table whose row security may be behind the error.
struct Table {
    name: QualifiedName,
    /// Whether it binds the role that migrates.
    binds: bool,
    owned: bool,
}

fn bound_tables(
    work: &mut Work<'_>,
    names: &BTreeSet<WrittenName>,
    named: Option<&WrittenName>,
) -> Result<Vec<Table>, PgError> {
    let oids: Vec<String> = names
        .iter()
        .map(|name| format!("pg_catalog.to_regclass({})", quote_literal(&name.quoted())))
        .collect();
    let by_name = named.map_or_else(
        || "false".to_owned(),
        |name| format!("c.relname = {}", quote_literal(&name.name)),
    );
    let among = if oids.is_empty() {
        "false".to_owned()
    } else {
        format!("c.oid IN ({})", oids.join(", "))
    };
    let sql = format!(
        "SELECT n.nspname, c.relname, pg_catalog.row_security_active(c.oid)::text,\n\
         pg_catalog.pg_has_role(c.relowner, 'USAGE')::text, ({by_name})::text\n\
         FROM pg_catalog.pg_class AS c\n\
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace\n\
         WHERE c.relrowsecurity AND ({by_name} OR {among})\n\
         ORDER BY n.nspname, c.relname"
    );
    // The names are looked up as the migration saw them.
    let path = format!(
        "BEGIN; SET LOCAL search_path = {}; {sql}; ROLLBACK",
        work.settings.search_path
    );
    let rows = work.session.text_rows(&path)?;
    let mut tables: Vec<(bool, Table)> = rows
        .iter()
        .map(|row| {
            let column = |index: usize| row.get(index).and_then(Option::as_deref).unwrap_or_default();
            let table = Table {
                name: QualifiedName::new(column(0), column(1)),
                binds: column(2) == "true",
                owned: column(3) == "true",
            };
            (column(4) == "true", table)
        })
        .collect();
    // Where the server named the table, the others are not to blame.
    if tables.iter().any(|(by_name, _)| *by_name) {
        tables.retain(|(by_name, _)| *by_name);
    }
    Ok(tables.into_iter().map(|(_, table)| table).collect())
}

/// Counts what the role sees and what is there.
fn measure(session: &mut Session, table: &Table, role: &str) -> String {
    let quoted = table.name.quoted();
    let count = format!("SELECT pg_catalog.count(*)::text FROM {quoted}");
    let visible = in_rolled_back(session, &format!("SET LOCAL row_security = on; {count}"));
    let visible = visible.map_or_else(
        |error| format!("role \"{role}\" cannot even read it ({})", said(&error)),
        |rows| format!("role \"{role}\" sees {rows} rows"),
    );
    let present = if !table.binds {
        in_rolled_back(session, &format!("SET LOCAL row_security = off; {count}"))
    } else if table.owned {
        // The owner is bound by FORCE only; without it the rows are there to count. Nobody else reads the table
        // meanwhile, so the count is given seconds, not a minute.
        in_rolled_back(
            session,
            &format!(
                "SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '5s'; ALTER TABLE ONLY {quoted} NO FORCE ROW LEVEL SECURITY; \
                 SET LOCAL row_security = off; {count}"
            ),
        )
    } else {
        return format!(
            "Table \"{}\": {visible}; how many there are only its owner can count.",
            table.name
        );
    };
    match present {
        Ok(rows) => format!("Table \"{}\": {visible}, {rows} rows are present.", table.name),
        Err(error) => {
            format!(
                "Table \"{}\": {visible}; the rows present could not be counted ({}).",
                table.name,
                said(&error)
            )
        }
    }
}

/// Runs statements in a transaction that is rolled back, and returns the last value.
fn in_rolled_back(session: &mut Session, sql: &str) -> Result<String, PgError> {
    let result = session.text_rows(&format!("BEGIN; SET LOCAL statement_timeout = '60s'; {sql}"));
    let _ = session.run("ROLLBACK");
    let rows = result?;
    Ok(rows
        .last()
        .and_then(|row| row.first().cloned().flatten())
        .unwrap_or_default())
}

fn said(error: &PgError) -> String {
    error.sql().map_or_else(
        || error.to_string(),
        |sql| format!("{}: {}", sql.sqlstate, sql.message),
    )
}

/// The migrating role is not bound: code that runs as somebody else is. Names the views among what was read.
fn by_another_role(work: &mut Work<'_>, names: &BTreeSet<WrittenName>) -> String {
    let oids: Vec<String> = names
        .iter()
        .map(|name| format!("pg_catalog.to_regclass({})", quote_literal(&name.quoted())))
        .collect();
    let mut owners = String::new();
    if !oids.is_empty() {
        let sql = format!(
            "SELECT c.oid::regclass::text, r.rolname\n\
             FROM pg_catalog.pg_class AS c\n\
             JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner\n\
             WHERE c.oid IN ({}) AND c.relkind IN ('v', 'm') AND NOT r.rolsuper AND NOT r.rolbypassrls\n\
             ORDER BY 1",
            oids.join(", ")
        );
        let path = format!(
            "BEGIN; SET LOCAL search_path = {}; {sql}; ROLLBACK",
            work.settings.search_path
        );
        for row in work.session.text_rows(&path).unwrap_or_default() {
            let column = |index: usize| row.get(index).and_then(Option::as_deref).unwrap_or_default();
            owners.push_str(&format!(" View {} belongs to \"{}\".", column(0), column(1)));
        }
    }
    format!(
        "A view, materialized view or SECURITY DEFINER function in the statement runs as its owner, and row security \
         binds that owner.{owners} Give it an owner with BYPASSRLS, or put the statement into a backfill that names the \
         table in reads=."
    )
}

/// The first name in double quotes of a message.
fn quoted_name(message: &str) -> Option<String> {
    let start = message.find('"')? + 1;
    let end = message[start..].find('"')? + start;
    Some(message[start..end].to_owned())
}
