//! While guarded backfills run, a reader of one tenant never sees a row of another.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use zerodrift::apply::{RolePolicy, Settings, Transactions};
use zerodrift::pg::Session;

use crate::support::chain::{TestProject, shown, value};
use crate::support::{TestDatabase, database};

/// 30 rows of three tenants in a partitioned table under FORCE, with a slow function to keep backfills open.
fn tables(database: &TestDatabase, owner: &str, runtime: &str) {
    let sql = format!(
        "CREATE TABLE events (id int NOT NULL, tenant int NOT NULL, n int NOT NULL DEFAULT 0, PRIMARY KEY (id)) PARTITION BY RANGE (id);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (16);
         CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (16) TO (100);
         INSERT INTO events SELECT i, i % 3, 0 FROM generate_series(1, 30) AS i;
         CREATE FUNCTION slowly(a int) RETURNS int VOLATILE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.03); RETURN a; END $$;
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append-only'; END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION refuse();
         GRANT USAGE, CREATE ON SCHEMA public TO {owner};
         GRANT CREATE ON DATABASE {name} TO {owner};",
        name = database.name,
    );
    let mut session = database.session();
    session.run(&sql).unwrap();
    for table in ["events", "events_1", "events_2"] {
        let sql = format!(
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
             ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
             CREATE POLICY own ON {table} USING (tenant = NULLIF(current_setting('app.tenant', true), '')::int);
             ALTER TABLE {table} OWNER TO {owner};
             GRANT SELECT ON {table} TO {runtime};"
        );
        session.run(&sql).unwrap();
    }
}

/// What a reader of tenant 1 saw.
#[derive(Debug, Default)]
struct Seen {
    polls: usize,
    /// Polls that were under way at a moment at which the backfill was seen at work.
    during: usize,
    /// Rows of other tenants.
    foreign: Vec<String>,
    /// Polls that did not see all own rows.
    short: usize,
}

/// When a poll began and when it had its answer.
type Poll = (Instant, Instant);

/// Says whether the backfill works at this moment: its statement runs.
const AT_WORK: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND application_name = 'zerodrift upgrade'
      AND query LIKE '%slowly(%' AND query NOT LIKE '%INSERT INTO other%'";

/// Polls as the runtime role with a tenant set, until told to stop: with a kept plan, and on new connections.
fn read(database: &TestDatabase, runtime: &str, stop: &AtomicBool) -> (Seen, Vec<Poll>) {
    let target = database.target.with_user(runtime);
    let open = || {
        let mut session = Session::open(&target, "reader").unwrap();
        session.run("SET app.tenant = '1'").unwrap();
        session
    };
    let mut kept = open();
    for table in ["events", "events_2"] {
        let plan = format!("PREPARE {table} AS SELECT tenant, count(*) FROM {table} GROUP BY tenant");
        kept.run(&plan).unwrap();
    }
    let (mut seen, mut polls) = (Seen::default(), Vec::new());
    while !stop.load(Ordering::SeqCst) {
        for (table, own) in [("events", "10"), ("events_2", "5")] {
            let fresh = format!("SELECT tenant, count(*) FROM {table} GROUP BY tenant");
            for (session, poll) in [(&mut kept, format!("EXECUTE {table}")), (&mut open(), fresh)] {
                let begun = Instant::now();
                let rows = session.text_rows(&poll).unwrap();
                polls.push((begun, Instant::now()));
                let (ours, foreign): (Vec<_>, Vec<_>) =
                    rows.into_iter().partition(|row| row[0].as_deref() == Some("1"));
                seen.short += usize::from(ours != [[Some("1".to_owned()), Some(own.to_owned())]]);
                seen.foreign
                    .extend(foreign.iter().map(|row| format!("{poll}: {row:?}")));
            }
        }
    }
    (seen, polls)
}

