//! Backfills in batches: every row once, whatever interrupts them.

use std::time::Duration;

use zerodrift::apply::{Event, Interrupt, Progress, Settings};
use zerodrift::model::Outcome;

use crate::support::chain::{TestProject, shown, value};
use crate::support::database;
use crate::support::project::Project;

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
        ("id float8 PRIMARY KEY", "n / 7.0::float8", "id"),
        ("id date PRIMARY KEY", "date '2025-12-25' + n", "id"),
        (
            "id interval PRIMARY KEY",
            "n * interval '1 day' - interval '25 h 1.5 s'",
            "id",
        ),
        ("id bytea PRIMARY KEY", "convert_to(n || '\\', 'UTF8')", "id"),
        ("id char(5) PRIMARY KEY", "n", "id"),
    ];
    for (columns, values, key) in cases {
        let database = database("batched_key");
        // A key is written and read alike whatever the database says.
        let settings = [
            "DateStyle = 'German'",
            "IntervalStyle = 'sql_standard'",
            "extra_float_digits = -3",
            "bytea_output = 'escape'",
        ];
        for setting in settings {
            let alter = format!("ALTER DATABASE {} SET {setting}", database.name);
            database.session().run(&alter).unwrap();
        }
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

/// Rows that appear between two batches, below and above the end of the first pass.
struct Appearing {
    session: zerodrift::pg::Session,
    sql: &'static str,
    done: bool,
}

impl Progress for Appearing {
    fn event(&mut self, event: Event<'_>) {
        if matches!(event, Event::Batch { batches: 3, .. }) && !self.done {
            self.session.run(self.sql).unwrap();
            self.done = true;
        }
    }
}

fn appearing(name: &str, head: &str, update: &str) -> (String, String) {
    let database = database(name);
    let mut session = database.session();
    session
        .run("CREATE TABLE t (id int PRIMARY KEY, n int, m int DEFAULT 0); INSERT INTO t SELECT 10 * i FROM generate_series(1, 100) i")
        .unwrap();
    let mut appearing = Appearing {
        session: database.session(),
        // 5 lies below what is done, 995 below the end, 2000 above it.
        sql: "INSERT INTO t VALUES (5), (995), (2000)",
        done: false,
    };
    let done = project(head, update)
        .upgrade_to(&mut session, "heads", &Settings::default(), &mut appearing)
        .map_err(|error| shown(&error))
        .unwrap();
    let note = done.applied[0].1.sections[0].note.clone().unwrap();
    let rows = "SELECT COALESCE(string_agg(id::text, ' ' ORDER BY id), '') || ' of ' || (SELECT max(m) FROM t) FROM t WHERE m = 0";
    (value(&mut session, rows), note)
}

#[test]
fn rows_that_appear_anywhere_are_taken_by_the_closing_pass() {
    let head = "table=t\n--: batched key=id size=10";
    let (left, note) = appearing(
        "batched_below",
        head,
        "UPDATE t SET n = 1, m = m + 1 WHERE n IS NULL",
    );
    assert_eq!(left, " of 1");
    assert!(note.contains("taken by one closing pass"), "{note}");
    let (left, _) = appearing(
        "batched_below_join",
        head,
        "UPDATE t SET n = v.i, m = m + 1 FROM (VALUES (1)) AS v (i) WHERE t.n IS NULL AND v.i = 1",
    );
    assert_eq!(left, " of 1");
}

#[test]
fn rows_that_are_done_are_not_taken_for_new_ones() {
    let head = "table=t\n--: batched key=id size=10";
    let (left, note) = appearing("batched_again", head, "UPDATE t SET m = m + 1 WHERE m < 5");
    assert_eq!(left, "5 of 1");
    assert!(note.contains("above its first end only"), "{note}");
    let (left, note) = appearing("batched_always", head, "UPDATE t SET m = m + 1");
    assert_eq!(left, "5 2000 of 1");
    assert!(note.contains("without a condition"), "{note}");
}

/// The sizes that a backfill went through.
#[derive(Default)]
struct Sizes(Vec<u64>);

impl Progress for Sizes {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Batch { pace, .. } = event {
            self.0.push(pace.size);
        }
    }
}

#[test]
fn the_size_follows_the_target_duration() {
    let database = database("batched_target");
    let mut session = database.session();
    session
        .run(
            "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT i FROM generate_series(1, 1000) i; ANALYZE t;
             CREATE FUNCTION slow() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.002); RETURN 1; END $$",
        )
        .unwrap();
    let mut sizes = Sizes::default();
    project(
        "table=t\n--: batched key=id size=200 target=50ms",
        "UPDATE t SET n = slow() WHERE n IS NULL",
    )
    .upgrade_to(&mut session, "heads", &Settings::default(), &mut sizes)
    .map_err(|error| shown(&error))
    .unwrap();
    // 200 rows would take 400 ms and more: half as many each time, before anything is committed, until they fit.
    // The closing pass finds nothing to do and grows again.
    assert!(sizes.0[..20].iter().all(|size| *size <= 25), "{:?}", sizes.0);
    let size = value(&mut session, "SELECT size > 0 FROM zerodrift.cursor");
    assert_eq!(size, "t");
}

#[test]
fn killed_clients_lose_and_repeat_nothing() {
    let database = database("batched_sigkill");
    let mut admin = database.session();
    admin
        .run("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT generate_series(1, 20000), 0")
        .unwrap();
    let project = Project::with(&[
        ("zerodrift.yaml", "{}\n"),
        (
            "migrations/b1.sql",
            "/*--- {revision: b1, transaction: false} ---*/\n--: backfill table=t expect=all\n--: batched key=id size=100 pause=2ms\n\
             UPDATE t SET n = n + 1;\n--: end\n",
        ),
    ]);
    let url = database.url();
    let arguments = ["upgrade", "--wait", "60s", "--database-url", &url];
    let mut kills = 0;
    loop {
        let mut child = project.start(&arguments);
        std::thread::sleep(Duration::from_millis(150 + 20 * kills));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        assert!(kills < 100, "the backfill does not end");
    }
    assert!(kills > 0, "the backfill was over before the first kill");
    project.run(&arguments).expect(0, &[]);
    assert_eq!(value(&mut admin, "SELECT min(n) || ' ' || max(n) FROM t"), "1 1");
    assert_eq!(value(&mut admin, "SELECT count(*) FROM zerodrift.revision"), "1");
}
