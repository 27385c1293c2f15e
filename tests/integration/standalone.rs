//! Files outside a transaction, clients that die and runs that are interrupted.

use std::time::{Duration, Instant};

use zerodrift::apply::{Event, Interrupt, Progress, Settings};
use zerodrift::model::Outcome;

use crate::support::chain::{TestProject, shown, value};
use crate::support::database;

const STANDALONE: &str = "transaction: false\n";

fn standalone(id: &str, parents: &str, sql: &str, project: &TestProject) {
    project.revision(id, parents, STANDALONE, sql);
}

#[test]
fn steps_commit_one_by_one_and_are_journalled() {
    let database = database("standalone_steps");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (id int, a int); INSERT INTO t SELECT generate_series(1, 9), 0")
        .unwrap();
    let project = TestProject::chain(&[]);
    standalone(
        "s1",
        "",
        "CREATE INDEX CONCURRENTLY t_id ON t (id);\nBEGIN;\nUPDATE t SET a = a + 1;\nCREATE TABLE u (id int);\nCOMMIT;\n\
         --: backfill table=t expect=all\nUPDATE t SET a = a + 1;\n--: end\nVACUUM t;\nDO $$ BEGIN UPDATE t SET a = a + 1; COMMIT; END $$;",
        &project,
    );
    project
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    let journal = "SELECT string_agg(number || ':' || outcome || ':' || rows, ' ' ORDER BY number) FROM zerodrift.statement";
    assert_eq!(
        value(&mut session, journal),
        "1:done:0 2:done:0 3:done:9 4:done:0 5:done:0"
    );
    assert_eq!(
        value(
            &mut session,
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_id'::regclass"
        ),
        "t"
    );
    assert_eq!(
        value(&mut session, "SELECT min(a) || ' ' || max(a) FROM t"),
        "3 3"
    );
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM zerodrift.revision"),
        "1"
    );
    assert_eq!(value(&mut session, "SHOW lock_timeout"), "0");
}

#[test]
fn a_failed_step_is_resumed_and_no_effect_is_repeated() {
    let database = database("standalone_resume");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (a int); INSERT INTO t VALUES (0)")
        .unwrap();
    let project = TestProject::chain(&[]);
    standalone(
        "s1",
        "",
        "UPDATE t SET a = a + 1;\nSELECT 1 / (SELECT count(*) FROM gate);\nUPDATE t SET a = a + 10;",
        &project,
    );
    let error = project.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::PartWay, "{}", shown(&error));
    assert!(
        shown(&error).contains("The steps before it are done and stay done"),
        "{}",
        shown(&error)
    );
    assert_eq!(value(&mut session, "SELECT a FROM t"), "1");
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM zerodrift.revision"),
        "0"
    );
    session.run("CREATE TABLE gate AS SELECT 1").unwrap();
    project
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(value(&mut session, "SELECT a FROM t"), "11");
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM zerodrift.revision"),
        "1"
    );
}

#[test]
fn a_first_step_that_fails_changed_nothing() {
    let database = database("standalone_first");
    let mut session = database.session();
    let project = TestProject::chain(&[]);
    standalone("s1", "", "SELECT 1 / 0;", &project);
    assert_eq!(
        project.upgrade(&mut session).unwrap_err().outcome(),
        Outcome::RolledBack
    );
}

#[test]
fn a_half_built_index_is_removed_and_built_again() {
    let database = database("standalone_doubt");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 1), (1, 2)")
        .unwrap();
    let project = TestProject::chain(&[]);
    standalone(
        "s1",
        "",
        "CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);",
        &project,
    );
    let error = project.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::PartWay, "{}", shown(&error));
    let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_a'::regclass";
    assert_eq!(value(&mut session, valid), "f");
    // One of the same name that is another index is nobody's leftover.
    session.run("DROP INDEX t_a; CREATE INDEX t_a ON t (b)").unwrap();
    let error = project.upgrade(&mut session).unwrap_err();
    let text = shown(&error);
    assert_eq!(error.outcome(), Outcome::PartWay, "{text}");
    assert!(
        text.contains("step 1 of revision \"s1\" is in doubt")
            && text.contains("s1_step.sql:6:1")
            && text.contains("Index public.t_a is there with another definition"),
        "{text}"
    );
    assert_eq!(value(&mut session, valid), "t");
    session.run("DROP INDEX t_a").unwrap();
    session
        .run("CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)")
        .unwrap_err();
    session.run("DELETE FROM t").unwrap();
    project
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(value(&mut session, valid), "t");
}

