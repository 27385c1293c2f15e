//! Upgrades on a real server.

use std::time::Duration;

use zerodrift::apply::{self, Gaps, Retries, Settings, Silent, Transactions};
use zerodrift::model::Outcome;

use crate::support::chain::{TestProject, shown, value};
use crate::support::database;

fn three() -> TestProject {
    TestProject::chain(&[
        ("a1", "CREATE TABLE t (id int PRIMARY KEY);"),
        ("a2", "INSERT INTO t SELECT generate_series(1, 8);"),
        ("a3", "ALTER TABLE t ADD COLUMN name text;"),
    ])
}

#[test]
fn revisions_are_applied_once() {
    let database = database("apply_once");
    let mut session = database.session();
    let project = three();
    let done = project.upgrade(&mut session).unwrap();
    let ids: Vec<&str> = done.applied.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["a1", "a2", "a3"]);
    assert_eq!(value(&mut session, "SELECT count(*) FROM t"), "8");
    let again = project.upgrade(&mut session).unwrap();
    assert!(again.applied.is_empty());
    assert_eq!(value(&mut session, "SELECT count(*) FROM t"), "8");
    let counts = "SELECT (SELECT count(*) FROM zerodrift.revision) || ' ' || (SELECT count(*) FROM \
                  public.refinery_schema_history) || ' ' || (SELECT count(*) FROM zerodrift.attempt)";
    assert_eq!(value(&mut session, counts), "3 3 4");
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
    assert_eq!(value(&mut session, locks), "0");
    assert_eq!(value(&mut session, "SHOW row_security"), "on");
}

#[test]
fn a_failure_rolls_its_revision_back_and_keeps_the_ones_before() {
    let database = database("apply_failure");
    let mut session = database.session();
    let project = TestProject::chain(&[
        ("b1", "CREATE TABLE t (id int PRIMARY KEY);"),
        (
            "b2",
            "INSERT INTO t VALUES (1);\nINSERT INTO t\n  VALUES (1);\nINSERT INTO t VALUES (2);",
        ),
    ]);
    let error = project.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::RolledBack, "{}", shown(&error));
    let text = shown(&error);
    assert!(text.contains("b2_step.sql:6:1"), "{text}");
    assert!(text.contains("SQLSTATE 23505"), "{text}");
    assert!(text.contains("Key (id)=(1) already exists."), "{text}");
    assert_eq!(value(&mut session, "SELECT count(*) FROM t"), "0");
    assert_eq!(
        value(&mut session, "SELECT string_agg(id, ' ') FROM zerodrift.revision"),
        "b1"
    );
    let attempts =
        "SELECT string_agg(coalesce(revision, '') || ':' || outcome, ' ' ORDER BY id) FROM zerodrift.attempt";
    assert_eq!(value(&mut session, attempts), ":started b1:applied b2:failed");
    assert_eq!(
        value(
            &mut session,
            "SELECT sqlstate FROM zerodrift.attempt WHERE outcome = 'failed'"
        ),
        "23505"
    );
}

#[test]
fn error_positions_are_exact() {
    let cases = [
        ("SELECT 'é', nothing;", "5:13"),
        ("SELECT 1;\r\n\tSELECT nothing;", "6:9"),
        ("CREATE TABLE ok (id int); SELECT 'ünï', \"cöl\" FROM ok;", "5:41"),
        ("/* 😀 */ SELECT 1; /* 😀 */ SELECT nothing", "5:34"),
        ("SELEC 1;", "5:1"),
        ("SELECT 1 FROM ok WHERE;", "5:23"),
    ];
    for (mark, ending) in [("", "\n"), ("\u{feff}", "\n"), ("", "\r\n"), ("\u{feff}", "\r\n")] {
        for (sql, place) in cases {
            let database = database("apply_position");
            let mut session = database.session();
            let project = TestProject::chain(&[]);
            let header = ["/*---", "revision: c1", "parents: []", "---*/", ""].join(ending);
            project.file("c1_step.sql", &format!("{mark}{header}{sql}"));
            let error = project.upgrade(&mut session).unwrap_err();
            let text = shown(&error);
            assert!(
                text.contains(&format!("c1_step.sql:{place}\n")),
                "{sql:?} {mark:?} {ending:?}: {text}"
            );
        }
    }
}

