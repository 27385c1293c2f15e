//! Several migrators at the same time: every revision once, no deadlock, no lock left.
//!
//! A few rounds by default; `ZERODRIFT_RACE_ROUNDS` is how many.

use std::process::Child;
use std::time::{Duration, Instant};

use crate::support::bouncer::{self, Bouncer};
use crate::support::chain::value;
use crate::support::project::{Project, Run};
use crate::support::{database, url};

const PROCESSES: usize = 8;

/// What builds of indexes stand between the transactions.
const BUILDS: &str = "CREATE INDEX CONCURRENTLY log_pid ON log (pid);
CREATE INDEX CONCURRENTLY ON log (revision, pid);
REINDEX INDEX CONCURRENTLY log_pid;
DROP INDEX CONCURRENTLY log_pid;
CREATE INDEX CONCURRENTLY log_pid ON log (pid);
";

/// Each revision notes that it ran: a second time would be a second row.
fn project(with_builds: bool) -> Project {
    let note = |id: &str| format!("INSERT INTO log (revision, pid) VALUES ('{id}', pg_backend_pid());\n");
    let project = Project::with(&[("zerodrift.yaml", "{}\n")]);
    let log = "CREATE TABLE log (revision text, pid int, at timestamptz DEFAULT clock_timestamp());\n";
    project.write(
        "migrations/r1.sql",
        format!("/*--- {{revision: r1, parents: []}} ---*/\n{log}{}", note("r1")),
    );
    let mode = if with_builds { ", transaction: false" } else { "" };
    let builds = if with_builds {
        BUILDS
    } else {
        "CREATE INDEX log_pid ON log (pid);\n"
    };
    for (id, parent, keys, sql) in [
        ("r2", "r1", "", ""),
        ("r3", "r2", mode, builds),
        ("r4", "r3", "", ""),
    ] {
        project.write(
            &format!("migrations/{id}.sql"),
            format!(
                "/*--- {{revision: {id}, parents: [{parent}]{keys}}} ---*/\n{sql}{}",
                note(id)
            ),
        );
    }
    project
}

fn rounds() -> usize {
    let rounds = std::env::var("ZERODRIFT_RACE_ROUNDS").ok();
    rounds.map_or(2, |rounds| {
        rounds.parse().expect("ZERODRIFT_RACE_ROUNDS is a number")
    })
}

/// Where the migrators connect to, for a database.
type Address<'a> = &'a dyn Fn(&str) -> String;

fn race(with_builds: bool, address: Option<Address<'_>>) {
    let project = project(with_builds);
    let (mut busy, mut applied) = (0, 0);
    for round in 0..rounds() {
        let database = database("race");
        let url = address.map_or_else(|| url(&database.target), |address| address(&database.name));
        let start = |number: usize| -> Child {
            // One in four does not wait.
            let waiting: &[&str] = if number.is_multiple_of(4) {
                &[]
            } else {
                &["--wait", "120s"]
            };
            project.start(&[&["upgrade", "--database-url", &url], waiting].concat())
        };
        let running: Vec<Child> = (0..PROCESSES).map(start).collect();
        let ended = running
            .into_iter()
            .map(|child| Run::of(child.wait_with_output().unwrap()));
        for (number, run) in ended.enumerate() {
            let allowed: &[i32] = if number.is_multiple_of(4) { &[0, 6] } else { &[0] };
            assert!(
                allowed.contains(&run.code),
                "round {round}, process {number}: exit {}\n{}",
                run.code,
                run.said()
            );
            busy += usize::from(run.code == 6);
            applied += run.out.matches("applied r").count();
        }
        let mut session = database.session();
        let told = |sql: &str, expected: &str, session: &mut _| {
            assert_eq!(value(session, sql), expected, "round {round}: {sql}");
        };
        let log = "SELECT string_agg(revision, ' ' ORDER BY revision, at) FROM log";
        told(log, "r1 r2 r3 r4", &mut session);
        let ledger = "SELECT string_agg(revision, ' ' ORDER BY revision) FROM zerodrift.attempt WHERE outcome = 'applied'";
        told(ledger, "r1 r2 r3 r4", &mut session);
        let failed = "SELECT count(*) FROM zerodrift.attempt WHERE outcome NOT IN ('started', 'applied')";
        told(failed, "0", &mut session);
        let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        told(deadlocks, "0", &mut session);
        let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        told(locks, "0", &mut session);
        let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
        told(invalid, "0", &mut session);
        let indexes = if with_builds { "2" } else { "1" };
        told(
            "SELECT count(*) FROM pg_index WHERE indrelid = 'log'::regclass",
            indexes,
            &mut session,
        );
    }
    assert_eq!(
        applied,
        4 * rounds(),
        "every revision is reported by the process that applied it"
    );
    if std::env::var_os("ZERODRIFT_RACE_ROUNDS").is_some() {
        say(&format!(
            "race: {} rounds of {PROCESSES} processes, {}, {}: each revision once, exit 6 for {busy}\n",
            rounds(),
            if with_builds {
                "with concurrent builds"
            } else {
                "transactions only"
            },
            if address.is_some() {
                "through PgBouncer"
            } else {
                "directly"
            },
        ));
    }
}

/// Shows a line of a long run at once.
fn say(text: &str) {
    std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes()).unwrap();
}

fn through_a_pool(with_builds: bool) {
    let Some(program) = bouncer::program() else { return };
    let any = database("race_pool");
    // Two for each migrator: the second one is there to see that the first is its own.
    let bouncer = Bouncer::start(&program, &any.target, "session", 2 * PROCESSES as u32);
    race(with_builds, Some(&|name| bouncer.url(name)));
}

#[test]
fn transactions() {
    race(false, None);
}

#[test]
fn concurrent_builds() {
    race(true, None);
}

#[test]
fn transactions_through_a_pool_of_sessions() {
    through_a_pool(false);
}

#[test]
fn concurrent_builds_through_a_pool_of_sessions() {
    through_a_pool(true);
}

/// The ledger's own table and refinery's are read in one snapshot: a revision is in both or in none.
#[test]
fn a_ledger_that_changes_while_it_is_read_is_whole() {
    let database = database("race_read");
    let url = database.url();
    let project = project(false);
    project
        .run(&["upgrade", "--database-url", &url])
        .expect(0, &["applied r4"]);
    let mut other = database.session();
    // What a downgrade commits, just when the reader has read one table and waits for the other.
    other
        .run(
            "BEGIN; LOCK TABLE refinery_schema_history; DELETE FROM refinery_schema_history WHERE name LIKE 'r4%';
             DELETE FROM zerodrift.revision WHERE id = 'r4'",
        )
        .unwrap();
    let reader = project.start(&["status", "--database-url", &url]);
    let mut session = database.session();
    let waits = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name LIKE 'zerodrift%'";
    let begun = Instant::now();
    while value(&mut session, waits) != "1" {
        assert!(begun.elapsed() < Duration::from_secs(30), "status does not wait");
        std::thread::sleep(Duration::from_millis(10));
    }
    other.run("COMMIT").unwrap();
    Run::of(reader.wait_with_output().unwrap()).expect(0, &[]);
    project
        .run(&["status", "--database-url", &url])
        .expect(1, &["r4"]);
}
