//! Builds a database from a file that was written for psql, as pg_dump and pg_dumpall write it.

use std::ops::Range;

use super::rehearsal::tidied;
use super::{Host, RehearseError, roles};
use crate::catalog::Scope;
use crate::introspect::{self, Introspection};
use crate::model::{Finding, Level, RoleName};
use crate::pg::{PgError, Session};
use crate::sql::psql::{self, Part, What};
use crate::sql::statement::{Control, Statement};

/// How many statements travel in one message, as long as none of them fails.
const TOGETHER: usize = 100;

/// The databases of every server: what a file says of them is no schema of a project.
const MAINTENANCE: &[&str] = &["postgres", "template1"];

/// Builds a database from one SQL text and returns its catalog, without any proof.
///
/// Rows are skipped: they are no part of a schema. `CREATE DATABASE` is too, since the database is there already, under
/// the name that the text connects to. A role that the text names and does not make is made, and said.
pub fn build_from_sql(
    host: &Host<'_>,
    roles: &[RoleName],
    scope: &Scope,
    sql: &str,
) -> Result<Introspection, RehearseError> {
    let parts = psql::parts(sql).map_err(|beyond| RehearseError::Script {
        line: beyond.line,
        message: beyond.to_string(),
        hint: "Take the line out, or build a database with psql and compare that.".to_owned(),
    })?;
    let name = connected(&parts)?;
    let mut maintenance = host.session()?;
    let before = roles::present(&mut maintenance)?;
    roles::ensure(&mut maintenance, roles)?;
    drop(maintenance);
    let database = match &name {
        Some(name) => host.create_named(name)?,
        None => host.create()?,
    };
    let named = |role: &RoleName| roles.contains(role) || sql.contains(&role.0);
    tidied(host, database, &before, named, |target| {
        let mut run = Run {
            session: Session::open(target, "zerodrift")?,
            sql,
            findings: Vec::new(),
        };
        run.all(&parts, name.as_deref())?;
        // A session of its own: the text may have changed every setting of the first one.
        let mut read = introspect::read(&mut Session::open(target, "zerodrift")?, scope)?;
        read.diagnostics.extend(run.findings);
        Ok(read)
    })
}

/// Returns the one database that a text connects to beside those of every server.
fn connected(parts: &[Part]) -> Result<Option<String>, RehearseError> {
    let mut found: Option<&str> = None;
    for part in parts {
        let What::Connect(name) = &part.what else { continue };
        if MAINTENANCE.contains(&name.as_str()) {
            continue;
        }
        if let Some(other) = found.filter(|other| other != name) {
            return Err(RehearseError::Script {
                line: part.line,
                message: format!("the file holds several databases: \"{other}\" and \"{name}\""),
                hint: "Dump the one that is meant with pg_dump.".to_owned(),
            });
        }
        found = Some(name);
    }
    Ok(found.map(str::to_owned))
}

struct Run<'a> {
    session: Session,
    sql: &'a str,
    findings: Vec<Finding>,
}

impl Run<'_> {
    fn all(&mut self, parts: &[Part], own: Option<&str>) -> Result<(), RehearseError> {
        let mut batch: Vec<(usize, Range<usize>)> = Vec::new();
        let mut elsewhere = false;
        // A transaction of the text's own is not ours to repeat: from there on each statement travels alone.
        let mut most = TOGETHER;
        for part in parts {
            match &part.what {
                What::Rows => {}
                What::Connect(name) => elsewhere = own.is_some_and(|own| own != name),
                What::Statement(_) if elsewhere => {}
                What::Statement(range) => {
                    let statement = Statement::read(self.sql, range.clone());
                    if is_skipped(&statement) {
                        continue;
                    }
                    if matches!(
                        statement.control(),
                        Some(Control::Begin | Control::BeginWithModes)
                    ) {
                        self.batch(&mut batch)?;
                        most = 1;
                    }
                    batch.push((part.line, range.clone()));
                    if batch.len() >= most {
                        self.batch(&mut batch)?;
                    }
                }
            }
        }
        self.batch(&mut batch)
    }

    /// Sends statements in one message, which is one transaction; where one fails, each by itself.
    fn batch(&mut self, batch: &mut Vec<(usize, Range<usize>)>) -> Result<(), RehearseError> {
        let statements = std::mem::take(batch);
        if statements.len() > 1 {
            let texts: Vec<&str> = statements
                .iter()
                .map(|(_, range)| &self.sql[range.clone()])
                .collect();
            match self.session.run(&texts.join(";\n")) {
                Ok(_) => return Ok(()),
                Err(PgError::Sql(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for (line, range) in statements {
            self.statement(line, range)?;
        }
        Ok(())
    }

    fn statement(&mut self, line: usize, range: Range<usize>) -> Result<(), RehearseError> {
        let text = &self.sql[range.clone()];
        let mut made: Option<String> = None;
        loop {
            let error = match self.session.run(text) {
                Ok(_) => return Ok(()),
                Err(PgError::Sql(error)) => error,
                Err(error) => return Err(error.into()),
            };
            let words = Statement::read(self.sql, range.clone()).words;
            let is = |first: &[&str]| {
                words
                    .iter()
                    .map(String::as_str)
                    .take(first.len())
                    .eq(first.iter().copied())
            };
            match error.sqlstate.as_str() {
                // The superuser and the roles of the environment are there already.
                "42710" if is(&["CREATE", "ROLE"]) || is(&["CREATE", "USER"]) => return Ok(()),
                // A newer pg_dump sets what an older server does not have.
                "42704" if is(&["SET"]) => {
                    self.note(line, format!("setting left out: {}", error.message));
                    return Ok(());
                }
                "42704" => {
                    if let Some(role) =
                        absent_role(&error.message).filter(|role| made.as_deref() != Some(role))
                    {
                        roles::ensure(&mut self.session, &[RoleName(role.to_owned())])?;
                        self.note(
                            line,
                            format!(
                                "role \"{role}\" was made for the file, which names and does not make it"
                            ),
                        );
                        made = Some(role.to_owned());
                        continue;
                    }
                }
                _ => {}
            }
            return Err(RehearseError::Script {
                line,
                message: format!("the server refused the statement: {error}"),
                hint: error
                    .hint
                    .clone()
                    .unwrap_or_else(|| "Correct the file.".to_owned()),
            });
        }
    }

    fn note(&mut self, line: usize, message: String) {
        self.findings.push(Finding::new(
            "sql-file",
            Level::Info,
            format!("line {line}: {message}"),
        ));
    }
}

/// Statements about databases as a whole that have no place here.
fn is_skipped(statement: &Statement) -> bool {
    let mut words = statement.words.iter().map(String::as_str);
    matches!(
        (words.next(), words.next()),
        (Some("CREATE" | "DROP"), Some("DATABASE"))
    )
}

/// Reads the name from `role "x" does not exist`, which throw-away servers say in English.
fn absent_role(message: &str) -> Option<&str> {
    message.strip_prefix("role \"")?.strip_suffix("\" does not exist")
}