#[test]
fn settings_of_a_file_do_not_leak() {
    let database = database("apply_leak");
    let mut session = database.session();
    let project = TestProject::chain(&[
        (
            "d1",
            "CREATE SCHEMA other; SET search_path = other; SET work_mem = '1MB'; CREATE TABLE t (id int);",
        ),
        (
            "d2",
            "CREATE TABLE t (id int); CREATE TABLE seen AS SELECT current_setting('work_mem') AS work_mem;",
        ),
    ]);
    project.upgrade(&mut session).unwrap();
    let tables = "SELECT string_agg(oid::regclass::text, ' ' ORDER BY relnamespace::regnamespace::text) FROM pg_class WHERE relname = 't'";
    assert_eq!(value(&mut session, tables), "other.t t");
    assert_ne!(value(&mut session, "SELECT work_mem FROM seen"), "1MB");
}

#[test]
fn what_switches_the_session_is_refused_or_rolled_back() {
    let database = database("apply_switch");
    let mut session = database.session();
    session.run("CREATE FUNCTION sneaky() RETURNS void LANGUAGE sql AS $$ SELECT set_config('row_security', 'on', true); $$").unwrap();
    session
        .run("CREATE FUNCTION unlock() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_unlock_all(); $$")
        .unwrap();
    let cases = [
        (
            "SET ROLE pg_monitor; SELECT 1;",
            Outcome::Findings,
            "SET ROLE cannot stand in a migration",
        ),
        (
            "DO $$ BEGIN SET LOCAL ROLE pg_monitor; END $$;",
            Outcome::Findings,
            "SET ROLE cannot stand in a migration",
        ),
        (
            "CREATE TABLE x (id int); SELECT sneaky();",
            Outcome::RolledBack,
            "row security was switched on",
        ),
        (
            "CREATE TABLE x (id int); SELECT unlock();",
            Outcome::PartWay,
            "the migrator lock was lost",
        ),
        (
            "COMMIT; CREATE TABLE x (id int);",
            Outcome::Findings,
            "COMMIT without BEGIN",
        ),
        (
            "CREATE INDEX CONCURRENTLY i ON pg_class (oid);",
            Outcome::Findings,
            "cannot run inside a transaction",
        ),
        ("COPY x FROM STDIN;", Outcome::Findings, "COPY through the client"),
        ("\\i other.sql", Outcome::Findings, "psql command"),
    ];
    for (sql, outcome, message) in cases {
        let project = TestProject::chain(&[("e1", sql)]);
        let error = project.upgrade(&mut session).unwrap_err();
        assert_eq!(error.outcome(), outcome, "{sql}: {}", shown(&error));
        assert!(shown(&error).contains(message), "{sql}: {}", shown(&error));
        assert_eq!(
            value(&mut session, "SELECT to_regclass('x') IS NULL"),
            "t",
            "{sql}"
        );
    }
}

#[test]
fn balanced_transactions_in_a_file_are_not_sent() {
    let database = database("apply_begin");
    let mut session = database.session();
    let project = TestProject::chain(&[("f1", "BEGIN; CREATE TABLE a (id int); COMMIT; SELECT 1/0;")]);
    assert_eq!(
        project.upgrade(&mut session).unwrap_err().outcome(),
        Outcome::RolledBack
    );
    assert_eq!(value(&mut session, "SELECT to_regclass('a') IS NULL"), "t");
}

