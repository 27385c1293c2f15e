//! Half-done steps told by what they did, and `repair`.

use std::time::{Duration, Instant};

use zerodrift::apply::Settings;
use zerodrift::model::Outcome;
use zerodrift::pg::{Cluster, ClusterOptions, Session};

use crate::support::chain::{TestProject, shown, value};
use crate::support::project::Project;
use crate::support::{database, majors, url};

fn standalone(sql: &str) -> TestProject {
    let project = TestProject::chain(&[]);
    project.revision("s1", "", "transaction: false\n", sql);
    project
}

/// Leaves the ledger as a crash between the last step and its outcome does.
const CRASHED: &str = "UPDATE zerodrift.statement SET outcome = NULL, finished_at = NULL, backend_pid = 1
    WHERE number = (SELECT max(number) FROM zerodrift.statement);
    DELETE FROM zerodrift.revision; DELETE FROM refinery_schema_history";

/// One kind of statement and the states that a crash may leave.
struct Crash {
    sql: &'static str,
    /// What is there before.
    setup: &'static str,
    /// Something that is equal after every run; it tells a repeated effect.
    seen: &'static str,
    /// What turns a finished run into one that had not begun.
    undone: &'static [&'static str],
    /// What turns a finished run into one that stopped half-way.
    half: &'static [&'static str],
}

const PARTITIONS: &str = "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9)";

const CRASHES: &[Crash] = &[
    Crash {
        sql: "CREATE UNIQUE INDEX CONCURRENTLY \"t \"\"i\" ON t (lower(b) text_pattern_ops, (a + 1) DESC) INCLUDE (a) WHERE a > 1;",
        setup: "CREATE TABLE t (gone int, a int, b text); ALTER TABLE t DROP COLUMN gone; INSERT INTO t VALUES (2, 'x')",
        seen: "SELECT pg_get_indexdef(indexrelid) || indisvalid FROM pg_index WHERE indrelid = 't'::regclass",
        undone: &["DROP INDEX \"t \"\"i\""],
        half: &["UPDATE pg_index SET indisvalid = false WHERE indrelid = 't'::regclass"],
    },
    Crash {
        sql: "CREATE INDEX CONCURRENTLY ON t (a);",
        setup: "CREATE TABLE t (a int); CREATE INDEX ON t (a)",
        seen: "SELECT string_agg(relname || indisvalid, ' ' ORDER BY relname) FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = 't'::regclass",
        undone: &["DROP INDEX t_a_idx1"],
        half: &["UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_a_idx1'::regclass"],
    },
    Crash {
        sql: "DROP INDEX CONCURRENTLY i;",
        setup: "CREATE TABLE t (a int); CREATE INDEX i ON t (a)",
        seen: "SELECT to_regclass('i') IS NULL",
        undone: &[],
        half: &[],
    },
    Crash {
        sql: "REINDEX TABLE CONCURRENTLY t;",
        setup: "CREATE TABLE t (a int PRIMARY KEY, b text)",
        seen: "SELECT string_agg(relname || indisvalid, ' ' ORDER BY relname) FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = 't'::regclass",
        undone: &[],
        half: &[
            "CREATE INDEX t_pkey_ccnew ON t (a)",
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_pkey_ccnew'::regclass",
        ],
    },
    Crash {
        sql: "VACUUM (ANALYZE) t;",
        setup: "CREATE TABLE t (a int)",
        seen: "SELECT 1",
        undone: &[],
        half: &[],
    },
    Crash {
        sql: "ALTER SYSTEM SET log_autovacuum_min_duration = '77s';",
        setup: "SELECT 1",
        seen: "SELECT setting FROM pg_file_settings WHERE name = 'log_autovacuum_min_duration' AND setting = '77s'",
        undone: &[],
        half: &[],
    },
    Crash {
        sql: "CREATE DATABASE \"zerodrift crash\" TEMPLATE $TEMPLATE;",
        setup: "SELECT 1",
        seen: "SELECT count(*) FROM pg_database WHERE datname = 'zerodrift crash'",
        undone: &["DROP DATABASE \"zerodrift crash\""],
        half: &[],
    },
    Crash {
        sql: "DROP DATABASE \"zerodrift crash\";",
        setup: "SELECT 1",
        seen: "SELECT count(*) FROM pg_database WHERE datname = 'zerodrift crash'",
        undone: &[],
        half: &[],
    },
];