#[test]
fn a_step_without_outcome_is_redone_only_if_it_was_atomic() {
    let database = database("standalone_crash");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (a int); CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'")
        .unwrap();
    let first = TestProject::chain(&[("r0", "SELECT 1;")]);
    first.upgrade(&mut session).unwrap();
    let project = TestProject::chain(&[("r0", "SELECT 1;")]);
    standalone(
        "s1",
        "r0",
        "INSERT INTO t VALUES (1);\nCALL p();\nSELECT 1 / 0;",
        &project,
    );
    assert_eq!(
        project.upgrade(&mut session).unwrap_err().outcome(),
        Outcome::PartWay
    );
    // As a server crash between the step and its outcome leaves it.
    session
        .run("UPDATE zerodrift.statement SET outcome = NULL, backend_pid = 1 WHERE number = 2")
        .unwrap();
    let error = project.upgrade(&mut session).unwrap_err();
    assert!(
        shown(&error).contains("step 2 of revision \"s1\" is in doubt"),
        "{}",
        shown(&error)
    );
    session.run("UPDATE zerodrift.statement SET outcome = 'done' WHERE number = 2; UPDATE zerodrift.statement SET outcome = NULL WHERE number = 3").unwrap();
    let error = project.upgrade(&mut session).unwrap_err();
    assert!(shown(&error).contains("division by zero"), "{}", shown(&error));
    assert_eq!(value(&mut session, "SELECT count(*) FROM t"), "1");
}

#[test]
fn toggles_and_expectations_in_standalone_files() {
    let database = database("standalone_section");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2)")
        .unwrap();
    let project = TestProject::chain(&[]);
    standalone(
        "s1",
        "",
        "--: backfill table=t rls=toggle\nUPDATE t SET a = 1;\n--: end",
        &project,
    );
    let error = project.upgrade(&mut session).unwrap_err();
    assert!(
        shown(&error).contains("rls=toggle cannot be used"),
        "{}",
        shown(&error)
    );
    standalone(
        "s1",
        "",
        "--: backfill table=t expect=all\nUPDATE t SET a = 5 WHERE a = 1;\n--: end",
        &project,
    );
    let error = project.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unverified, "{}", shown(&error));
    assert_eq!(value(&mut session, "SELECT count(*) FROM t WHERE a = 5"), "0");
}

#[test]
fn a_dead_clients_backend_is_named_and_not_joined() {
    let database = database("standalone_dead");
    let mut admin = database.session();
    admin.run("CREATE TABLE t (a int)").unwrap();
    let project = TestProject::chain(&[("x1", "INSERT INTO t VALUES (1); SELECT pg_sleep(60);")]);
    let settings = Settings::default();
    let lock = settings.lock_key();
    // The client's connection stays open here, as a dead client's does until the server notices.
    let mut orphan = database.session();
    orphan.run(&format!("SELECT pg_advisory_lock({lock})")).unwrap();
    let pid = orphan.backend_pid();
    std::thread::scope(|scope| {
        let working = scope.spawn(move || orphan.run("SELECT pg_sleep(5)"));
        std::thread::sleep(Duration::from_millis(200));
        let error = project.upgrade(&mut database.session()).unwrap_err();
        let text = shown(&error);
        assert_eq!(error.outcome(), Outcome::Locked, "{text}");
        assert!(
            text.contains(&format!("pid {pid}")) && text.contains("SELECT pg_sleep(5)"),
            "{text}"
        );
        admin.run(&format!("SELECT pg_terminate_backend({pid})")).unwrap();
        assert!(working.join().unwrap().is_err());
    });
    assert_eq!(value(&mut admin, "SELECT count(*) FROM t"), "0");
}

