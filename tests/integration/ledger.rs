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

#[test]
fn a_ledger_of_format_1_is_upgraded_and_goes_on() {
    let database = database("ledger_format");
    let mut session = database.session();
    let history = zerodrift::model::QualifiedName::new("public", "refinery_schema_history");
    let first = zerodrift::ledger::schema::script(&history, 0, 1);
    session.run(&format!("BEGIN; {first} COMMIT")).unwrap();
    let project = TestProject::chain(&[("a1", "CREATE TABLE t (a int);"), ("a2", "SELECT 1;")]);
    let settings = zerodrift::apply::Settings::default();
    // Looking changes nothing.
    let status = zerodrift::apply::status(&mut session, &project.load(), &settings).unwrap();
    assert_eq!(status.pending.len(), 2);
    let formats = "SELECT string_agg(format::text, ' ' ORDER BY format) FROM zerodrift.meta";
    assert_eq!(value(&mut session, formats), "1");
    // A step that a zerodrift of format 1 left in doubt.
    session
        .run(
            "INSERT INTO zerodrift.statement (revision, number, checksum, excerpt, backend_start, backend_pid)
             VALUES ('s3', 1, 'x', 'VACUUM t', now(), 1);
             INSERT INTO zerodrift.cursor (revision, section, upper, batches) VALUES ('s4', 1, '{9}', 1)",
        )
        .unwrap();
    project.revision("s3", "a2", "transaction: false\n", "VACUUM t;");
    project
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(value(&mut session, formats), "1 2");
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM zerodrift.revision"),
        "3"
    );
    // Upgraded and made at once are the same.
    let columns = "SELECT string_agg(table_name || '.' || column_name || ' ' || data_type || is_nullable, ','
                   ORDER BY table_name, column_name) FROM information_schema.columns WHERE table_schema = 'zerodrift'";
    let fresh = crate::support::database("ledger_fresh");
    let mut other = fresh.session();
    TestProject::chain(&[("a1", "SELECT 1;")])
        .upgrade(&mut other)
        .unwrap();
    assert_eq!(value(&mut session, columns), value(&mut other, columns));
}

#[test]
fn every_column_of_the_ledger_is_documented() {
    let database = database("ledger_page");
    let mut session = database.session();
    TestProject::chain(&[("a1", "SELECT 1;")])
        .upgrade(&mut session)
        .unwrap();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ledger.md")).unwrap();
    let sql = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'zerodrift' ORDER BY 1, 2";
    let mut missing = Vec::new();
    for row in session.text_rows(sql).unwrap() {
        let (table, column) = (row[0].clone().unwrap(), row[1].clone().unwrap());
        let section = page
            .split(&format!("## `zerodrift.{table}`"))
            .nth(1)
            .unwrap_or_default();
        let section = section.split("\n## ").next().unwrap();
        if !section.contains(&format!("| `{column}` |")) {
            missing.push(format!("{table}.{column}"));
        }
    }
    assert!(missing.is_empty(), "docs/ledger.md does not describe {missing:?}");
}

#[test]
fn what_plain_refinery_applied_is_adopted_and_continued() {
    let database = database("ledger_adopt");
    let files = [
        ("1", "first", "CREATE TABLE t (a int);"),
        ("2", "second", "INSERT INTO t VALUES (1);"),
    ];
    let plain: Vec<Migration> = files
        .iter()
        .map(|(version, name, sql)| Migration::unapplied(&format!("V{version}__{name}"), sql).unwrap())
        .collect();
    Runner::new(&plain).run(&mut Plain(database.session())).unwrap();
    let project = TestProject::chain(&[
        ("1", files[0].2),
        ("2", files[1].2),
        ("3", "INSERT INTO t VALUES (3);"),
    ]);
    let mut session = database.session();
    let error = project.upgrade(&mut session).unwrap_err();
    assert!(shown(&error).contains("zerodrift repair"), "{}", shown(&error));
    let settings = zerodrift::apply::Settings::default();
    let repaired = zerodrift::apply::repair(
        &mut session,
        &project.load(),
        &zerodrift::apply::Wishes::default(),
        &settings,
        &mut zerodrift::apply::Silent,
        &mut |_| true,
    )
    .map_err(|error| shown(&error))
    .unwrap();
    assert!(repaired.findings.is_empty(), "{:?}", repaired.findings);
    assert!(
        repaired.offers[0].0.found.contains("\"1\" as \"first\""),
        "{:?}",
        repaired.offers
    );
    let done = project
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(done.applied.len(), 1);
    assert_eq!(
        value(&mut session, "SELECT string_agg(a::text, ' ' ORDER BY a) FROM t"),
        "1 3"
    );
    // Plain refinery still finds its own rows, and one that it does not know.
    let mut runner = Plain(database.session());
    let rows = Runner::new(&plain).get_applied_migrations(&mut runner).unwrap();
    assert_eq!(rows.len(), 3);
}

#[test]
fn attempts_say_who_and_what() {
    let database = database("ledger_attempts");
    let mut session = database.session();
    TestProject::chain(&[("a1", "SELECT 1 /\n 0;")])
        .upgrade(&mut session)
        .unwrap_err();
    let attempt = "SELECT sqlstate || ' ' || statement || ' ' || application || ' ' || (error LIKE '%division by zero%')
                   FROM zerodrift.attempt WHERE revision = 'a1'";
    assert_eq!(
        value(&mut session, attempt),
        "22012 SELECT 1 / 0 zerodrift test true"
    );
}
