//! refinery's part of the ledger; the only file that names refinery.
//!
//! refinery's own runner commits a file and its history row in two transactions. Here its public traits are
//! implemented on a transaction of ours instead: refinery decides what is written, we decide when it commits.

use std::fmt;

use refinery_core::traits::sync::{Migrate, Query, Transaction};
use refinery_core::{Migration, Runner, Target};

use super::error::LedgerError;
use super::history::HistoryName;
use crate::model::{QualifiedName, quote_literal};

/// Runs one migration through refinery's apply step.
///
/// `apply` gets the SQL of the file and the INSERT of the history row, and commits both together or neither.
pub fn apply<E>(
    name: &HistoryName,
    sql: &str,
    history: &QualifiedName,
    apply: impl FnOnce(&str, &str) -> Result<(), E>,
) -> Result<(), E>
where
    E: From<LedgerError>,
{
    let mut step = Step {
        run: Some(|queries: &[&str]| apply(queries[0], queries[1])),
        failure: None,
    };
    step.drive(name, sql, history, Target::Latest)
}

/// Returns the INSERT that records a migration without running it.
pub fn stamp(name: &HistoryName, sql: &str, history: &QualifiedName) -> Result<String, LedgerError> {
    let mut insert = String::new();
    let run = |queries: &[&str]| {
        insert.push_str(queries[0]);
        Ok::<(), LedgerError>(())
    };
    Step {
        run: Some(run),
        failure: None,
    }
    .drive(name, sql, history, Target::Fake)?;
    Ok(insert)
}

/// Returns what refinery would write as the checksum of a migration; it counts version, name and text.
pub fn checksum(version: i64, name: &str, sql: &str) -> Option<u64> {
    let migration = Migration::unapplied(&format!("U{version}__{name}"), sql).ok()?;
    Some(migration.checksum())
}

/// Returns the statement that gives a row of the history the name and checksum of the file as it is now.
pub fn rename(name: &HistoryName, sql: &str, history: &QualifiedName) -> Result<String, LedgerError> {
    let checksum = checksum(name.version, &name.name, sql).ok_or_else(|| LedgerError::History {
        revision: name.name.clone(),
        message: "its name is none that refinery reads".to_owned(),
    })?;
    Ok(format!(
        "UPDATE {} SET name = {}, checksum = '{checksum}' WHERE version = {}",
        history.quoted(),
        quote_literal(&name.name),
        name.version
    ))
}

/// Returns the statement that creates the history table.
pub fn create_table(history: &QualifiedName) -> String {
    <Step<fn(&[&str]) -> Result<(), LedgerError>, LedgerError> as Migrate>::assert_migrations_table_query(
        &history.quoted(),
    )
}

/// One migration on its way into our transaction.
struct Step<F, E> {
    run: Option<F>,
    failure: Option<E>,
}

impl<F, E> Step<F, E>
where
    F: FnOnce(&[&str]) -> Result<(), E>,
    E: From<LedgerError>,
{
    fn drive(
        &mut self,
        name: &HistoryName,
        sql: &str,
        history: &QualifiedName,
        target: Target,
    ) -> Result<(), E> {
        let refused = |error: refinery_core::Error| {
            E::from(LedgerError::History {
                revision: name.name.clone(),
                message: error.to_string(),
            })
        };
        let migration = Migration::unapplied(&name.refinery(), sql).map_err(refused)?;
        let mut runner = Runner::new(&[migration])
            .set_grouped(true)
            .set_abort_missing(false)
            .set_target(target);
        runner.set_migration_table_name(history.quoted());
        match (runner.run(self), self.failure.take()) {
            (_, Some(failure)) => Err(failure),
            (Err(error), None) => Err(refused(error)),
            (Ok(_), None) => Ok(()),
        }
    }
}

impl<F, E> Transaction for Step<F, E>
where
    F: FnOnce(&[&str]) -> Result<(), E>,
{
    type Error = Stopped;

    fn execute<'a, T: Iterator<Item = &'a str>>(&mut self, queries: T) -> Result<usize, Stopped> {
        let queries: Vec<&str> = queries.collect();
        let Some(run) = self.run.take() else {
            return Err(Stopped);
        };
        match run(&queries) {
            Ok(()) => Ok(queries.len()),
            Err(failure) => {
                self.failure = Some(failure);
                Err(Stopped)
            }
        }
    }
}

impl<F, E> Query<Vec<Migration>> for Step<F, E>
where
    F: FnOnce(&[&str]) -> Result<(), E>,
{
    /// What is applied was read once, under the lock; this migration is not among it.
    fn query(&mut self, _: &str) -> Result<Vec<Migration>, Stopped> {
        Ok(Vec::new())
    }
}

impl<F, E> Migrate for Step<F, E>
where
    F: FnOnce(&[&str]) -> Result<(), E>,
{
    /// The table was created with the rest of the ledger.
    fn assert_migrations_table(&mut self, _: &str) -> Result<usize, refinery_core::Error> {
        Ok(0)
    }
}

/// Tells refinery that our own error is waiting in [`Step::failure`].
#[derive(Debug)]
struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the migration was not applied")
    }
}

impl std::error::Error for Stopped {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RevisionId;

    fn name() -> HistoryName {
        HistoryName::of(&RevisionId::new("42").expect("an id"), "it")
    }

    fn history() -> QualifiedName {
        QualifiedName::new("public", "refinery_schema_history")
    }

    #[test]
    fn the_file_and_its_row_arrive_together() {
        let mut seen = Vec::new();
        let result: Result<(), LedgerError> = apply(&name(), "SELECT 1", &history(), |sql, insert| {
            seen = vec![sql.to_owned(), insert.to_owned()];
            Ok(())
        });
        assert!(result.is_ok());
        assert_eq!(seen[0], "SELECT 1");
        assert!(
            seen[1].starts_with("INSERT INTO \"public\".\"refinery_schema_history\" (version, name, applied_on, checksum) VALUES (42, '42_it', '"),
            "{}",
            seen[1]
        );
    }

    #[test]
    fn our_own_error_comes_back() {
        let result: Result<(), LedgerError> =
            apply(&name(), "SELECT 1", &history(), |_, _| Err(LedgerError::Foreign));
        assert!(matches!(result, Err(LedgerError::Foreign)));
    }

    #[test]
    fn a_stamp_is_the_row_alone() {
        assert!(
            stamp(&name(), "SELECT 1", &history()).is_ok_and(|insert| insert.contains("VALUES (42, '42_it'"))
        );
    }
}