#[test]
fn an_interrupt_ends_the_statement_and_rolls_back() {
    let database = database("standalone_interrupt");
    let mut session = database.session();
    let project = TestProject::chain(&[
        ("x1", "CREATE TABLE t (a int);"),
        ("x2", "CREATE TABLE u (a int); SELECT pg_sleep(60);"),
    ]);
    for (signal, outcome) in [(2, Outcome::Interrupted), (15, Outcome::Terminated)] {
        let interrupt = Interrupt::default();
        let settings = Settings {
            interrupt: interrupt.clone(),
            ..Settings::default()
        };
        let begun = Instant::now();
        let error = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                interrupt.raise(signal);
            });
            project.upgrade_with(&mut session, &settings).unwrap_err()
        });
        assert_eq!(error.outcome(), outcome, "{}", shown(&error));
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert_eq!(
            value(
                &mut session,
                "SELECT (to_regclass('u') IS NULL) || ' ' || count(*) FROM zerodrift.revision"
            ),
            "true 1"
        );
        assert_eq!(
            value(
                &mut session,
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            ),
            "0"
        );
    }
}

#[test]
fn a_connection_that_dies_in_a_migration_leaves_nothing() {
    let database = database("standalone_lost");
    let mut admin = database.session();
    let mut session = database.session();
    let pid = session.backend_pid();
    let project = TestProject::chain(&[("x1", "CREATE TABLE t (a int); SELECT pg_sleep(60);")]);
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            admin.run(&format!("SELECT pg_terminate_backend({pid})")).unwrap();
        });
        project.upgrade(&mut session).unwrap_err()
    });
    assert_eq!(error.outcome(), Outcome::RolledBack, "{}", shown(&error));
    assert_eq!(
        value(&mut database.session(), "SELECT to_regclass('t') IS NULL"),
        "t"
    );
    let again = TestProject::chain(&[("x1", "CREATE TABLE t (a int);")]);
    assert_eq!(again.upgrade(&mut database.session()).unwrap().applied.len(), 1);
}

#[test]
fn a_half_done_file_does_not_become_transactional() {
    let database = database("standalone_mode");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (a int); INSERT INTO t VALUES (0)")
        .unwrap();
    let project = TestProject::chain(&[]);
    standalone("s1", "", "UPDATE t SET a = a + 1;\nSELECT 1 / 0;", &project);
    assert_eq!(
        project.upgrade(&mut session).unwrap_err().outcome(),
        Outcome::PartWay
    );
    let changed = TestProject::chain(&[("s1", "UPDATE t SET a = a + 1;\nSELECT 1;")]);
    let error = changed.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Integrity, "{}", shown(&error));
    assert!(
        shown(&error).contains("half-done revision \"s1\" is transactional now"),
        "{}",
        shown(&error)
    );
    assert_eq!(value(&mut session, "SELECT a FROM t"), "1");
}

#[test]
fn a_procedure_that_committed_and_failed_is_in_doubt() {
    let database = database("standalone_call");
    let mut session = database.session();
    session
        .run(
            "CREATE TABLE t (a int); INSERT INTO t VALUES (0);
             CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET a = a + 1; COMMIT; PERFORM 1 / 0; END $$",
        )
        .unwrap();
    for call in [
        "CALL p();",
        "CALL /* edited */ p ( );",
        "DO $$ BEGIN CALL p(); END $$;",
    ] {
        session
            .run("UPDATE t SET a = 0; DROP SCHEMA IF EXISTS zerodrift CASCADE")
            .unwrap();
        let project = TestProject::chain(&[]);
        standalone("s1", "", call, &project);
        let error = project.upgrade(&mut session).unwrap_err();
        assert_eq!(error.outcome(), Outcome::PartWay, "{}", shown(&error));
        assert!(!shown(&error).contains("steps before it"), "{}", shown(&error));
        let error = project.upgrade(&mut session).unwrap_err();
        assert!(
            shown(&error).contains("step 1 of revision \"s1\" is in doubt"),
            "{}",
            shown(&error)
        );
        assert_eq!(value(&mut session, "SELECT a FROM t"), "1", "{call}");
    }
}

