//! Through PgBouncer: a pool in session mode works, one in transaction mode is found and refused.

use std::time::{Duration, Instant};

use zerodrift::pg::Session;

use crate::support::bouncer::{Bouncer, program};
use crate::support::chain::value;
use crate::support::database;
use crate::support::project::Project;

fn project() -> Project {
    Project::with(&[
        ("zerodrift.yaml", "server: 15\n"),
        (
            "migrations/a1_one.sql",
            "/*--- {revision: a1, parents: []} ---*/\nCREATE TABLE one (id int);\n",
        ),
        (
            "migrations/a2_two.sql",
            "/*--- {revision: a2, parents: [a1], transaction: false} ---*/\nCREATE INDEX CONCURRENTLY one_id ON one (id);\n",
        ),
        (
            "migrations/a3_three.sql",
            "/*--- {revision: a3, parents: [a2]} ---*/\nSET lock_timeout = '123ms';\nINSERT INTO one VALUES (1);\n",
        ),
    ])
}

/// How many locks of migrators there are on the database.
fn advisory_locks(session: &mut Session) -> String {
    value(
        session,
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
}

#[test]
fn a_pool_of_sessions_works_and_keeps_nothing() {
    let Some(program) = program() else { return };
    let database = database("bouncer_session");
    let bouncer = Bouncer::start(&program, &database.target, "session", 5);
    let project = project();
    project
        .run(&["upgrade", "--database-url", &bouncer.url(&database.name)])
        .expect(0, &["applied a1", "applied a2", "applied a3"]);
    project
        .run(&["upgrade", "--database-url", &bouncer.url(&database.name)])
        .expect(0, &["Nothing to do"]);
    let mut session = database.session();
    assert_eq!(advisory_locks(&mut session), "0");
    // The next client of the pool gets a clean backend.
    let mut next = Session::open(&bouncer.target(&database.name), "next").unwrap();
    assert_eq!(value(&mut next, "SHOW lock_timeout"), "0");
    assert_eq!(value(&mut next, "SHOW row_security"), "on");
}

#[test]
fn a_pool_of_transactions_is_refused_also_when_idle() {
    let Some(program) = program() else { return };
    let database = database("bouncer_transaction");
    for backends in [1, 5] {
        let bouncer = Bouncer::start(&program, &database.target, "transaction", backends);
        // An idle pool gives the same backend back: asking for its pid twice sees nothing.
        let mut other = Session::open(&bouncer.target(&database.name), "other").unwrap();
        let first = value(&mut other, "SELECT pg_backend_pid()");
        assert_eq!(value(&mut other, "SELECT pg_backend_pid()"), first);
        drop(other);
        let project = project();
        let url = bouncer.url(&database.name);
        for command in [&["upgrade"][..], &["stamp", "a1"], &["doctor"]] {
            let arguments = [command, &["--database-url", &url]].concat();
            project.run(&arguments).expect(
                3,
                &[
                    "connection goes through a transaction pooler",
                    "pool in session mode",
                ],
            );
        }
    }
    let mut session = database.session();
    assert_eq!(
        value(
            &mut session,
            "SELECT count(*) FROM pg_class WHERE relname IN ('one', 'refinery_schema_history')
             OR relnamespace = to_regnamespace('zerodrift')"
        ),
        "0"
    );
    assert_eq!(advisory_locks(&mut session), "0");
}

/// A client that was killed leaves a backend that still works: nobody migrates beside it.
#[test]
fn the_backend_of_a_dead_client_is_named_and_waited_for() {
    let database = database("orphan");
    let url = database.url();
    let project = Project::with(&[
        ("zerodrift.yaml", "server: 15\n"),
        (
            "migrations/a1_one.sql",
            "/*--- {revision: a1, parents: []} ---*/\nCREATE TABLE one (id int);\nSELECT pg_sleep(6);\n",
        ),
    ]);
    let mut session = database.session();
    let mut client = project.start(&["upgrade", "--database-url", &url]);
    let sleeping = "SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(6)%'
                      AND pid <> pg_backend_pid()";
    let begun = Instant::now();
    while value(&mut session, sleeping) != "1" {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(20));
    }
    client.kill().unwrap();
    client.wait().unwrap();
    let pid = value(&mut session, &sleeping.replace("count(*)", "min(pid)::text"));
    project.run(&["upgrade", "--database-url", &url]).expect(
        6,
        &[
            "another migrator holds the lock",
            &format!("The holder is pid {pid}, role postgres, application zerodrift upgrade, active for"),
            "SELECT pg_sleep(6)",
            "--wait",
        ],
    );
    // The server ends the orphan (14 and newer), or it works to its end: then the next run finds it done or redoes it.
    project
        .run(&["upgrade", "--wait", "30s", "--database-url", &url])
        .expect(0, &[]);
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM zerodrift.revision"),
        "1"
    );
    assert_eq!(value(&mut session, "SELECT count(*) FROM one"), "0");
}