#[test]
fn edits_are_told_apart() {
    let database = database("apply_edit");
    let mut session = database.session();
    let project = three();
    project.upgrade(&mut session).unwrap();
    project.revision(
        "a1",
        "",
        "",
        "create table t\n  ( id INT primary key ); -- same\n",
    );
    let done = project.upgrade(&mut session).unwrap();
    assert_eq!(done.findings.len(), 1);
    assert_eq!(done.findings[0].rule, "applied-revision-reformatted");
    project.revision("a1", "", "", "CREATE TABLE t (id bigint PRIMARY KEY);");
    let error = project.upgrade(&mut session).unwrap_err();
    let text = shown(&error);
    assert_eq!(error.outcome(), Outcome::Integrity, "{text}");
    assert!(text.contains("It was \"int\" when"), "{text}");
    assert!(text.contains("it is \"bigint\" now"), "{text}");
    assert!(text.contains("a1_step.sql:5:20"), "{text}");
}

#[test]
fn gaps_and_unknown_revisions_are_refused() {
    let database = database("apply_gap");
    let mut session = database.session();
    let project = TestProject::chain(&[
        ("g1", "CREATE TABLE a (id int);"),
        ("g3", "CREATE TABLE c (id int);"),
    ]);
    project.upgrade(&mut session).unwrap();
    project.revision("g2", "g1", "", "CREATE TABLE b (id int);");
    project.revision("g3", "g2", "", "CREATE TABLE c (id int);");
    let error = project.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Integrity);
    assert!(
        shown(&error).contains("\"g2\" is not applied, but a descendant is"),
        "{}",
        shown(&error)
    );
    let fill = Settings {
        gaps: Gaps::Fill,
        ..Settings::default()
    };
    let done = project.upgrade_with(&mut session, &fill).unwrap();
    assert_eq!(done.applied.len(), 1);
    let other = TestProject::chain(&[("g1", "CREATE TABLE a (id int);")]);
    let error = other.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Integrity);
    assert!(
        shown(&error).contains("applied-revision-unknown"),
        "{}",
        shown(&error)
    );
}

#[test]
fn several_heads_need_a_choice() {
    let database = database("apply_heads");
    let mut session = database.session();
    let project = TestProject::chain(&[("h1", "SELECT 1;")]);
    project.revision("h2", "h1", "labels: [left]\n", "SELECT 2;");
    project.revision("h3", "h1", "", "SELECT 3;");
    let settings = Settings::default();
    let error = project
        .upgrade_to(&mut session, "head", &settings, &mut Silent)
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Findings);
    let allowed = Settings {
        allowed_heads: vec!["left".to_owned()],
        ..Settings::default()
    };
    let done = project
        .upgrade_to(&mut session, "head", &allowed, &mut Silent)
        .unwrap();
    let applied: Vec<&str> = done.applied.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(
        applied,
        ["h1", "h3"],
        "the branch that keeps its head is run only when it is named"
    );
    let error = project
        .upgrade_to(&mut session, "nothing", &settings, &mut Silent)
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Usage);
}

#[test]
fn one_transaction_for_all_and_dry_run() {
    let database = database("apply_all");
    let mut session = database.session();
    let project = TestProject::chain(&[("i1", "CREATE TABLE t (id int);"), ("i2", "SELECT 1/0;")]);
    let all = Settings {
        transactions: Transactions::All,
        ..Settings::default()
    };
    assert_eq!(
        project.upgrade_with(&mut session, &all).unwrap_err().outcome(),
        Outcome::RolledBack
    );
    assert_eq!(value(&mut session, "SELECT to_regclass('t') IS NULL"), "t");
    let good = three();
    let dry = Settings {
        dry_run: true,
        ..Settings::default()
    };
    let fresh = crate::support::database("apply_dry");
    let mut session = fresh.session();
    assert_eq!(good.upgrade_with(&mut session, &dry).unwrap().applied.len(), 3);
    assert_eq!(
        value(
            &mut session,
            "SELECT count(*) FROM pg_namespace WHERE nspname = 'zerodrift'"
        ),
        "0"
    );
    assert_eq!(value(&mut session, "SELECT to_regclass('t') IS NULL"), "t");
    assert_eq!(good.upgrade_with(&mut session, &all).unwrap().applied.len(), 3);
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM zerodrift.revision"),
        "3"
    );
}