#[test]
fn what_an_edited_step_left_is_removed_before_the_new_one_runs() {
    let database = database("standalone_edited");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)")
        .unwrap();
    let project = TestProject::chain(&[]);
    standalone(
        "s1",
        "",
        "CREATE UNIQUE INDEX\n  CONCURRENTLY t_a ON t (a);",
        &project,
    );
    project.upgrade(&mut session).unwrap_err();
    standalone(
        "s1",
        "",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a DESC);",
        &project,
    );
    project
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(
        value(&mut session, "SELECT pg_get_indexdef('t_a'::regclass)"),
        "CREATE INDEX t_a ON public.t USING btree (a DESC)"
    );
}

#[test]
fn an_invalid_index_is_not_one_that_exists() {
    let database = database("standalone_invalid");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)")
        .unwrap();
    session
        .run("CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)")
        .unwrap_err();
    let project = TestProject::chain(&[]);
    standalone(
        "s1",
        "",
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a);",
        &project,
    );
    let error = project.upgrade(&mut session).unwrap_err();
    assert!(
        shown(&error).contains("index \"t_a\" exists and is invalid"),
        "{}",
        shown(&error)
    );
    let inside = TestProject::chain(&[("x1", "CREATE INDEX IF NOT EXISTS t_a ON t (a);")]);
    let error = inside.upgrade(&mut session).unwrap_err();
    assert!(
        shown(&error).contains("index \"t_a\" exists and is invalid"),
        "{}",
        shown(&error)
    );
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM zerodrift.revision"),
        "0"
    );
}

#[test]
fn a_lost_migrator_lock_ends_the_file() {
    let database = database("standalone_unlocked");
    let mut session = database.session();
    session
        .run(
            "CREATE TABLE t (a int); CREATE FUNCTION unlock() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_unlock_all()'",
        )
        .unwrap();
    let project = TestProject::chain(&[]);
    standalone("s1", "", "SELECT unlock();\nINSERT INTO t VALUES (1);", &project);
    let error = project.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::PartWay, "{}", shown(&error));
    assert!(
        shown(&error).contains("the migrator lock was lost"),
        "{}",
        shown(&error)
    );
    assert_eq!(value(&mut session, "SELECT count(*) FROM t"), "0");
}

#[test]
fn a_dry_run_reaches_nothing_outside() {
    let database = database("standalone_dry");
    let mut session = database.session();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("made");
    let project = TestProject::chain(&[(
        "x1",
        &format!("COPY (SELECT 1) TO PROGRAM 'cat > {}';", file.display()),
    )]);
    let settings = Settings {
        dry_run: true,
        ..Settings::default()
    };
    let done = project
        .upgrade_with(&mut session, &settings)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(done.untried.len(), 1);
    assert!(done.applied.is_empty() && !file.exists());
}

/// Counts what a run tells of its long statements.
#[derive(Default)]
struct Stages(Vec<String>);

impl Progress for Stages {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Working { .. } = event {
            self.0.push(event.to_string());
        }
    }
}