/// Notes the moments at which the backfill is at work.
fn watch(database: &TestDatabase, stop: &AtomicBool) -> Vec<Instant> {
    let mut session = database.session();
    let mut moments = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let before = Instant::now();
        if value(&mut session, AT_WORK) != "0" {
            moments.push(before);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    moments
}

/// Upgrades while readers poll.
fn watched(project: &TestProject, settings: &Settings, as_owner: bool) -> Seen {
    let database = database("leak");
    let owner = database.role("leak_owner", "LOGIN");
    let runtime = database.role("leak_runtime", "LOGIN");
    tables(&database, &owner, &runtime);
    let stop = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let reading = scope.spawn(|| read(&database, &runtime, &stop));
        let watching = scope.spawn(|| watch(&database, &stop));
        std::thread::sleep(Duration::from_millis(100));
        let target = if as_owner {
            database.target.with_user(&owner)
        } else {
            database.target.clone()
        };
        let done = project.upgrade_with(
            &mut Session::open(&target, "zerodrift upgrade").unwrap(),
            settings,
        );
        std::thread::sleep(Duration::from_millis(50));
        stop.store(true, Ordering::SeqCst);
        let (mut seen, polls) = reading.join().unwrap();
        let moments = watching.join().unwrap();
        let meets = |poll: &&Poll| moments.iter().any(|at| (poll.0..=poll.1).contains(at));
        seen.polls = polls.len();
        seen.during = polls.iter().filter(meets).count();
        done.map_err(|error| shown(&error)).unwrap();
        seen
    });
    let mut session = database.session();
    assert_eq!(
        value(&mut session, "SELECT min(n) || ' ' || max(n) FROM events"),
        "1 1"
    );
    let flags = "SELECT bool_and(relrowsecurity AND relforcerowsecurity)::text FROM pg_class WHERE relname LIKE 'events%' AND relkind IN ('r', 'p')";
    assert_eq!(value(&mut session, flags), "true");
    seen
}

#[track_caller]
fn assert_tight(seen: &Seen) {
    assert!(
        seen.during > 0,
        "no poll was under way during the backfill: {seen:?}"
    );
    assert!(seen.foreign.is_empty() && seen.short == 0, "{seen:?}");
}

const TOGGLED: &str =
    "--: backfill table=events triggers=refuse expect=all\nUPDATE events SET n = slowly(n) + 1;\n--: end\n";
const BATCHED: &str = "ALTER TABLE events DISABLE TRIGGER refuse;
--: backfill table=events expect=all
--: batched key=id size=7
UPDATE events SET n = slowly(n) + 1;
--: end
ALTER TABLE events ENABLE TRIGGER refuse;
";

fn owner() -> Settings {
    Settings {
        role_policy: RolePolicy::Owner,
        ..Settings::default()
    }
}

#[test]
fn a_toggle_of_a_superuser_is_not_seen() {
    assert_tight(&watched(
        &TestProject::chain(&[("r1", TOGGLED)]),
        &Settings::default(),
        false,
    ));
}

#[test]
fn a_toggle_of_the_owner_is_not_seen() {
    assert_tight(&watched(&TestProject::chain(&[("r1", TOGGLED)]), &owner(), true));
}

#[test]
fn a_toggle_in_one_transaction_with_others_is_not_seen() {
    let project = TestProject::chain(&[
        ("r1", "CREATE TABLE other (id int);"),
        ("r2", TOGGLED),
        (
            "r3",
            "INSERT INTO other SELECT slowly(i) FROM generate_series(1, 5) AS i;",
        ),
    ]);
    let settings = Settings {
        transactions: Transactions::All,
        ..Settings::default()
    };
    assert_tight(&watched(&project, &settings, false));
}

#[test]
fn a_section_that_bypasses_changes_nothing_for_readers() {
    let section = TOGGLED.replace("triggers=refuse", "rls=bypass");
    let file = format!(
        "ALTER TABLE events DISABLE TRIGGER refuse;\n{section}ALTER TABLE events ENABLE TRIGGER refuse;\n"
    );
    assert_tight(&watched(
        &TestProject::chain(&[("r1", &file)]),
        &Settings::default(),
        false,
    ));
}

#[test]
fn batches_change_nothing_for_readers() {
    let project = TestProject::chain(&[]);
    project.revision("r1", "", "transaction: false\n", BATCHED);
    let seen = watched(&project, &Settings::default(), false);
    assert_tight(&seen);
    assert!(
        seen.during > 3,
        "readers go on between and during batches: {seen:?}"
    );
}

/// The check can fail: where a toggle is committed, readers see what they must not.
#[test]
fn a_committed_toggle_would_be_seen() {
    let by_hand = "ALTER TABLE events DISABLE TRIGGER refuse;
ALTER TABLE events DISABLE ROW LEVEL SECURITY;
UPDATE events SET n = slowly(n) + 1;
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events ENABLE TRIGGER refuse;
";
    let project = TestProject::chain(&[]);
    project.revision("r1", "", "transaction: false\n", by_hand);
    let begun = Instant::now();
    let seen = watched(&project, &Settings::default(), false);
    assert!(
        seen.during > 0 && begun.elapsed() > Duration::from_millis(500),
        "{seen:?}"
    );
    assert!(!seen.foreign.is_empty(), "{seen:?}");
}
