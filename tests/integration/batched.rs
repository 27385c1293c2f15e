//! Backfills in batches: every row once, whatever interrupts them.

use std::time::Duration;

use zerodrift::apply::{Event, Interrupt, Progress, Settings};
use zerodrift::model::Outcome;

use crate::support::chain::{TestProject, shown, value};
use crate::support::database;

fn project(head: &str, sql: &str) -> TestProject {
    let project = TestProject::chain(&[]);
    project.revision(
        "b1",
        "",
        "transaction: false\n",
        &format!("--: backfill {head}\n{sql};\n--: end\n"),
    );
    project
}

/// Raises the interrupt after some batches.
struct After {
    batches: u64,
    interrupt: Interrupt,
}

impl Progress for After {
    fn event(&mut self, event: Event<'_>) {
        if matches!(event, Event::Batch { batches, .. } if batches >= self.batches) {
            self.interrupt.raise(2);
        }
    }
}

#[test]
fn keys_of_every_kind_are_walked_once() {
    let cases = [
        ("id int PRIMARY KEY", "n", "id"),
        ("id uuid PRIMARY KEY", "gen_random_uuid()", "id"),
        ("id text PRIMARY KEY", "'k''\\' || n", "id"),
        (
            "id timestamptz PRIMARY KEY",
            "now() + n * interval '1.000001 s'",
            "id",
        ),
        (
            "\"Odd\" int, b text, PRIMARY KEY (\"Odd\", b)",
            "n / 10, n::text",
            "\"Odd\",b",
        ),
        ("id numeric PRIMARY KEY", "n / 7.0", "id"),
    ];
    for (columns, values, key) in cases {
        let database = database("batched_key");
        let mut session = database.session();
        let sql = format!(
            "CREATE TABLE t ({columns}, n int DEFAULT 0); INSERT INTO t SELECT {values} FROM generate_series(1, 103) n"
        );
        session.run(&sql).unwrap();
        let project = project(
            &format!("table=t expect=all\n--: batched key={key} size=10"),
            "UPDATE t AS x SET n = x.n + 1 WHERE x.n < 5 OR false -- all",
        );
        let done = project
            .upgrade(&mut session)
            .map_err(|error| shown(&error))
            .unwrap();
        assert_eq!(done.applied[0].1.sections[0].touched, 103, "{columns}");
        assert_eq!(
            value(&mut session, "SELECT min(n) || ' ' || max(n) FROM t"),
            "1 1",
            "{columns}"
        );
        assert_eq!(
            value(&mut session, "SELECT batches FROM zerodrift.cursor"),
            "11",
            "{columns}"
        );
    }
}

#[test]
fn statements_without_a_condition_and_deletes() {
    let database = database("batched_forms");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT generate_series(1, 25), 0")
        .unwrap();
    project(
        "table=t\n--: batched key=id size=10",
        "UPDATE t SET n = n + 1 RETURNING id",
    )
    .upgrade(&mut session)
    .unwrap();
    assert_eq!(
        value(&mut session, "SELECT min(n) || ' ' || max(n) FROM t"),
        "1 1"
    );
    session
        .run("DROP SCHEMA zerodrift CASCADE; DROP TABLE refinery_schema_history")
        .unwrap();
    project(
        "table=t expect=matching\n--: batched key=id size=10",
        "DELETE FROM t WHERE id % 2 = 0",
    )
    .upgrade(&mut session)
    .unwrap();
    assert_eq!(value(&mut session, "SELECT count(*) FROM t"), "13");
}

#[test]
fn an_interrupted_backfill_goes_on_and_repeats_nothing() {
    let database = database("batched_resume");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT generate_series(1, 100), 0")
        .unwrap();
    let project = project(
        "table=t expect=all\n--: batched key=id size=10 pause=1ms",
        "UPDATE t SET n = n + 1",
    );
    for _ in 0..3 {
        let interrupt = Interrupt::default();
        let settings = Settings {
            interrupt: interrupt.clone(),
            ..Settings::default()
        };
        let mut after = After {
            batches: 0,
            interrupt,
        };
        let error = project
            .upgrade_to(&mut session, "head", &settings, &mut after)
            .unwrap_err();
        assert_eq!(error.outcome(), Outcome::Interrupted, "{}", shown(&error));
    }
    assert_eq!(value(&mut session, "SELECT sum(n) FROM t"), "30");
    project
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(
        value(&mut session, "SELECT min(n) || ' ' || max(n) FROM t"),
        "1 1"
    );
}

