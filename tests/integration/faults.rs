//! What comes from outside while an upgrade runs: locks, full disks, lost connections, servers that refuse. Each ends with
//! the documented exit code, a message that says what to do, and the database as it was; the next run gets on.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use zerodrift::apply::{ApplyError, Event, Progress, Retries, Settings, Upgraded};
use zerodrift::catalog::Scope;
use zerodrift::introspect;
use zerodrift::model::Outcome;
use zerodrift::pg::{Cluster, ClusterOptions, Session, Target};

use super::support::chain::{TestProject, shown, value};
use super::support::project::Project;
use super::support::{TestDatabase, cluster, database, left_out, url};

/// What an upgrade tells, line by line.
#[derive(Default)]
struct Heard(Vec<String>);

impl Progress for Heard {
    fn event(&mut self, event: Event<'_>) {
        self.0.push(event.to_string());
    }
}

/// A database with a table of two rows, a project that changes both its rows and its columns, and what was there before.
struct Case {
    database: TestDatabase,
    project: TestProject,
    before: String,
}

impl Case {
    fn new(hint: &str, sql: &str) -> Self {
        let database = database(hint);
        let setup = "CREATE TABLE t (a int PRIMARY KEY, n int NOT NULL); INSERT INTO t VALUES (1, 0), (2, 0)";
        database.session().run(setup).unwrap();
        let case = Case {
            project: TestProject::chain(&[("f1", sql)]),
            before: String::new(),
            database,
        };
        Case {
            before: case.state(),
            ..case
        }
    }

    /// The catalog, the ledger aside, and the rows.
    fn state(&self) -> String {
        let mut session = self.database.session();
        let catalog = introspect::read(&mut session, &Scope::default()).unwrap().catalog;
        let rows = value(&mut session, "SELECT string_agg(t::text, ' ' ORDER BY a) FROM t");
        format!("{} {rows}", catalog.fingerprint())
    }

    fn upgrade(&self, settings: &Settings) -> (Result<Upgraded, ApplyError>, Heard) {
        let mut heard = Heard::default();
        let mut session = self.database.session();
        let result = self
            .project
            .upgrade_to(&mut session, "heads", settings, &mut heard);
        (result, heard)
    }

    /// Runs it and expects the end of a refusal or failure: exit code, parts of what is said, nothing changed.
    #[track_caller]
    fn fails(&self, settings: &Settings, outcome: Outcome, parts: &[&str]) -> Heard {
        let (result, heard) = self.upgrade(settings);
        let error = result.map(|done| done.applied.len()).unwrap_err();
        self.ended(&error, outcome, parts);
        heard
    }

    #[track_caller]
    fn ended(&self, error: &ApplyError, outcome: Outcome, parts: &[&str]) {
        let text = shown(error);
        assert_eq!(error.outcome(), outcome, "{text}");
        let missing: Vec<&&str> = parts.iter().filter(|part| !text.contains(**part)).collect();
        assert!(missing.is_empty(), "missing {missing:?} in\n{text}");
        assert_eq!(self.state(), self.before, "something was left\n{text}");
    }

    /// The next run applies everything, and only once.
    #[track_caller]
    fn gets_on(&self, settings: &Settings) {
        let (result, _) = self.upgrade(settings);
        let done = result.map_err(|error| shown(&error)).unwrap();
        assert_eq!(done.applied.len(), self.project.load().graph.len());
        assert_ne!(self.state(), self.before);
        let (again, _) = self.upgrade(settings);
        assert_eq!(again.unwrap().applied.len(), 0);
    }

    fn attempts(&self) -> String {
        let sql = "SELECT string_agg(outcome || COALESCE(' ' || sqlstate, ''), ', ' ORDER BY id) FROM zerodrift.attempt
                   WHERE revision IS NOT NULL";
        value(&mut self.database.session(), sql)
    }
}

const CHANGES: &str = "INSERT INTO t VALUES (7, 7);\nALTER TABLE t ADD COLUMN b int;";

