//! Clients that die in the middle of a long statement: nobody works beside the backend that they leave.
//!
//! Each kind of statement once by default; `ZERODRIFT_ORPHANS` is how often in all.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use zerodrift::pg::Session;

use crate::support::bouncer::{self, Bouncer};
use crate::support::chain::value;
use crate::support::project::Project;
use crate::support::{TestDatabase, database};

/// A long statement, and how to tell that it took effect exactly once.
struct Kind {
    name: &'static str,
    keys: &'static str,
    sql: &'static str,
    /// What the working statement is known by in pg_stat_activity.
    working: &'static str,
    /// An expression that is true at the end.
    once: &'static str,
    /// Held by a session of the test until shortly after the client died.
    held: &'static str,
}

/// `busy` fails where another session is in it: that is how a second worker is noticed, however short it works.
const TABLES: &str = "
CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, b int);
INSERT INTO t SELECT i, 0, i FROM generate_series(1, 40) AS i;
CREATE FUNCTION busy(seconds float8) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(4711) THEN
        RAISE 'a second migrator works beside the first';
    END IF;
    PERFORM pg_sleep(seconds);
    RETURN 1;
END $$;
CREATE FUNCTION busy_key(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(4711) THEN
        RAISE 'a second migrator works beside the first';
    END IF;
    RETURN a;
END $$;";

/// `$SECONDS` is how long the statement works: long ones are ended by the server before they are done (14 and newer),
/// short ones commit although nobody is there to hear of it.
const KINDS: &[Kind] = &[
    Kind {
        name: "transaction",
        keys: "",
        sql: "UPDATE t SET n = n + busy($SECONDS::float8) WHERE id = 1;\nUPDATE t SET n = n + 1 WHERE id > 1;",
        working: "%busy(%",
        once: "SELECT (min(n) = 1 AND max(n) = 1)::text FROM t",
        held: "SELECT 1",
    },
    Kind {
        name: "step",
        keys: ", transaction: false",
        sql: "UPDATE t SET n = n + 1 WHERE id > 1;\nUPDATE t SET n = n + busy($SECONDS::float8) WHERE id = 1;",
        working: "%busy(%",
        once: "SELECT (min(n) = 1 AND max(n) = 1)::text FROM t",
        held: "SELECT 1",
    },
    Kind {
        name: "concurrent build",
        keys: ", transaction: false",
        sql: "CREATE INDEX CONCURRENTLY t_b ON t (busy_key(b));",
        working: "CREATE INDEX CONCURRENTLY%",
        once: "SELECT (count(*) = 1 AND bool_and(indisvalid AND indisready))::text FROM pg_index
               WHERE indrelid = 't'::regclass AND NOT indisprimary",
        // A writer that the build waits for.
        held: "BEGIN; UPDATE t SET b = b WHERE id = 1",
    },
    Kind {
        name: "batches",
        keys: ", transaction: false",
        sql: "--: backfill table=t expect=all\n--: batched key=id size=8\nUPDATE t SET n = n + busy($SECONDS::float8 / 20);\n--: end",
        working: "%busy(%",
        once: "SELECT (min(n) = 1 AND max(n) = 1)::text FROM t",
        held: "SELECT 1",
    },
];

fn times() -> usize {
    let times = std::env::var("ZERODRIFT_ORPHANS").ok();
    times.map_or(KINDS.len(), |times| {
        times.parse().expect("ZERODRIFT_ORPHANS is a number")
    })
}

/// Sessions of migrators that change something just now: they run the long statement or have a transaction id.
const WORKING: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'zerodrift upgrade'
      AND (state = 'active' AND query LIKE '$WORKING' OR backend_xid IS NOT NULL)";

/// Ends the watcher also where an assertion fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Counts the most sessions that were seen at work at the same time, until told to stop.
fn most_at_work(database: &TestDatabase, working: &str, stop: &AtomicBool, seen: &AtomicUsize) -> usize {
    let mut session = database.session();
    let mut most = 0;
    while !stop.load(Ordering::SeqCst) {
        let count: usize = value(&mut session, working).parse().unwrap();
        seen.fetch_add(usize::from(count > 0), Ordering::SeqCst);
        most = most.max(count);
        std::thread::sleep(Duration::from_millis(2));
    }
    most
}

#[track_caller]
fn until(session: &mut Session, sql: &str, expected: &str) {
    let begun = Instant::now();
    while value(session, sql) != expected {
        assert!(begun.elapsed() < Duration::from_secs(60), "{sql}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Kills a client at work, sends others after it, and returns whether the orphan outlived it visibly.
fn orphan(kind: &Kind, seconds: f64, pool: Option<&Bouncer>) -> bool {
    let database = database("orphans");
    let mut session = database.session();
    session.run(TABLES).unwrap();
    let project = Project::with(&[("zerodrift.yaml", "{}\n")]);
    let sql = kind.sql.replace("$SECONDS", &format!("{seconds}"));
    project.write(
        "migrations/r1.sql",
        format!("/*--- {{revision: r1, parents: []{}}} ---*/\n{sql}\n", kind.keys),
    );
    let url = pool.map_or_else(|| database.url(), |pool| pool.url(&database.name));
    let mut held = database.session();
    held.run(kind.held).unwrap();
    let working = WORKING.replace("$WORKING", kind.working);
    let running = format!(
        "SELECT COALESCE(min(pid)::text, '') FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'zerodrift upgrade'
           AND state = 'active' AND query LIKE '{}'",
        kind.working
    );
    let (stop, seen) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (mut outlived, mut most) = (false, 0);
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| most_at_work(&database, &working, &stop, &seen));
        let ended = Stop(&stop);
        let mut client = project.start(&["upgrade", "--database-url", &url]);
        let begun = Instant::now();
        let mut pid = String::new();
        while pid.is_empty() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{}: it never began",
                kind.name
            );
            std::thread::sleep(Duration::from_millis(5));
            pid = value(&mut session, &running);
        }
        client.kill().unwrap();
        client.wait().unwrap();
        let seen_alive = seen.load(Ordering::SeqCst);
        // At once, without waiting: it refuses to work beside the orphan and names it.
        let impatient = project.run(&["upgrade", "--database-url", &url]);
        if impatient.code == 6 {
            outlived = true;
            let named =
                format!("The holder is pid {pid}, role postgres, application zerodrift upgrade, active for");
            impatient.expect(6, &[&named, "--wait"]);
            let query = kind.working.trim_matches('%');
            assert!(
                impatient.said().contains(query),
                "{}: {}",
                kind.name,
                impatient.said()
            );
            assert!(
                seen.load(Ordering::SeqCst) > seen_alive,
                "the watcher saw the orphan at work"
            );
        } else {
            impatient.expect(0, &[]);
        }
        // Released while others wait: the orphan may go on to its end in front of them.
        let waiting: Vec<_> = (0..2)
            .map(|_| project.start(&["upgrade", "--wait", "60s", "--database-url", &url]))
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        held.run("ROLLBACK").unwrap();
        for client in waiting {
            let run = crate::support::project::Run::of(client.wait_with_output().unwrap());
            assert_eq!(run.code, 0, "{}, {seconds} s: {}", kind.name, run.said());
        }
        drop(ended);
        most = watching.join().unwrap();
    });
    assert_eq!(most, 1, "{}: so many sessions worked at the same time", kind.name);
    assert_eq!(
        value(&mut session, kind.once),
        "true",
        "{}, {seconds} s",
        kind.name
    );
    let applied = "SELECT count(*) FROM zerodrift.attempt WHERE outcome = 'applied'";
    assert_eq!(value(&mut session, applied), "1");
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    until(&mut session, locks, "0");
    outlived
}