#[test]
fn killed_backends_lose_and_repeat_nothing() {
    let database = database("batched_kill");
    let mut admin = database.session();
    admin
        .run("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT generate_series(1, 2000), 0")
        .unwrap();
    let project = project(
        "table=t expect=all\n--: batched key=id size=20",
        "UPDATE t SET n = n + 1",
    );
    let mut kills = 0;
    loop {
        let mut session = database.session();
        let pid = session.backend_pid();
        let done = std::thread::scope(|scope| {
            scope.spawn(|| {
                // Longer each time: a busy machine needs a while to get to the first batch.
                std::thread::sleep(Duration::from_millis(40 + 5 * kills));
                admin.run(&format!("SELECT pg_terminate_backend({pid})")).unwrap();
            });
            project.upgrade(&mut session)
        });
        match done {
            Ok(_) => break,
            Err(_) => kills += 1,
        }
        assert!(kills < 400, "the backfill does not end");
    }
    assert!(kills > 0, "the backfill was over before the first kill");
    assert_eq!(value(&mut admin, "SELECT min(n) || ' ' || max(n) FROM t"), "1 1");
}

#[test]
fn rows_that_keep_coming_are_taken_by_one_closing_pass() {
    let database = database("batched_inserts");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT generate_series(1, 200)")
        .unwrap();
    let project = project(
        "table=t\n--: batched key=id size=10 pause=2ms",
        "UPDATE t SET n = 1 WHERE n IS NULL",
    );
    let ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = database.session();
            let mut id = 1000;
            while !ended.load(std::sync::atomic::Ordering::Relaxed) {
                writer.run(&format!("INSERT INTO t VALUES ({id}, NULL)")).unwrap();
                id += 1;
            }
        });
        project
            .upgrade(&mut session)
            .map_err(|error| shown(&error))
            .unwrap();
        ended.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(
        value(
            &mut session,
            "SELECT count(*) FROM t WHERE n IS NULL AND id < 1000"
        ),
        "0"
    );
    assert_eq!(value(&mut session, "SELECT closing FROM zerodrift.cursor"), "t");
}

#[test]
fn what_cannot_be_batched_is_refused() {
    let cases = [
        (
            "table=t\n--: batched key=n size=10",
            "UPDATE t SET m = 1",
            "may be null",
        ),
        (
            "table=t\n--: batched key=m size=10",
            "UPDATE t SET n = 1",
            "No valid btree index",
        ),
        (
            "table=t\n--: batched key=m,id size=10",
            "UPDATE t SET n = 1",
            "No valid btree index",
        ),
        (
            "table=t\n--: batched key=nothing size=10",
            "UPDATE t SET n = 1",
            "does not exist",
        ),
        (
            "table=t\n--: batched key=id size=10",
            "UPDATE u SET n = 1",
            "exactly one UPDATE or DELETE",
        ),
        (
            "table=t\n--: batched key=id size=10",
            "INSERT INTO t VALUES (5)",
            "exactly one UPDATE or DELETE",
        ),
        (
            "table=t\n--: batched key=id size=10",
            "UPDATE t SET n = 1; UPDATE t SET n = 2",
            "exactly one UPDATE or DELETE",
        ),
    ];
    let database = database("batched_refused");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (id int PRIMARY KEY, n int, m int NOT NULL DEFAULT 0); INSERT INTO t VALUES (1)")
        .unwrap();
    for (head, sql, expected) in cases {
        let error = project(head, sql).upgrade(&mut session).unwrap_err();
        assert!(
            shown(&error).contains(expected),
            "{head} {sql}: {}",
            shown(&error)
        );
    }
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM t WHERE n IS NOT NULL"),
        "0"
    );
}

#[test]
fn a_key_that_the_statement_changes_is_refused() {
    let database = database("batched_moving");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (id int NOT NULL); CREATE INDEX ON t (id)")
        .unwrap();
    let project = project("table=t\n--: batched key=id size=2", "UPDATE t SET id = id + 3");
    let error = project.upgrade(&mut session).unwrap_err();
    assert!(
        shown(&error).contains("batches cannot run along column \"id\""),
        "{}",
        shown(&error)
    );
}

#[test]
fn committed_batches_are_not_repeated_without_batches() {
    let database = database("batched_dropped");
    let mut session = database.session();
    session.run("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT i, 0 FROM generate_series(1, 9) i").unwrap();
    let batched = project("table=t\n--: batched key=id size=2", "UPDATE t SET n = n + 1");
    let interrupt = Interrupt::default();
    let settings = Settings {
        interrupt: interrupt.clone(),
        ..Settings::default()
    };
    let mut after = After {
        batches: 2,
        interrupt,
    };
    batched
        .upgrade_to(&mut session, "heads", &settings, &mut after)
        .unwrap_err();
    let whole = project("table=t", "UPDATE t SET n = n + 1");
    let error = whole.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Integrity, "{}", shown(&error));
    assert!(
        shown(&error).contains("is not batched any more"),
        "{}",
        shown(&error)
    );
    assert_eq!(value(&mut session, "SELECT max(n) FROM t"), "1");
    batched
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(
        value(&mut session, "SELECT min(n) || ' ' || max(n) FROM t"),
        "1 1"
    );
}