/// Says whether waits are as long as the settings of a user make them: minutes in all.
fn in_full() -> bool {
    std::env::var_os("ZERODRIFT_TEST_REAL_FAULTS").is_some()
}

/// The default settings, or shorter waits that still leave time to ask who holds the lock.
fn patient() -> Settings {
    if in_full() {
        return Settings::default();
    }
    Settings {
        lock_timeout: Duration::from_millis(1200),
        retries: Retries {
            attempts: 4,
            pause_to: Duration::from_millis(600),
            ..Retries::default()
        },
        ..Settings::default()
    }
}

#[test]
fn a_lock_that_is_given_back_is_waited_for() {
    let holds = if in_full() { vec![10, 60] } else { vec![2] };
    for seconds in holds {
        let case = Case::new("fault_lock", CHANGES);
        let mut holder = Session::open(&case.database.target, "report \"of\" month").unwrap();
        holder
            .run("BEGIN; SELECT count(*) FROM t -- all of it\n")
            .unwrap();
        let pid = holder.backend_pid();
        let begun = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_secs(seconds));
                holder.run("COMMIT").unwrap();
            });
            let (done, heard) = case.upgrade(&patient());
            let done = done.map_err(|error| shown(&error)).unwrap();
            assert!(begun.elapsed() >= Duration::from_secs(seconds));
            assert!(done.applied[0].1.attempts > 1, "{}", done.applied[0].1.attempts);
            let retrying = heard
                .0
                .iter()
                .find(|line| line.contains("attempt 1 failed"))
                .unwrap();
            for part in [
                &*format!(
                    "blocked by pid {pid}, role postgres, application report \"of\" month, idle in transaction for "
                ),
                "SELECT count(*) FROM t",
                "again in",
            ] {
                assert!(retrying.contains(part), "{part} is missing in {retrying}");
            }
        });
        assert_eq!(case.attempts(), "applied");
    }
}

#[test]
fn a_lock_that_is_never_given_back_ends_the_run() {
    let case = Case::new("fault_locked", CHANGES);
    let mut holder = Session::open(&case.database.target, "forgotten").unwrap();
    holder.run("BEGIN;\nLOCK TABLE t\nIN SHARE MODE").unwrap();
    let settings = patient();
    let pid = holder.backend_pid();
    let parts = [
        "exit 4",
        "canceling statement due to lock timeout",
        "f1_step.sql:5:1",
        "SQLSTATE 55P03.",
        &format!("Tried {} times.", settings.retries.attempts),
        &format!("Blocked by pid {pid}, role postgres, application forgotten, idle in transaction for "),
        " s: LOCK TABLE t.",
        "hint: Other sessions hold the lock",
    ];
    case.fails(&settings, Outcome::RolledBack, &parts);
    assert_eq!(case.attempts(), "failed 55P03");
    holder.run("ROLLBACK").unwrap();
    case.gets_on(&settings);
    assert_eq!(case.attempts(), "failed 55P03, applied");
}

#[test]
fn a_statement_that_takes_too_long_is_ended() {
    let case = Case::new("fault_slow", "INSERT INTO t VALUES (7, 7);\nSELECT pg_sleep(1);");
    let short = Settings {
        statement_timeout: Duration::from_millis(200),
        ..Settings::default()
    };
    let parts = [
        "canceling statement due to statement timeout",
        "SQLSTATE 57014.",
        ":6:1",
        "--: statement-timeout",
    ];
    case.fails(&short, Outcome::RolledBack, &parts);
    assert_eq!(case.attempts(), "failed 57014");
    case.gets_on(&Settings::default());
}