#[test]
fn a_lock_is_waited_for_and_its_holder_named() {
    let database = database("apply_blocked");
    let mut session = database.session();
    session.run("CREATE TABLE t (id int)").unwrap();
    let mut other = database.session();
    other.run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE").unwrap();
    let project = TestProject::chain(&[("j1", "ALTER TABLE t ADD COLUMN x int;")]);
    let retries = Retries {
        attempts: 2,
        pause_to: Duration::from_millis(600),
        ..Retries::default()
    };
    let settings = Settings {
        lock_timeout: Duration::from_millis(1500),
        retries,
        ..Settings::default()
    };
    let error = project.upgrade_with(&mut session, &settings).unwrap_err();
    let text = shown(&error);
    assert_eq!(error.outcome(), Outcome::RolledBack, "{text}");
    assert!(
        text.contains("SQLSTATE 55P03") && text.contains("Tried 2 times."),
        "{text}"
    );
    assert!(
        text.contains(&format!("Blocked by pid {}, role", other.backend_pid())),
        "{text}"
    );
    assert!(
        text.contains("idle in transaction for") && text.contains("LOCK TABLE t"),
        "{text}"
    );
    other.run("ROLLBACK").unwrap();
    assert_eq!(project.upgrade(&mut session).unwrap().applied.len(), 1);
}

#[test]
fn of_two_migrators_one_works() {
    for _ in 0..20 {
        let database = database("apply_race");
        let project = TestProject::chain(&[
            ("k1", "CREATE TABLE t (n int);"),
            ("k2", "INSERT INTO t VALUES (1); SELECT pg_sleep(0.05);"),
        ]);
        let outcomes: Vec<Result<usize, Outcome>> = std::thread::scope(|scope| {
            let run = || {
                let mut session = database.session();
                match project.upgrade(&mut session) {
                    Ok(done) => Ok(done.applied.len()),
                    Err(error) => Err(error.outcome()),
                }
            };
            let threads = [scope.spawn(run), scope.spawn(run)];
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let worked = outcomes.iter().filter(|outcome| **outcome == Ok(2)).count();
        let stood_by = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Ok(0) | Err(Outcome::Locked)))
            .count();
        assert_eq!((worked, stood_by), (1, 1), "{outcomes:?}");
        assert_eq!(value(&mut database.session(), "SELECT count(*) FROM t"), "1");
    }
}

#[test]
fn waiting_for_the_other_migrator() {
    let database = database("apply_wait");
    let project = three();
    let settings = Settings {
        wait: Some(Duration::from_secs(10)),
        ..Settings::default()
    };
    std::thread::scope(|scope| {
        let run = || {
            project
                .upgrade_with(&mut database.session(), &settings)
                .unwrap()
                .applied
                .len()
        };
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
        let mut counts: Vec<usize> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        counts.sort_unstable();
        assert_eq!(counts, [0, 0, 3]);
    });
}

#[test]
fn stamp_records_without_running() {
    let database = database("apply_stamp");
    let mut session = database.session();
    let project = three();
    let settings = Settings::default();
    let stamped = apply::stamp(&mut session, &project.load(), "a2", &settings, &mut Silent).unwrap();
    assert_eq!(stamped.revisions.len(), 2);
    assert_eq!(value(&mut session, "SELECT to_regclass('t') IS NULL"), "t");
    assert_eq!(
        value(
            &mut session,
            "SELECT string_agg(id || how, ' ' ORDER BY id) FROM zerodrift.revision"
        ),
        "a1stamped a2stamped"
    );
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM refinery_schema_history"),
        "2"
    );
    let status = apply::status(&mut session, &project.load(), &settings).unwrap();
    assert_eq!((status.applied.len(), status.pending.len()), (2, 1));
}