fn run(session: &mut Session, sql: &str) {
    session.run(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[test]
fn every_kind_of_step_is_resumed_by_what_it_did() {
    let template = database("crash_template");
    for crash in CRASHES {
        let database = database("crash");
        let mut session = database.session();
        run(&mut session, crash.setup);
        let project = standalone(&crash.sql.replace("$TEMPLATE", &template.name));
        let upgrade = |session: &mut Session| {
            let done = project.upgrade(session);
            done.map_err(|error| format!("{}: {}", crash.sql, shown(&error)))
                .unwrap()
        };
        upgrade(&mut session);
        let seen = value(&mut session, crash.seen);
        for state in [&[][..], crash.undone, crash.half] {
            run(&mut session, CRASHED);
            state.iter().for_each(|sql| run(&mut session, sql));
            assert_eq!(upgrade(&mut session).applied.len(), 1, "{} {state:?}", crash.sql);
            assert_eq!(value(&mut session, crash.seen), seen, "{} {state:?}", crash.sql);
        }
        let journal = "SELECT string_agg(number || outcome, ' ' ORDER BY number) FROM zerodrift.statement";
        assert_eq!(value(&mut session, journal), "1done", "{}", crash.sql);
    }
    run(
        &mut database("crash").session(),
        "ALTER SYSTEM RESET log_autovacuum_min_duration",
    );
}

#[test]
fn a_half_detached_partition_is_finalized() {
    let database = database("crash_detach");
    let mut session = database.session();
    if session.server().major() < 14 {
        return;
    }
    run(&mut session, PARTITIONS);
    let project = standalone("ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;");
    let settings = Settings {
        lock_timeout: Duration::from_millis(200),
        ..Settings::default()
    };
    // A reader holds the second transaction up, after the first has committed.
    let mut reader = database.session();
    run(&mut reader, "BEGIN; SELECT * FROM p1");
    std::thread::scope(|scope| {
        let pending = || {
            value(
                &mut database.session(),
                "SELECT count(*) FROM pg_inherits WHERE inhdetachpending",
            )
        };
        let upgrading = scope.spawn(|| project.upgrade_with(&mut database.session(), &settings));
        while pending() != "1" {
            std::thread::sleep(Duration::from_millis(20));
            assert!(!upgrading.is_finished(), "it ended before it was half-done");
        }
        // Long enough for the statement to time out, short enough for FINALIZE to follow in the same run.
        std::thread::sleep(Duration::from_millis(600));
        run(&mut reader, "COMMIT");
        let done = upgrading.join().unwrap();
        done.map_err(|error| shown(&error)).unwrap();
    });
    assert_eq!(value(&mut session, "SELECT count(*) FROM pg_inherits"), "0");
    let settled = "SELECT outcome || ' ' || COALESCE(settled, '') FROM zerodrift.statement";
    let told = value(&mut session, settled);
    assert!(told.starts_with("done"), "{told}");
    run(&mut session, CRASHED);
    project
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(value(&mut session, settled), "done Partition \"p1\" is detached.");
}

#[test]
fn subscriptions_are_told_by_their_catalog() {
    let database = database("crash_subscription");
    let mut session = database.session();
    TestProject::chain(&[("a1", "SELECT 1;")])
        .upgrade(&mut session)
        .unwrap();
    let crashed = |session: &mut Session, sql: &str, before: &str| {
        let row = format!(
            "DELETE FROM zerodrift.statement;
             INSERT INTO zerodrift.statement (revision, number, checksum, excerpt, backend_start, backend_pid, before)
             VALUES ('s1', 1, encode(sha256($sql${sql}$sql$), 'hex'), $sql${sql}$sql$, now(), 1, '{before}')"
        );
        run(session, &row);
    };
    let upgrade = |session: &mut Session, sql: &str| {
        let project = TestProject::chain(&[("a1", "SELECT 1;")]);
        project.revision("s1", "a1", "transaction: false\n", &format!("{sql};"));
        let done = project.upgrade(session).map(|done| done.applied.len());
        run(session, "DELETE FROM zerodrift.revision WHERE id = 's1'");
        run(
            session,
            "DELETE FROM refinery_schema_history WHERE name LIKE 's1%'",
        );
        done.map_err(|error| shown(&error))
    };
    let create = "CREATE SUBSCRIPTION \"a crash\" CONNECTION 'dbname=nothing host=/nowhere' PUBLICATION a";
    crashed(&mut session, create, r#"{"oid": null}"#);
    let error = upgrade(&mut session, create).unwrap_err();
    assert!(error.contains("could not connect"), "{error}");
    run(
        &mut session,
        &format!("{create}, b WITH (connect = false, slot_name = NONE)"),
    );
    crashed(&mut session, create, r#"{"oid": null}"#);
    assert_eq!(upgrade(&mut session, create), Ok(1));
    // Without a connection none of these could run again.
    let drop = "ALTER SUBSCRIPTION \"a crash\" DROP PUBLICATION c";
    crashed(&mut session, drop, r#"{"publications": ["a", "b", "c"]}"#);
    assert_eq!(upgrade(&mut session, drop), Ok(1));
    let drop = "DROP SUBSCRIPTION \"a crash\"";
    crashed(&mut session, drop, r#"{"oid": 1}"#);
    let error = upgrade(&mut session, drop).unwrap_err();
    assert!(error.contains("may be another one than before"), "{error}");
    run(&mut session, drop);
    crashed(&mut session, drop, r#"{"oid": 1}"#);
    assert_eq!(upgrade(&mut session, drop), Ok(1));
}

/// A server whose tables others may subscribe to, or that subscribes.
fn logical() -> Cluster {
    let settings = [
        ("wal_level", "logical"),
        ("max_wal_senders", "8"),
        ("max_replication_slots", "8"),
        ("max_logical_replication_workers", "4"),
    ];
    let cluster = Cluster::start(&ClusterOptions {
        major: majors()[0],
        settings: settings
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..ClusterOptions::default()
    });
    cluster.unwrap()
}

#[test]
fn a_subscription_to_a_real_publisher_is_made_once() {
    let (publisher, subscriber) = (logical(), logical());
    let open = |cluster: &Cluster, name: &str| {
        let target = cluster.create_database(name, None).unwrap();
        (url(&target), Session::open(&target, "zerodrift test").unwrap())
    };
    let (from, mut there) = open(&publisher, "from");
    let (_, mut here) = open(&subscriber, "to");
    let table = "CREATE TABLE t (a int PRIMARY KEY);";
    run(
        &mut there,
        &format!("{table} INSERT INTO t VALUES (1), (2); CREATE PUBLICATION p FOR TABLE t"),
    );
    run(&mut here, table);
    let project = standalone(&format!(
        "CREATE SUBSCRIPTION \"Sub s\" CONNECTION '{from}' PUBLICATION p WITH (slot_name = sub_s);"
    ));
    let upgrade = |here: &mut Session| {
        let done = project.upgrade(here).map(|done| done.applied.len());
        done.map_err(|error| shown(&error))
    };
    let slots = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'sub_s'";
    let subscriptions = "SELECT count(*) FROM pg_subscription WHERE subname = 'Sub s' AND subenabled";
    assert_eq!(upgrade(&mut here), Ok(1));
    let begun = Instant::now();
    while value(&mut here, "SELECT count(*) FROM t") != "2" {
        assert!(begun.elapsed() < Duration::from_secs(60), "the rows never came");
        std::thread::sleep(Duration::from_millis(50));
    }
    // The outcome was not written down: the subscription is there and is not made again.
    run(&mut here, CRASHED);
    assert_eq!(upgrade(&mut here), Ok(1));
    let settled = "SELECT outcome || ' ' || settled FROM zerodrift.statement";
    assert_eq!(value(&mut here, settled), "done Subscription \"Sub s\" is there.");
    assert_eq!(
        (value(&mut there, slots), value(&mut here, subscriptions)),
        ("1".into(), "1".into())
    );
    // Nothing had happened: it is made now.
    run(&mut here, "DROP SUBSCRIPTION \"Sub s\"");
    run(&mut here, CRASHED);
    assert_eq!(upgrade(&mut here), Ok(1));
    assert_eq!(
        (value(&mut there, slots), value(&mut here, subscriptions)),
        ("1".into(), "1".into())
    );
    // The publisher has made the slot and the subscriber lost its row: loud, and after the slot is gone it goes on.
    run(&mut here, "ALTER SUBSCRIPTION \"Sub s\" DISABLE");
    run(&mut here, "ALTER SUBSCRIPTION \"Sub s\" SET (slot_name = NONE)");
    run(&mut here, "DROP SUBSCRIPTION \"Sub s\"");
    run(&mut here, CRASHED);
    let error = upgrade(&mut here).unwrap_err();
    assert!(error.contains("\"sub_s\" already exists"), "{error}");
    assert_eq!(value(&mut here, subscriptions), "0");
    let begun = Instant::now();
    while there.run("SELECT pg_drop_replication_slot('sub_s')").is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the slot stays in use");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(upgrade(&mut here), Ok(1));
    assert_eq!(
        (value(&mut there, slots), value(&mut here, subscriptions)),
        ("1".into(), "1".into())
    );
    run(&mut here, "DROP SUBSCRIPTION \"Sub s\"");
}

/// A project whose second step nobody can tell anything about.
fn in_doubt(url: &str) -> Project {
    let project = Project::with(&[
        ("zerodrift.yaml", "{}\n"),
        (
            "migrations/s1.sql",
            "/*--- {revision: s1, transaction: false} ---*/\nUPDATE t SET a = a + 1;\nCALL p();\n",
        ),
    ]);
    project
        .run(&["upgrade", "--database-url", url])
        .expect(0, &["applied s1"]);
    project
}

#[test]
fn what_nobody_can_tell_a_user_says() {
    let database = database("repair_doubt");
    let mut session = database.session();
    run(
        &mut session,
        "CREATE TABLE t (a int); INSERT INTO t VALUES (0);
         CREATE PROCEDURE p() LANGUAGE sql AS 'UPDATE t SET a = a + 10'",
    );
    let url = database.url();
    let project = in_doubt(&url);
    let on = |arguments: &[&str]| project.run(&[arguments, &["--database-url", &url]].concat());
    on(&["repair"]).expect(0, &["Nothing to repair."]);
    run(&mut session, CRASHED);
    on(&["upgrade"]).expect(
        5,
        &["step 2 of revision \"s1\" is in doubt", "repair --done s1:2"],
    );
    on(&["repair", "--yes"]).expect(5, &["step 2 of revision \"s1\" is in doubt"]);
    // Without --yes and without a terminal it only shows.
    on(&["repair", "--done", "s1"]).expect(5, &["would: write down that it is done"]);
    on(&["upgrade"]).expect(5, &["in doubt"]);
    on(&["repair", "--done", "s9", "--yes"]).expect(2, &["no journalled step is named by \"s9\""]);
    on(&["repair", "--done", "s1", "--yes"])
        .expect(0, &["did: write down that it is done", "next upgrade goes on"]);
    on(&["upgrade"]).expect(0, &["applied s1"]);
    assert_eq!(value(&mut session, "SELECT a FROM t"), "11");
    run(&mut session, CRASHED);
    on(&["repair", "--retry", "s1:2", "--yes"]).expect(0, &["did: let the next upgrade run it again"]);
    on(&["upgrade"]).expect(0, &["applied s1"]);
    assert_eq!(value(&mut session, "SELECT a FROM t"), "21");
    let attempts = "SELECT count(*) || ' ' || min(target) FROM zerodrift.attempt WHERE action = 'repair' AND outcome = 'settled'";
    assert_eq!(value(&mut session, attempts), "2 s1:2");
}

#[test]
fn repair_removes_what_a_step_left() {
    let database = database("repair_left");
    let mut session = database.session();
    run(
        &mut session,
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)",
    );
    let url = database.url();
    let project = Project::with(&[
        ("zerodrift.yaml", "{}\n"),
        (
            "migrations/s1.sql",
            "/*--- {revision: s1, transaction: false} ---*/\nCREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);\n",
        ),
    ]);
    let on = |arguments: &[&str]| project.run(&[arguments, &["--database-url", &url]].concat());
    on(&["upgrade"]).expect(5, &["23505"]);
    let there = "SELECT to_regclass('t_a') IS NULL";
    on(&["repair"]).expect(5, &["would: run DROP INDEX CONCURRENTLY public.t_a"]);
    assert_eq!(value(&mut session, there), "f");
    on(&["repair", "--yes"]).expect(0, &["did: run DROP INDEX CONCURRENTLY public.t_a"]);
    assert_eq!(value(&mut session, there), "t");
    let failed = "SELECT sqlstate || ' ' || statement FROM zerodrift.attempt WHERE outcome = 'part-way'";
    assert_eq!(
        value(&mut session, failed),
        "23505 CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)"
    );
}

#[test]
fn an_edit_is_accepted_by_name_and_kept() {
    let database = database("repair_rebless");
    let mut session = database.session();
    let url = database.url();
    let file = "migrations/a1.sql";
    let text = "/*--- {revision: a1} ---*/\nCREATE TABLE t (n int);\n";
    let project = Project::with(&[("zerodrift.yaml", "{}\n"), (file, text)]);
    let on = |arguments: &[&str]| project.run(&[arguments, &["--database-url", &url]].concat());
    on(&["upgrade"]).expect(0, &["applied a1"]);
    project.write(file, text.replace("n int", "m int"));
    on(&["upgrade"]).expect(7, &["applied revision \"a1\" was edited", "repair --rebless a1"]);
    on(&["repair", "--yes"]).expect(5, &["was edited"]);
    on(&["repair", "--rebless", "a1"]).expect(5, &["It was \"n\"", "would: accept the file"]);
    on(&["repair", "--rebless", "a1", "--yes"]).expect(0, &["did: accept the file"]);
    on(&["upgrade"]).expect(0, &["Nothing to do"]);
    on(&["repair", "--rebless", "a1", "--yes"]).expect(2, &["no edited revision is named by \"a1\""]);
    let kept = "SELECT outcome || ' ' || (before ->> 'source' LIKE '%n int%') FROM zerodrift.attempt WHERE action = 'repair'";
    assert_eq!(value(&mut session, kept), "reblessed true");
}

#[test]
fn a_session_that_holds_the_lock_is_ended_by_its_number_only() {
    let database = database("repair_holder");
    let url = database.url();
    let mut holder = database.session();
    let lock = Settings::default().lock_key();
    run(&mut holder, &format!("SELECT pg_advisory_lock({lock})"));
    let pid = holder.backend_pid().to_string();
    let project = Project::with(&[
        ("zerodrift.yaml", "{}\n"),
        ("migrations/a1.sql", "/*--- {revision: a1} ---*/\nSELECT 1;\n"),
    ]);
    let on = |arguments: &[&str]| project.run(&[arguments, &["--database-url", &url]].concat());
    on(&["repair", "--yes"]).expect(5, &[&format!("pid {pid}"), "would: end it"]);
    holder.run("SELECT 1").unwrap();
    on(&["repair", "--terminate", &pid]).expect(0, &["did: end it"]);
    assert!(holder.run("SELECT 1").is_err());
    on(&["upgrade"]).expect(0, &["applied a1"]);
}

#[test]
fn a_step_that_still_runs_is_waited_for() {
    let database = database("repair_running");
    let mut session = database.session();
    run(&mut session, "CREATE TABLE t (a int)");
    let project = standalone("VACUUM t;");
    project.upgrade(&mut session).unwrap();
    let mut orphan = database.session();
    run(&mut session, CRASHED);
    run(
        &mut session,
        &format!(
            "UPDATE zerodrift.statement SET backend_pid = {pid},
             backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = {pid})",
            pid = orphan.backend_pid()
        ),
    );
    let error = project.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Locked, "{}", shown(&error));
    let mut seen = Vec::new();
    let repaired = zerodrift::apply::repair(
        &mut session,
        &project.load(),
        &zerodrift::apply::Wishes::default(),
        &Settings::default(),
        &mut zerodrift::apply::Silent,
        &mut |offer| {
            seen.push(offer.mending);
            false
        },
    );
    assert_eq!(seen, [zerodrift::apply::Mending::Terminate(orphan.backend_pid())]);
    assert_eq!(repaired.unwrap().findings[0].rule, "step-running");
    let settings = Settings {
        wait: Some(Duration::from_secs(60)),
        ..Settings::default()
    };
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(500));
            orphan.run("SELECT 1").unwrap();
        });
        let done = project.upgrade_with(&mut session, &settings);
        assert_eq!(done.map_err(|error| shown(&error)).unwrap().applied.len(), 1);
    });
}