#[test]
fn a_serialization_failure_repeats_the_transaction() {
    let sql = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nUPDATE t SET n = n + 1;\nALTER TABLE t ADD COLUMN b int;";
    let settings = Settings {
        lock_timeout: Duration::from_secs(20),
        ..Settings::default()
    };
    let once = Settings {
        retries: Retries {
            attempts: 1,
            ..Retries::default()
        },
        ..settings.clone()
    };
    let case = Case::new("fault_serial", sql);
    // The other session changes a row that the migration has read as it was, and commits first.
    let collide = |settings: &Settings| {
        let mut other = case.database.session();
        other.run("BEGIN; UPDATE t SET n = n + 10 WHERE a = 2").unwrap();
        let pid = other.backend_pid();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                until(&mut Session::open(other.target(), "zerodrift test").unwrap(), &format!(
                    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE {pid} = ANY (pg_blocking_pids(pid)))::text"
                ));
                other.run("COMMIT").unwrap();
            });
            case.upgrade(settings).0
        })
    };
    let error = collide(&once).unwrap_err();
    let text = shown(&error);
    assert_eq!(error.outcome(), Outcome::RolledBack, "{text}");
    for part in [
        "could not serialize access",
        "SQLSTATE 40001.",
        "Tried 1 times.",
        "f1_step.sql:6:1",
        "run it again",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let rows = "SELECT string_agg(n::text, ' ' ORDER BY a) FROM t";
    assert_eq!(value(&mut case.database.session(), rows), "0 10");
    let done = collide(&settings).map_err(|error| shown(&error)).unwrap();
    assert_eq!(done.applied[0].1.attempts, 2);
    assert_eq!(value(&mut case.database.session(), rows), "1 21");
    assert_eq!(case.attempts(), "failed 40001, applied");
}

/// Waits until a query says `true`.
#[track_caller]
fn until(session: &mut Session, sql: &str) {
    let begun = Instant::now();
    while value(session, sql) != "true" {
        assert!(begun.elapsed() < Duration::from_secs(60), "never true: {sql}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Ends the backend of an upgrade from outside as soon as it shows `sign` in `pg_stat_activity`.
fn terminated(case: &Case, settings: &Settings, sign: &str) -> ApplyError {
    let mut session = case.database.session();
    let pid = session.backend_pid();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut admin = case.database.session();
            until(
                &mut admin,
                &format!("SELECT ({sign})::text FROM pg_stat_activity WHERE pid = {pid}"),
            );
            admin.run(&format!("SELECT pg_terminate_backend({pid})")).unwrap();
        });
        let result = case.project.upgrade_with(&mut session, settings);
        result.map(|done| done.applied.len()).unwrap_err()
    })
}

#[test]
fn a_backend_that_is_ended_leaves_nothing() {
    let sleeping = "query LIKE '%pg_sleep(61)%' AND wait_event = 'PgSleep'";
    let working = Case::new("fault_end_work", &format!("{CHANGES}\nSELECT pg_sleep(61);"));
    let error = terminated(&working, &Settings::default(), sleeping);
    working.ended(
        &error,
        Outcome::RolledBack,
        &["revision \"f1\" failed", "f1_step.sql:7:1"],
    );

    // Deferred triggers run at COMMIT, in the message that holds the ledger's rows.
    let committing = Case::new("fault_end_commit", CHANGES);
    let trigger = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(61); RETURN NULL; END';
                   CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                   FOR EACH ROW EXECUTE FUNCTION slow()";
    committing.database.session().run(trigger).unwrap();
    let committing = Case {
        before: committing.state(),
        project: TestProject::chain(&[("f1", "INSERT INTO t VALUES (7, 7);")]),
        ..committing
    };
    let error = terminated(&committing, &Settings::default(), "wait_event = 'PgSleep'");
    // Where the server's last word was not heard, nobody knows but the ledger.
    let (outcome, part) = match error.sqlstate() {
        Some(_) => (Outcome::RolledBack, "SQLSTATE 57P01."),
        None => (Outcome::PartWay, "Whether it was committed is in the ledger"),
    };
    committing.ended(&error, outcome, &["could not commit", part]);
    committing
        .database
        .session()
        .run("DROP TRIGGER slow ON t; DROP FUNCTION slow()")
        .unwrap();
    committing.gets_on(&Settings::default());

    // In the wait for a lock, and in the pause before it is tried again.
    for sign in [
        "wait_event_type = 'Lock'",
        "state = 'idle' AND query LIKE '%ROLLBACK%'",
    ] {
        let waiting = Case::new("fault_end_wait", CHANGES);
        let mut holder = waiting.database.session();
        holder.run("BEGIN; LOCK TABLE t").unwrap();
        let settings = Settings {
            lock_timeout: Duration::from_millis(1500),
            ..Settings::default()
        };
        let error = terminated(&waiting, &settings, sign);
        holder.run("ROLLBACK").unwrap();
        waiting.ended(&error, Outcome::RolledBack, &["f1"]);
        waiting.gets_on(&settings);
    }
}