#[test]
fn down_files_take_back_in_reverse_order() {
    let database = database("apply_down");
    let mut session = database.session();
    let project = three();
    project.upgrade(&mut session).unwrap();
    let settings = Settings::default();
    let error = apply::downgrade(&mut session, &project.load(), "a1", &settings, &mut Silent).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Findings);
    assert!(
        shown(&error).contains("\"a3\" has no down file"),
        "{}",
        shown(&error)
    );
    project.file("a2_step.down.sql", "DELETE FROM t;");
    project.file("a3_step.down.sql", "ALTER TABLE t DROP COLUMN name;");
    let error = apply::downgrade(&mut session, &project.load(), "a1", &settings, &mut Silent).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Findings);
    assert!(
        shown(&error).contains("down file of revision \"a2\" removes rows of table \"t\""),
        "{}",
        shown(&error)
    );
    let settings = Settings {
        data_loss: apply::DataLoss::Allow,
        ..settings
    };
    let done = apply::downgrade(&mut session, &project.load(), "a1", &settings, &mut Silent).unwrap();
    let ids: Vec<&str> = done.reverted.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["a3", "a2"]);
    assert_eq!(value(&mut session, "SELECT count(*) FROM t"), "0");
    assert_eq!(
        value(&mut session, "SELECT string_agg(id, ' ') FROM zerodrift.revision"),
        "a1"
    );
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM refinery_schema_history"),
        "1"
    );
    assert_eq!(project.upgrade(&mut session).unwrap().applied.len(), 2);
}

#[test]
fn verify_files_can_fail() {
    let cases = [
        ("SELECT true; SELECT x FROM (VALUES (true), (true)) v(x);", None),
        ("SELECT false;", Some("a row is false")),
        ("SELECT null::boolean;", Some("a row is null")),
        ("SELECT true WHERE false;", Some("it returned no row")),
        ("SELECT 1;", Some("its column is of type int4, not boolean")),
        ("SELECT 't';", Some("its column is of type text, not boolean")),
        ("SELECT true, true;", Some("a row has 2 columns")),
        ("SELECT nothing;", Some("column \"nothing\" does not exist")),
    ];
    for (verify, expected) in cases {
        let database = database("apply_verify");
        let mut session = database.session();
        let project = TestProject::chain(&[("l1", "CREATE TABLE t (id int);")]);
        project.file("l1_step.verify.sql", verify);
        match (project.upgrade(&mut session), expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) => {
                assert_eq!(error.outcome(), Outcome::Unverified, "{}", shown(&error));
                assert!(shown(&error).contains(expected), "{}", shown(&error));
                assert!(
                    shown(&error).contains("l1_step.verify.sql:1:"),
                    "{}",
                    shown(&error)
                );
                assert_eq!(value(&mut session, "SELECT to_regclass('t') IS NULL"), "t");
            }
            (result, _) => panic!("{verify}: {:?}", result.map_err(|error| shown(&error))),
        }
    }
}

#[test]
fn passwords_stay_out_of_errors_and_ledger() {
    let database = database("apply_secret");
    let mut session = database.session();
    let project = TestProject::chain(&[("m1", "CREATE ROLE no_such_option PASSWORD 'hunter2' NONSENSE;")]);
    let error = project.upgrade(&mut session).unwrap_err();
    assert!(!shown(&error).contains("hunter2"), "{}", shown(&error));
    let good = TestProject::chain(&[(
        "m1",
        "DO $$ BEGIN IF false THEN CREATE ROLE x PASSWORD 'hunter2'; END IF; END $$;",
    )]);
    good.upgrade(&mut session).unwrap();
    let ledger = "SELECT (SELECT string_agg(r::text, '') FROM zerodrift.revision r) || (SELECT string_agg(a::text, '') FROM zerodrift.attempt a)";
    let text = value(&mut session, ledger);
    assert!(!text.contains("hunter2") && text.contains("PASSWORD"), "{text}");
}

