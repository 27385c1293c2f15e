//! Stopped in the middle of a concurrent statement, in each phase that waits for others: what it left is mended.

use std::time::{Duration, Instant};

use zerodrift::pg::{Cluster, ClusterOptions, Session, Target};

use crate::support::chain::value;
use crate::support::project::{Project, Run};
use crate::support::{explained, majors, url};

/// A statement that is held up by a session of the test.
struct Phase {
    sql: &'static str,
    /// What the session does, so that the statement waits.
    held: &'static str,
    /// What the catalog shows of it then, which is what a crash leaves.
    left: &'static str,
    since: u32,
}

const WRITER: &str = "BEGIN; INSERT INTO t VALUES (1000, 1)";
const READER: &str = "BEGIN; SELECT count(*) FROM t; SELECT count(*) FROM part_1";
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM other";

const BUILT: &str = "SELECT count(*) FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass('made')";
const NEW: &str = "SELECT count(*) FROM pg_class WHERE relname = 't_a_ccnew'";
const OLD: &str = "SELECT count(*) FROM pg_class WHERE relname = 't_a_ccold'";

const PHASES: &[Phase] = &[
    Phase {
        sql: "CREATE UNIQUE INDEX CONCURRENTLY made ON t (id, a);",
        held: WRITER,
        left: BUILT,
        since: 13,
    },
    Phase {
        sql: "CREATE UNIQUE INDEX CONCURRENTLY made ON t (id, a);",
        held: SNAPSHOT,
        left: BUILT,
        since: 13,
    },
    Phase {
        sql: "REINDEX INDEX CONCURRENTLY t_a;",
        held: WRITER,
        left: NEW,
        since: 13,
    },
    Phase {
        sql: "REINDEX TABLE CONCURRENTLY t;",
        held: SNAPSHOT,
        left: NEW,
        since: 13,
    },
    Phase {
        sql: "REINDEX INDEX CONCURRENTLY t_a;",
        held: READER,
        left: OLD,
        since: 13,
    },
    Phase {
        sql: "DROP INDEX CONCURRENTLY t_a;",
        held: READER,
        left: "SELECT count(*) FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass('t_a')",
        since: 13,
    },
    Phase {
        sql: "ALTER TABLE part DETACH PARTITION part_1 CONCURRENTLY;",
        held: READER,
        // The column is there since 14.
        left: "SELECT count(*) FROM pg_inherits AS i WHERE to_jsonb(i) ->> 'inhdetachpending' = 'true'",
        since: 14,
    },
];

const TABLES: &str = "
CREATE TABLE t (id int PRIMARY KEY, a int);
INSERT INTO t SELECT i, i % 5 FROM generate_series(1, 50) AS i;
CREATE INDEX t_a ON t (a);
CREATE TABLE other (id int);
CREATE TABLE part (id int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (9);";

const INDEXES: &str = "SELECT string_agg(indexrelid::regclass || ' ' || indisvalid || ' ' || indisready || ' ' || indislive, ', '
    ORDER BY indexrelid::regclass::text) || '; ' || (SELECT count(*) FROM pg_inherits)
    FROM pg_index WHERE indrelid = 't'::regclass";

#[derive(Clone, Copy, Debug)]
enum Interruption {
    Server,
    Client,
}

fn open(target: &Target) -> Session {
    Session::open(target, "phases").unwrap()
}

fn project(sql: &str) -> Project {
    let file = format!("/*--- {{revision: r1, parents: [], transaction: false}} ---*/\n{sql}\n");
    Project::with(&[("zerodrift.yaml", "{}\n"), ("migrations/r1.sql", &file)])
}

/// The end that nobody interrupted.
fn undisturbed(cluster: &Cluster, phase: &Phase) -> String {
    let target = cluster.create_database("undisturbed", None).unwrap();
    open(&target).run(TABLES).unwrap();
    let run = project(phase.sql).run(&["upgrade", "--database-url", &url(&target)]);
    run.expect(0, &["applied r1"]);
    let end = value(&mut open(&target), INDEXES);
    cluster.drop_database("undisturbed").unwrap();
    end
}

fn interrupted(cluster: &Cluster, phase: &Phase, interruption: Interruption) {
    let name = format!("{interruption:?}, {}, {}", phase.sql, phase.held);
    let target = cluster.create_database("phases", None).unwrap();
    open(&target).run(TABLES).unwrap();
    let project = project(phase.sql);
    let url = url(&target);
    let mut held = open(&target);
    held.run(phase.held).unwrap();
    let mut client = project.start(&["upgrade", "--database-url", &url]);
    let mut session = open(&target);
    let waits = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'zerodrift upgrade' AND wait_event_type = 'Lock'";
    let begun = Instant::now();
    while value(&mut session, phase.left) != "1" || value(&mut session, waits) != "1" {
        assert!(
            client.try_wait().unwrap().is_none(),
            "{name}: it ended before it was held up"
        );
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{name}: it is not held up"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    match interruption {
        Interruption::Server => {
            cluster.crash().unwrap();
            let run = Run::of(client.wait_with_output().unwrap());
            run.expect(5, &[]);
            cluster.recover().unwrap();
            assert_eq!(
                value(&mut open(&target), phase.left),
                "1",
                "{name}: the crash left it"
            );
        }
        Interruption::Client => {
            client.kill().unwrap();
            client.wait().unwrap();
            // Where the server misses its client it ends the statement meanwhile; otherwise it is waited for below.
            let begun = Instant::now();
            while value(&mut session, waits) == "1" && begun.elapsed() < Duration::from_secs(4) {
                std::thread::sleep(Duration::from_millis(20));
            }
            held.run("ROLLBACK").unwrap();
        }
    }
    let next = project.run(&["upgrade", "--wait", "60s", "--database-url", &url]);
    assert_eq!(next.code, 0, "{name}: {}", next.said());
    assert_eq!(
        value(&mut open(&target), INDEXES),
        undisturbed(cluster, phase),
        "{name}"
    );
    cluster.drop_database("phases").unwrap();
}

fn cluster() -> Cluster {
    let options = ClusterOptions {
        major: majors()[0],
        settings: vec![("synchronous_commit".to_owned(), "on".to_owned())],
        ..ClusterOptions::default()
    };
    Cluster::start(&options).unwrap_or_else(|error| panic!("{}", explained(&error)))
}

fn in_each_phase(interruption: Interruption) {
    let cluster = cluster();
    let known = |phase: &&Phase| cluster.version().major() >= phase.since;
    for phase in PHASES.iter().filter(known) {
        interrupted(&cluster, phase, interruption);
    }
}

#[test]
fn a_server_stopped_in_a_concurrent_statement() {
    in_each_phase(Interruption::Server);
}

#[test]
fn a_client_killed_in_a_concurrent_statement() {
    in_each_phase(Interruption::Client);
}