#[test]
fn a_backend_that_is_ended_outside_a_transaction_is_gone_on_with() {
    let settings = Settings::default();
    let sleep = "query LIKE '%pg_sleep(61)%' AND wait_event = 'PgSleep'";
    let build = "query LIKE '%CONCURRENTLY%' AND wait_event_type = 'Lock'";
    for (sql, sign) in [
        ("INSERT INTO t VALUES (7, 7);\nSELECT pg_sleep(61);", sleep),
        (
            "INSERT INTO t VALUES (7, 7);\nCREATE INDEX CONCURRENTLY t_n ON t (n);",
            build,
        ),
    ] {
        let case = Case::new("fault_end_step", "");
        case.project.revision("f1", "", "transaction: false\n", sql);
        let mut holder = case.database.session();
        holder.run("BEGIN; UPDATE t SET n = 0 WHERE a = 1").unwrap();
        let error = terminated(&case, &settings, sign);
        let text = shown(&error);
        assert_eq!(error.outcome(), Outcome::PartWay, "{text}");
        assert!(
            text.contains("The steps before it are done and stay done"),
            "{text}"
        );
        holder.run("ROLLBACK").unwrap();
        let mut session = case.database.session();
        let rows = "SELECT count(*) FROM t WHERE a = 7";
        assert_eq!(value(&mut session, rows), "1");
        // The same file without the sleep: the sleep is a step of its own that an edit may replace.
        case.project.revision(
            "f1",
            "",
            "transaction: false\n",
            &sql.replace("pg_sleep(61)", "1"),
        );
        let done = case.project.upgrade(&mut session);
        assert_eq!(done.map_err(|error| shown(&error)).unwrap().applied.len(), 1);
        assert_eq!(value(&mut session, rows), "1");
        let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
        assert_eq!(value(&mut session, invalid), "0");
    }
}

#[test]
fn an_event_trigger_that_rejects_is_told() {
    let reject = |command: &str| {
        format!(
            "CREATE FUNCTION friday() RETURNS event_trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION 'no % on a Friday', tg_tag USING HINT = 'Wait for Monday.'; END $$;
             CREATE EVENT TRIGGER friday ON ddl_command_start WHEN TAG IN ('{command}') EXECUTE FUNCTION friday()"
        )
    };
    let allow = "DROP EVENT TRIGGER friday; DROP FUNCTION friday()";
    for (command, outcome, parts) in [
        (
            "CREATE VIEW",
            Outcome::RolledBack,
            &[
                "no CREATE VIEW on a Friday",
                "f1_step.sql:6:1",
                "SQLSTATE P0001.",
                "hint: Wait for Monday.",
            ][..],
        ),
        // The ledger itself cannot be made: nothing was run.
        (
            "CREATE SCHEMA",
            Outcome::Unfit,
            &[
                "could not create the ledger",
                "no CREATE SCHEMA on a Friday",
                "hint: Wait for Monday.",
            ],
        ),
    ] {
        let case = Case::new(
            "fault_event",
            "INSERT INTO t VALUES (7, 7);\nCREATE VIEW v AS SELECT a FROM t;",
        );
        let mut session = case.database.session();
        session.run(&reject(command)).unwrap();
        let (result, _) = case.upgrade(&Settings::default());
        let error = result.map(|done| done.applied.len()).unwrap_err();
        session.run(allow).unwrap();
        case.ended(&error, outcome, parts);
        case.gets_on(&Settings::default());
    }
}

