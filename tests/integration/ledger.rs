//! The ledger: what plain refinery sees, formats, attempts.

use std::path::Path;

use refinery_core::traits::sync::{Migrate, Query, Transaction};
use refinery_core::{Migration, Runner};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zerodrift::ledger::{HistoryName, history};
use zerodrift::load::read_sql;
use zerodrift::pg::{PgError, Session};

use crate::support::chain::{TestProject, shown, value};
use crate::support::database;

/// What refinery's own driver does with a connection: one transaction per call.
struct Plain(Session);

impl Transaction for Plain {
    type Error = PgError;

    fn execute<'a, T: Iterator<Item = &'a str>>(&mut self, queries: T) -> Result<usize, PgError> {
        self.0.run("BEGIN")?;
        let mut count = 0;
        for query in queries {
            self.0.run(query)?;
            count += 1;
        }
        self.0.run("COMMIT")?;
        Ok(count)
    }
}

impl Query<Vec<Migration>> for Plain {
    fn query(&mut self, query: &str) -> Result<Vec<Migration>, PgError> {
        let rows = self.0.text_rows(query)?;
        let column = |row: &[Option<String>], index: usize| row[index].clone().unwrap();
        Ok(rows
            .iter()
            .map(|row| {
                let applied_on = OffsetDateTime::parse(&column(row, 2), &Rfc3339).unwrap();
                let version = column(row, 0).parse().unwrap();
                Migration::applied(
                    version,
                    column(row, 1),
                    applied_on,
                    column(row, 3).parse().unwrap(),
                )
            })
            .collect())
    }
}

impl Migrate for Plain {}

fn odd_ids() -> TestProject {
    TestProject::chain(&[
        ("baseline", "SELECT 1;"),
        ("202511131121", "CREATE TABLE t (id int);"),
        ("6c5d5f5534ef", "INSERT INTO t VALUES (1);"),
        ("0123", "INSERT INTO t VALUES (2);"),
        ("a-b.c", "INSERT INTO t VALUES (3);"),
    ])
}

fn migrations(project: &TestProject) -> Vec<Migration> {
    let loaded = project.load();
    loaded
        .graph
        .revisions()
        .map(|revision| {
            let file = read_sql(&loaded.root, Path::new(&revision.path)).unwrap();
            Migration::unapplied(
                &HistoryName::of(&revision.id, &revision.slug).refinery(),
                &file.text,
            )
            .unwrap()
        })
        .collect()
}

#[test]
fn plain_refinery_reads_the_history() {
    let database = database("ledger_refinery");
    let project = odd_ids();
    let mut session = database.session();
    project
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    let mut plain = Plain(database.session());
    let runner = Runner::new(&migrations(&project));
    assert_eq!(runner.get_applied_migrations(&mut plain).unwrap().len(), 5);
    // Nothing is pending, diverging or missing for it.
    assert_eq!(runner.run(&mut plain).unwrap().applied_migrations().len(), 0);
    assert_eq!(value(&mut session, "SELECT count(*) FROM t"), "3");
}

#[test]
fn what_plain_refinery_applied_is_noticed_and_can_be_stamped() {
    let database = database("ledger_foreign");
    let project = odd_ids();
    let mut plain = Plain(database.session());
    Runner::new(&migrations(&project)).run(&mut plain).unwrap();
    let mut session = database.session();
    let error = project.upgrade(&mut session).unwrap_err();
    assert!(shown(&error).contains("history-row-unknown"), "{}", shown(&error));
    assert_eq!(error.outcome(), zerodrift::model::Outcome::Integrity);
    let settings = zerodrift::apply::Settings::default();
    let mut silent = zerodrift::apply::Silent;
    let stamped =
        zerodrift::apply::stamp(&mut session, &project.load(), "heads", &settings, &mut silent).unwrap();
    assert_eq!(stamped.revisions.len(), 5);
    assert!(project.upgrade(&mut session).unwrap().applied.is_empty());
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM refinery_schema_history"),
        "5"
    );
}

#[test]
fn the_history_table_can_be_elsewhere() {
    let database = database("ledger_elsewhere");
    let mut session = database.session();
    session.run("CREATE SCHEMA \"Odd schema\"").unwrap();
    let settings = zerodrift::apply::Settings {
        history_table: zerodrift::model::QualifiedName::new("Odd schema", "his\"tory"),
        ..Default::default()
    };
    odd_ids()
        .upgrade_with(&mut session, &settings)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(
        value(
            &mut session,
            "SELECT count(*) FROM \"Odd schema\".\"his\"\"tory\""
        ),
        "5"
    );
    assert!(
        odd_ids()
            .upgrade_with(&mut session, &settings)
            .unwrap()
            .applied
            .is_empty()
    );
}

#[test]
fn ledgers_that_are_not_ours_are_refused() {
    let database = database("ledger_other");
    let mut session = database.session();
    session.run("CREATE SCHEMA zerodrift").unwrap();
    let error = odd_ids().upgrade(&mut session).unwrap_err();
    assert!(
        shown(&error).contains("schema \"zerodrift\" exists without table"),
        "{}",
        shown(&error)
    );
    session.run("DROP SCHEMA zerodrift").unwrap();
    odd_ids().upgrade(&mut session).unwrap();
    session
        .run("INSERT INTO zerodrift.meta (format, history_table, tool_version) VALUES (99, '', '9')")
        .unwrap();
    let error = odd_ids().upgrade(&mut session).unwrap_err();
    assert!(
        shown(&error).contains("ledger has format 99"),
        "{}",
        shown(&error)
    );
}

#[test]
fn colliding_versions_are_found_when_loading() {
    let project = odd_ids().load();
    let mut revisions: Vec<_> = project.graph.revisions().cloned().collect();
    assert!(history::collisions(revisions.iter()).is_empty());
    // A collision of hashes cannot be made on purpose; the same id twice is not one.
    revisions.push(revisions[0].clone());
    assert!(history::collisions(revisions.iter()).is_empty());
}