#[test]
fn nobody_works_beside_the_backend_of_a_dead_client() {
    let (mut outlived, times) = (0, times());
    for time in 0..times {
        let kind = &KINDS[time % KINDS.len()];
        // From one that is over before the server looks for its client to one that the server ends.
        let seconds = 0.8 + 0.6 * (time / KINDS.len() % 6) as f64;
        outlived += usize::from(orphan(kind, seconds, None));
    }
    assert!(
        outlived > 0,
        "no orphan outlived its client long enough to be seen"
    );
    if std::env::var_os("ZERODRIFT_ORPHANS").is_some() {
        let told = format!(
            "orphans: {times} clients killed, {outlived} backends outlived them, nobody beside any\n"
        );
        std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes()).unwrap();
    }
}

/// A pool of sessions ends the connection to the server when its client dies, which is no more than a direct one does.
#[test]
fn nor_behind_a_pool_of_sessions() {
    let Some(program) = bouncer::program() else { return };
    let any = database("orphans_pool");
    let pool = Bouncer::start(&program, &any.target, "session", 10);
    let outlived = KINDS[..2]
        .iter()
        .filter(|kind| orphan(kind, 1.5, Some(&pool)))
        .count();
    assert!(
        outlived > 0,
        "no orphan outlived its client long enough to be seen"
    );
}