#[test]
fn a_role_bound_by_row_security_is_refused() {
    let database = database("apply_role");
    let role = database.role("apply_member", "LOGIN IN ROLE pg_monitor");
    let mut session = zerodrift::pg::Session::open(&database.target.with_user(&role), "test").unwrap();
    let error = three().upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unfit);
    assert!(
        shown(&error).contains("neither superuser nor BYPASSRLS"),
        "{}",
        shown(&error)
    );
}

#[test]
fn a_file_of_20_megabytes_works() {
    let database = database("apply_large");
    let mut session = database.session();
    let row = format!("INSERT INTO t VALUES ('{}');\n", "x".repeat(10_000));
    let project = TestProject::chain(&[("n1", &format!("CREATE TABLE t (a text);\n{}", row.repeat(2_000)))]);
    project
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(value(&mut session, "SELECT count(*) FROM t"), "2000");
    let one = TestProject::chain(&[
        ("n1", &format!("CREATE TABLE t (a text);\n{}", row.repeat(2_000))),
        (
            "n2",
            &format!("INSERT INTO t VALUES ('{}');", "y".repeat(20_000_000)),
        ),
    ]);
    one.upgrade(&mut session).map_err(|error| shown(&error)).unwrap();
    assert_eq!(value(&mut session, "SELECT max(length(a)) FROM t"), "20000000");
}

#[test]
fn timeouts_of_single_statements() {
    let database = database("apply_timeout");
    let mut session = database.session();
    let project = TestProject::chain(&[(
        "o1",
        "--: statement-timeout 100ms\nSELECT 1;\nSELECT pg_sleep(0.2);\n--: statement-timeout 100ms\nSELECT pg_sleep(5);",
    )]);
    let error = project.upgrade(&mut session).unwrap_err();
    let text = shown(&error);
    assert!(
        text.contains("SQLSTATE 57014") && text.contains("o1_step.sql:9:1"),
        "{text}"
    );
    assert!(text.contains("--: statement-timeout"), "{text}");
}

#[test]
fn verify_file_without_a_statement_is_refused() {
    let database = database("apply_verify_empty");
    let mut session = database.session();
    let project = TestProject::chain(&[("v1", "SELECT 1;")]);
    project.file("v1_step.verify.sql", "-- nothing to see\n");
    let error = project.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Findings, "{}", shown(&error));
    assert!(shown(&error).contains("has no statement"), "{}", shown(&error));
}

#[test]
fn down_files_of_empty_tables_lose_nothing() {
    let database = database("apply_down_empty");
    let mut session = database.session();
    let project = TestProject::chain(&[
        (
            "a1",
            "CREATE TABLE t (a int); CREATE SCHEMA s; CREATE TABLE s.u (a int);",
        ),
        ("a2", "ALTER TABLE t ADD COLUMN b int;"),
    ]);
    project.file(
        "a1_step.down.sql",
        "DROP TABLE t; DROP SCHEMA s CASCADE; DROP TABLE IF EXISTS nothing;",
    );
    project.file("a2_step.down.sql", "ALTER TABLE t DROP COLUMN b;");
    project.upgrade(&mut session).unwrap();
    let settings = Settings::default();
    let down = |session: &mut _| apply::downgrade(session, &project.load(), "base", &settings, &mut Silent);
    for (sql, expected) in [
        ("INSERT INTO t VALUES (1, NULL)", "rows of table \"t\""),
        (
            "DELETE FROM t; INSERT INTO s.u VALUES (1)",
            "tables with rows in schema \"s\"",
        ),
        (
            "TRUNCATE s.u; INSERT INTO t VALUES (1, 1)",
            "values of column \"b\" of table \"t\"",
        ),
    ] {
        session.run(sql).unwrap();
        let error = down(&mut session).unwrap_err();
        assert!(shown(&error).contains(expected), "{}", shown(&error));
    }
    session.run("DELETE FROM t").unwrap();
    assert_eq!(
        down(&mut session)
            .map_err(|error| shown(&error))
            .unwrap()
            .reverted
            .len(),
        2
    );
}