#[test]
fn a_read_only_database_is_refused_before_anything_runs() {
    let case = Case::new("fault_read_only", CHANGES);
    let name = case.database.name.clone();
    let mut session = case.database.session();
    session
        .run(&format!(
            "ALTER DATABASE {name} SET default_transaction_read_only = on"
        ))
        .unwrap();
    let case = Case {
        before: case.state(),
        ..case
    };
    let parts = [
        "exit 3",
        "transactions of this session are read-only",
        "default_transaction_read_only",
    ];
    case.fails(&Settings::default(), Outcome::Unfit, &parts);
    session
        .run(&format!(
            "ALTER DATABASE {name} RESET default_transaction_read_only"
        ))
        .unwrap();
    case.gets_on(&Settings::default());
    // Nothing to do is nothing to do.
    session
        .run(&format!(
            "ALTER DATABASE {name} SET default_transaction_read_only = on"
        ))
        .unwrap();
    assert_eq!(case.upgrade(&Settings::default()).0.unwrap().applied.len(), 0);
}

#[test]
fn a_hot_standby_is_refused_by_its_name() {
    let primary = Cluster::start(&ClusterOptions {
        major: super::support::majors()[0],
        settings: [("wal_level", "replica"), ("hot_standby", "on")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..ClusterOptions::default()
    });
    let primary = primary.unwrap();
    let target = primary.create_database("app", None).unwrap();
    Session::open(&target, "zerodrift test")
        .unwrap()
        .run("CREATE TABLE t (a int)")
        .unwrap();
    let standby = Standby::of(&primary);
    let project = Project::with(&[
        ("zerodrift.yaml", "{}\n"),
        (
            "migrations/a1.sql",
            "/*--- {revision: a1} ---*/\nALTER TABLE t ADD COLUMN b int;\n",
        ),
    ]);
    let run = project.run(&["upgrade", "--database-url", &standby.url("app")]);
    run.expect(3, &["server is a standby", "target_session_attrs=read-write"]);
    let run = project.run(&["upgrade", "--database-url", &url(&target)]);
    run.expect(0, &["a1"]);
}

/// A copy of a server that stays in recovery, gone when dropped.
struct Standby {
    server: Child,
    folder: tempfile::TempDir,
}

impl Standby {
    /// Copies the files of a running server, as a backup does (manual, section 26.3.3).
    fn of(primary: &Cluster) -> Self {
        let from = socket_folder(&primary.target("postgres")).join("data");
        let owner = std::fs::metadata(&from).unwrap();
        let folder = tempfile::Builder::new().prefix("zd-standby-").tempdir().unwrap();
        chown_to(folder.path(), &owner);
        let data = folder.path().join("data");
        let mut session = Session::open(&primary.target("postgres"), "zerodrift test").unwrap();
        let (start, stop) = if session.server().major() < 15 {
            (
                "SELECT pg_start_backup('standby', true, false)",
                "SELECT labelfile FROM pg_stop_backup(false, false)",
            )
        } else {
            (
                "SELECT pg_backup_start('standby', true)",
                "SELECT labelfile FROM pg_backup_stop(false)",
            )
        };
        session.run(start).unwrap();
        copy(&from, &data);
        let label = value(&mut session, stop);
        session.run("SELECT pg_switch_wal()").unwrap();
        std::fs::remove_dir_all(data.join("pg_wal")).unwrap();
        copy(&from.join("pg_wal"), &data.join("pg_wal"));
        std::fs::remove_file(data.join("postmaster.pid")).unwrap();
        for (file, text) in [("backup_label", label.as_str()), ("standby.signal", "")] {
            std::fs::write(data.join(file), text).unwrap();
            chown_to(&data.join(file), &owner);
        }
        let mut command = Command::new(primary.bin_dir().join("postgres"));
        command
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .current_dir(folder.path());
        command.stderr(std::fs::File::create(folder.path().join("log")).unwrap());
        // As root we are somebody else than the server.
        let root = std::fs::metadata("/proc/self").unwrap().uid();
        if owner.uid() != root {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let standby = Standby {
            server: command.spawn().unwrap(),
            folder,
        };
        let begun = Instant::now();
        while Session::open(&Target::parse(&standby.url("app")).unwrap(), "zerodrift test").is_err() {
            let log = || std::fs::read_to_string(standby.folder.path().join("log")).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(60), "{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        standby
    }

    fn url(&self, database: &str) -> String {
        format!(
            "postgresql:///{database}?host={}&user=postgres",
            self.folder.path().display()
        )
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn chown_to(path: &Path, owner: &std::fs::Metadata) {
    if std::fs::metadata(path).unwrap().uid() != owner.uid() {
        chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
}

/// Copies a folder with owners and links; files that vanish meanwhile are none that a backup needs.
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(
        to.join("PG_VERSION").exists() || status.success(),
        "cp -a {} failed",
        from.display()
    );
}

fn socket_folder(target: &Target) -> PathBuf {
    let shown = target.to_string();
    let (_, rest) = shown.split_once('@').unwrap();
    PathBuf::from(rest.rsplit_once('/').unwrap().0)
}

#[test]
fn a_server_without_free_connections_is_told() {
    let settings = [("max_connections", "6"), ("superuser_reserved_connections", "2")];
    let cluster = Cluster::start(&ClusterOptions {
        major: super::support::majors()[0],
        settings: settings
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..ClusterOptions::default()
    });
    let cluster = cluster.unwrap();
    let target = cluster.create_database("app", None).unwrap();
    let mut admin = Session::open(&target, "zerodrift test").unwrap();
    admin
        .run("CREATE TABLE t (a int); CREATE ROLE app LOGIN; CREATE ROLE migrator LOGIN BYPASSRLS")
        .unwrap();
    admin.run("GRANT CREATE ON DATABASE app TO migrator; ALTER TABLE t OWNER TO migrator; GRANT ALL ON SCHEMA public TO migrator").unwrap();
    let project = Project::with(&[
        ("zerodrift.yaml", "{}\n"),
        (
            "migrations/a1.sql",
            "/*--- {revision: a1} ---*/\nALTER TABLE t ADD COLUMN b int;\n",
        ),
    ]);
    let upgrade = |user: &str| project.run(&["upgrade", "--database-url", &url(&target.with_user(user))]);
    let columns = "SELECT string_agg(attname, ' ') || COALESCE(to_regnamespace('zerodrift')::text, '') FROM pg_attribute
                   WHERE attrelid = 't'::regclass AND attnum > 0";
    let mut taken = Vec::new();
    while let Ok(session) = Session::open(&target.with_user("app"), "crowd") {
        taken.push(session);
    }
    upgrade("migrator").expect(3, &["could not connect", "reserved", "hint"]);
    // One connection is left for superusers, and a second one is needed to see whether the first one is ours alone.
    let mut last = Vec::new();
    while let Ok(session) = Session::open(&target, "crowd") {
        last.push(session);
    }
    upgrade("postgres").expect(
        3,
        &["could not connect", "too many clients already", "max_connections"],
    );
    last.pop();
    let crowd = taken.len() + last.len();
    // The server needs a moment to see that one has gone.
    until(
        &mut admin,
        &format!("SELECT (count(*) = {crowd})::text FROM pg_stat_activity WHERE application_name = 'crowd'"),
    );
    upgrade("postgres").expect(
        3,
        &[
            "could not check for a pooler",
            "too many clients already",
            "max_connections",
        ],
    );
    assert_eq!(value(&mut admin, columns), "a");
    drop((taken, last));
    until(
        &mut admin,
        "SELECT (count(*) = 0)::text FROM pg_stat_activity WHERE application_name = 'crowd'",
    );
    upgrade("migrator").expect(0, &["a1"]);
    assert_eq!(value(&mut admin, columns), "a bzerodrift");
}

/// A tablespace on a small file system in memory, unmounted when dropped.
struct SmallDisk {
    folder: tempfile::TempDir,
    space: String,
}

impl SmallDisk {
    /// Mounts it; none where that is not allowed and `scripts/test` says so.
    fn mount() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("zd-disk-").tempdir().unwrap();
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m,mode=755", "tmpfs"])
            .arg(folder.path())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            assert!(
                left_out("tmpfs"),
                "mounting a tmpfs needs root; scripts/test leaves this out where it is not allowed"
            );
            return None;
        }
        let place = folder.path().join("space");
        std::fs::create_dir(&place).unwrap();
        let target = cluster().target("postgres");
        chown_to(&place, &std::fs::metadata(socket_folder(&target)).unwrap());
        let disk = SmallDisk {
            folder,
            space: super::support::unique("small"),
        };
        let create = format!("CREATE TABLESPACE {} LOCATION '{}'", disk.space, place.display());
        Session::open(&target, "zerodrift test")
            .unwrap()
            .run(&create)
            .unwrap();
        Some(disk)
    }

    fn grow(&self) {
        let status = Command::new("mount")
            .args(["-o", "remount,size=64m"])
            .arg(self.folder.path())
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

#[test]
fn a_full_disk_rolls_back_or_stops_part_way() {
    let disks: Option<Vec<SmallDisk>> = (0..3).map(|_| SmallDisk::mount()).collect();
    let Some(disks) = disks else { return };
    let fill = "INSERT INTO big SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) AS i;";
    let file = |disk: &SmallDisk| {
        format!(
            "CREATE TABLE big (a int, b text) TABLESPACE {};\n{fill}",
            disk.space
        )
    };
    let inside = Case::new("fault_disk", "");
    inside.project.revision("f1", "", "", &file(&disks[0]));
    let parts = [
        "No space left on device",
        "SQLSTATE 53100.",
        "f1_step.sql:6:1",
        "Check free disk space",
    ];
    inside.fails(&Settings::default(), Outcome::RolledBack, &parts);
    assert_eq!(inside.attempts(), "failed 53100");

    let apart = Case::new("fault_disk", "");
    apart
        .project
        .revision("f1", "", "transaction: false\n", &file(&disks[1]));
    part_way(&apart, "the next upgrade goes on here");

    let batched = Case::new("fault_disk", "");
    let setup = format!(
        "CREATE TABLE big (a int PRIMARY KEY, b text) TABLESPACE {}; INSERT INTO big SELECT generate_series(1, 10000)",
        disks[2].space
    );
    batched.database.session().run(&setup).unwrap();
    let update = "--: backfill table=big\n--: batched key=a size=1000\n\
                  UPDATE big SET b = repeat('x', 1000) WHERE b IS NULL;\n--: end";
    batched.project.revision("f1", "", "transaction: false\n", update);
    part_way(&batched, "No space left on device");
    let done = "SELECT (count(b) = (SELECT rows FROM zerodrift.cursor))::text || ' ' || (count(b) BETWEEN 1 AND 9999)::text
                FROM big";
    assert_eq!(value(&mut batched.database.session(), done), "true true");

    for (case, disk) in [&inside, &apart, &batched].into_iter().zip(&disks) {
        disk.grow();
        case.gets_on(&Settings::default());
        let mut session = case.database.session();
        assert_eq!(value(&mut session, "SELECT count(b) FROM big"), "10000");
        session.run("DROP TABLE big").unwrap();
        session.run(&format!("DROP TABLESPACE {}", disk.space)).unwrap();
    }
}

#[track_caller]
fn part_way(case: &Case, part: &str) {
    let (result, _) = case.upgrade(&Settings::default());
    let error = result.map(|done| done.applied.len()).unwrap_err();
    let text = shown(&error);
    assert_eq!(error.outcome(), Outcome::PartWay, "{text}");
    assert!(text.contains(part), "{text}");
}