#[test]
fn a_build_may_work_longer_than_it_may_wait() {
    let database = database("standalone_budget");
    let mut session = database.session();
    session
        .run(
            "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 30);
             CREATE FUNCTION slow(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql
             AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN a; END $$",
        )
        .unwrap();
    let project = TestProject::chain(&[]);
    standalone(
        "s1",
        "",
        "CREATE INDEX CONCURRENTLY t_a ON t (slow(a));",
        &project,
    );
    let settings = Settings {
        wait_budget: Duration::from_secs(1),
        ..Settings::default()
    };
    let (mut stages, begun) = (Stages::default(), Instant::now());
    project
        .upgrade_to(&mut session, "heads", &settings, &mut stages)
        .map_err(|error| shown(&error))
        .unwrap();
    assert!(
        begun.elapsed() > Duration::from_secs(2),
        "the build was too fast to tell"
    );
    assert!(
        stages
            .0
            .iter()
            .any(|text| text.contains("s1, statement 1: building index")),
        "{:?}",
        stages.0
    );
}

#[test]
fn a_build_does_not_wait_for_ever() {
    let database = database("standalone_waits");
    let mut session = database.session();
    session.run("CREATE TABLE t (a int)").unwrap();
    let project = TestProject::chain(&[]);
    standalone("s1", "", "CREATE INDEX CONCURRENTLY t_a ON t (a);", &project);
    let settings = Settings {
        wait_budget: Duration::from_secs(1),
        ..Settings::default()
    };
    let mut writer = database.session();
    writer.run("BEGIN; INSERT INTO t VALUES (1)").unwrap();
    let pid = writer.backend_pid();
    let error = project.upgrade_with(&mut session, &settings).unwrap_err();
    let text = shown(&error);
    assert_eq!(error.outcome(), Outcome::PartWay, "{text}");
    assert!(
        text.contains("had waited 1 s for locks and old snapshots") && text.contains(&format!("pid {pid}")),
        "{text}"
    );
    writer.run("COMMIT").unwrap();
    project
        .upgrade_with(&mut session, &settings)
        .map_err(|error| shown(&error))
        .unwrap();
}

#[test]
fn a_dry_run_tries_what_it_can_and_names_the_rest() {
    let database = database("standalone_dry_steps");
    let mut session = database.session();
    session.run("CREATE TABLE t (a int)").unwrap();
    let project = TestProject::chain(&[("d1", "CREATE TABLE u (a int);")]);
    standalone(
        "d2",
        "d1",
        "INSERT INTO t VALUES (1);\nCREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);\nVACUUM t;",
        &project,
    );
    project.revision("d3", "d2", "", "INSERT INTO u VALUES (1);");
    project.revision("d4", "d3", "", "ALTER TABLE t ADD PRIMARY KEY USING INDEX t_a;");
    project.revision("d5", "d4", "", "INSERT INTO u VALUES (2);");
    let settings = Settings {
        dry_run: true,
        ..Settings::default()
    };
    let done = project
        .upgrade_with(&mut session, &settings)
        .map_err(|error| shown(&error))
        .unwrap();
    let tried: Vec<&str> = done.applied.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(tried, ["d1", "d2", "d3", "d5"]);
    let untried: Vec<String> = done
        .untried
        .iter()
        .map(|untried| format!("{} {:?} {}", untried.revision, untried.step, untried.why))
        .collect();
    assert_eq!(untried.len(), 3, "{untried:?}");
    assert!(
        untried[0].starts_with("d2 Some(2) it cannot run in a transaction: CREATE UNIQUE INDEX"),
        "{untried:?}"
    );
    assert!(
        untried[1].starts_with("d2 Some(3)") && untried[2].starts_with("d4 None it failed"),
        "{untried:?}"
    );
    let left = "SELECT (to_regclass('u') IS NULL) || ' ' || (to_regnamespace('zerodrift') IS NULL) || ' ' || count(*) FROM t";
    assert_eq!(value(&mut session, left), "true true 0");
    // Before anything was left out, a failure is one.
    let broken = TestProject::chain(&[("d1", "CREATE TABLE u (a int);"), ("d2", "SELECT 1 / 0;")]);
    let error = broken.upgrade_with(&mut session, &settings).unwrap_err();
    assert_eq!(error.outcome(), Outcome::RolledBack, "{}", shown(&error));
}