#[test]
fn a_downgrade_does_not_go_below_a_half_done_revision() {
    let database = database("apply_down_half");
    let mut session = database.session();
    let project = TestProject::chain(&[("a1", "CREATE TABLE t (a int);")]);
    project.file("a1_step.down.sql", "DROP TABLE t;");
    project.revision(
        "s2",
        "a1",
        "transaction: false\n",
        "INSERT INTO t VALUES (1);\nSELECT 1 / 0;",
    );
    assert_eq!(
        project.upgrade(&mut session).unwrap_err().outcome(),
        Outcome::PartWay
    );
    let settings = Settings {
        data_loss: apply::DataLoss::Allow,
        ..Settings::default()
    };
    let error = apply::downgrade(&mut session, &project.load(), "base", &settings, &mut Silent).unwrap_err();
    assert_eq!(error.outcome(), Outcome::PartWay, "{}", shown(&error));
    assert!(
        shown(&error).contains("revision \"s2\" is half-done"),
        "{}",
        shown(&error)
    );
    assert_eq!(value(&mut session, "SELECT count(*) FROM t"), "1");
}

#[test]
fn a_verify_file_that_waits_too_long_is_repeated() {
    for keys in ["", "transaction: false\n"] {
        let database = database("apply_verify_waits");
        let mut session = database.session();
        session.run("CREATE TABLE t (a int)").unwrap();
        let project = TestProject::chain(&[]);
        project.revision("a1", "", keys, "CREATE TABLE u (a int);");
        project.file("a1_step.verify.sql", "SELECT count(*) = 0 FROM t;");
        let settings = Settings {
            lock_timeout: std::time::Duration::from_millis(100),
            retries: apply::Retries {
                pause_from: std::time::Duration::from_millis(200),
                pause_to: std::time::Duration::from_millis(300),
                ..apply::Retries::default()
            },
            ..Settings::default()
        };
        let mut holder = database.session();
        holder.run("BEGIN; LOCK TABLE t").unwrap();
        let few = Settings {
            retries: apply::Retries {
                attempts: 1,
                ..settings.retries
            },
            ..settings.clone()
        };
        let error = project.upgrade_with(&mut session, &few).unwrap_err();
        let text = shown(&error);
        assert_ne!(error.outcome(), Outcome::Unverified, "{text}");
        assert!(
            text.contains("could not verify (") && text.contains("a1_step.verify.sql:1"),
            "{text}"
        );
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(700));
                holder.run("COMMIT").unwrap();
            });
            let done = project.upgrade_with(&mut session, &settings);
            done.map_err(|error| shown(&error)).unwrap();
        });
        assert_eq!(
            value(&mut session, "SELECT count(*) FROM zerodrift.revision"),
            "1"
        );
    }
}

#[test]
fn what_a_file_drops_of_ours_is_prepared_again() {
    let database = database("apply_deallocate");
    let mut session = database.session();
    let project = TestProject::chain(&[
        ("p1", "CREATE TABLE t (a int);"),
        ("p2", "DEALLOCATE ALL; INSERT INTO t VALUES (2);"),
        // Seen by nobody before it runs: the transaction is repeated.
        (
            "p3",
            "DO $$ BEGIN EXECUTE 'DEALLO' || 'CATE ALL'; INSERT INTO t VALUES (3); END $$;",
        ),
        ("p4", "INSERT INTO t VALUES (4);"),
    ]);
    let done = project.upgrade(&mut session).map_err(|error| shown(&error));
    assert_eq!(done.unwrap().applied.len(), 4);
    let rows = "SELECT string_agg(a::text, ' ' ORDER BY a) FROM t";
    assert_eq!(value(&mut session, rows), "2 3 4");
    let ledger = "SELECT string_agg(revision || ' ' || outcome, ', ' ORDER BY id) FROM zerodrift.attempt WHERE revision IS NOT NULL";
    assert_eq!(
        value(&mut session, ledger),
        "p1 applied, p2 applied, p3 applied, p4 applied"
    );
    let left = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'zerodrift%'";
    assert_eq!(value(&mut session, left), "0");
}
