//! What `doctor` finds, and that it finds nothing where nothing is wrong.

use serde_json::Value;
use zerodrift::apply::{self, Event, Progress, Settings};
use zerodrift::pg::Session;

use crate::support::chain::{TestProject, value};
use crate::support::project::{Project, findings};
use crate::support::{TestDatabase, cluster_of, database, database_on, majors};

fn project() -> Project {
    Project::with(&[("zerodrift.yaml", "server: 15\n")])
}

fn doctor(database: &TestDatabase, more: &[&str]) -> (i32, Value) {
    let url = database.url();
    project().json(&[&["doctor", "--database-url", &url], more].concat())
}

fn rules(document: &Value) -> Vec<String> {
    findings(document).into_iter().map(|(rule, ..)| rule).collect()
}

fn messages(document: &Value) -> String {
    findings(document)
        .into_iter()
        .map(|(_, object, message)| format!("{object}: {message}\n"))
        .collect()
}

#[test]
fn a_healthy_database_has_nothing() {
    let database = database("doctor_healthy");
    database
        .session()
        .run("CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t); INSERT INTO t VALUES (1, 1);")
        .unwrap();
    let (code, document) = doctor(&database, &["--constraints"]);
    // The throw-away server works without fsync, and that is said.
    assert_eq!(
        rules(&document)
            .iter()
            .filter(|rule| *rule != "setting-unsafe")
            .count(),
        0,
        "{document:#}"
    );
    assert!(code <= 1);
    assert_eq!(document["data"]["constraints"]["checked"], 1);
    assert_eq!(document["data"]["constraints"]["rows"], 1);
}

#[test]
fn what_is_in_the_way_is_named() {
    let database = database("doctor_ill");
    let mut session = database.session();
    session
        .run(&format!(
            "CREATE TABLE twice (n int);
             INSERT INTO twice VALUES (1), (1);
             CREATE TABLE part (n int) PARTITION BY RANGE (n);
             CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (9);
             CREATE INDEX part_n ON ONLY part (n);
             CREATE TABLE parent (id int PRIMARY KEY);
             CREATE TABLE child (p int REFERENCES parent);
             ALTER TABLE child DISABLE TRIGGER ALL;
             CREATE FUNCTION peek() RETURNS int LANGUAGE sql SET row_security = on AS 'SELECT 1';
             ALTER DATABASE {name} SET row_security = on;",
            name = database.name
        ))
        .unwrap();
    session
        .run("CREATE UNIQUE INDEX CONCURRENTLY twice_n ON twice (n)")
        .unwrap_err();
    let mut idle = Session::open(&database.target, "forgotten").unwrap();
    idle.run("BEGIN; SELECT 1").unwrap();
    let mut migrator = Session::open(&database.target, "migrator").unwrap();
    migrator
        .run(&format!(
            "SELECT pg_advisory_lock({})",
            Settings::default().lock_key()
        ))
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(30));
    let (code, document) = doctor(&database, &["--old", "10ms"]);
    assert_eq!(code, 1);
    let found = rules(&document);
    for rule in [
        "index-invalid",
        "index-parts-missing",
        "constraint-switched-off",
        "function-switches-row-security",
        "session-idle-in-transaction",
        "migrator-locked",
    ] {
        assert!(
            found.iter().any(|known| known == rule),
            "{rule} is missing: {document:#}"
        );
    }
    let said = messages(&document);
    assert!(
        said.contains("twice_n") && said.contains("no proof that its key is unique"),
        "{said}"
    );
    assert!(
        said.contains(&format!(
            "pid {}, role \"postgres\", application \"forgotten\"",
            idle.backend_pid()
        )),
        "{said}"
    );
    for format in ["text", "jsonl", "sarif", "github", "gitlab", "junit", "html"] {
        let run = project().run(&["doctor", "--database-url", &database.url(), "--format", format]);
        run.expect(1, &["twice_n"]);
    }
    // A session that is younger is in nobody's way.
    let (_, document) = doctor(&database, &[]);
    assert!(!rules(&document).contains(&"session-idle-in-transaction".to_owned()));
}

#[test]
fn a_role_or_setting_that_cannot_migrate_is_exit_3_or_a_finding() {
    let database = database("doctor_unfit");
    let role = database.role("doctor_bound", "LOGIN");
    let url = database.url().replace("user=postgres", &format!("user={role}"));
    project()
        .run(&["doctor", "--database-url", &url])
        .expect(3, &["neither superuser nor BYPASSRLS"]);
    project()
        .run(&["doctor", "--constraints", "--database-url", &url])
        .expect(3, &["cannot check constraints"]);
    database
        .session()
        .run(&format!(
            "ALTER ROLE {role} SUPERUSER; ALTER ROLE {role} SET session_replication_role = replica;
             ALTER ROLE {role} SET default_transaction_read_only = on;"
        ))
        .unwrap();
    project().run(&["doctor", "--database-url", &url]).expect(
        1,
        &[
            "setting-read-only",
            "setting-replica-role",
            "triggers and foreign keys do not fire",
        ],
    );
    let slow = Project::with(&[("zerodrift.yaml", "server: 15\napply:\n  lock-timeout: 500ms\n")]);
    slow.run(&["doctor", "--database-url", &database.url()]).expect(
        1,
        &[
            "lock timeout of 500 ms does not exceed",
            "deadlock_timeout of 1000 ms",
        ],
    );
}

/// A foreign key that the owner under FORCE validated, with orphans in three batches.
#[test]
fn falsely_valid_constraints_are_found_with_their_keys() {
    for major in majors() {
        let database = database_on(cluster_of(major), "doctor_false");
        let role = database.role("doctor_owner", "LOGIN");
        let mut session = database.session();
        session
            .run(&format!(
                "GRANT ALL ON SCHEMA public TO {role};
                 SET ROLE {role};
                 CREATE TABLE parent (id int PRIMARY KEY);
                 CREATE TABLE child (a int, b text, tenant int, p int, PRIMARY KEY (a, b));
                 INSERT INTO parent SELECT n FROM generate_series(1, 100) n;
                 INSERT INTO child SELECT n, 'it''s', 2, n % 100 + 1 FROM generate_series(1, 120000) n;
                 UPDATE child SET p = 1000 + a WHERE a IN (7, 60000, 119999);
                 ALTER TABLE child ENABLE ROW LEVEL SECURITY;
                 ALTER TABLE child FORCE ROW LEVEL SECURITY;
                 CREATE POLICY own ON child USING (tenant = 1);
                 ALTER TABLE child ADD CONSTRAINT \"of, \"\"the\"\" parent\" FOREIGN KEY (p) REFERENCES parent;
                 RESET ROLE;"
            ))
            .unwrap();
        // The trap itself: PostgreSQL calls it valid.
        assert_eq!(
            value(
                &mut session,
                "SELECT convalidated FROM pg_constraint WHERE contype = 'f'"
            ),
            "t"
        );
        let (_, document) = doctor(&database, &[]);
        let unproven = document["findings"].as_array().unwrap().iter();
        assert_eq!(
            unproven
                .filter(|finding| finding["rule"] == "constraint-unproven")
                .count(),
            1,
            "{document:#}"
        );
        let (code, document) = doctor(&database, &["--constraints"]);
        assert_eq!(code, 1);
        let said = messages(&document);
        assert!(
            said.contains(
                "public.child: foreign key \"of, \"the\" parent\" of table \"public.child\" is marked valid, and 3 rows break it"
            ),
            "{said}"
        );
        assert!(
            document.to_string().contains("Keys: (1007), (61000), (120999)."),
            "{document:#}"
        );
        assert_eq!(
            document["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|finding| finding["rule"] == "constraint-unproven")
                .count(),
            0
        );
        session.run("DELETE FROM child WHERE p > 1000").unwrap();
        let (_, document) = doctor(&database, &["--constraints"]);
        assert!(
            !rules(&document).contains(&"constraint-falsely-valid".to_owned()),
            "{document:#}"
        );
    }
}

#[test]
fn keys_of_every_shape_are_checked() {
    for major in majors() {
        let database = database_on(cluster_of(major), "doctor_shapes");
        let mut session = database.session();
        // Without the triggers of foreign keys everything goes in: replica is how a dump is loaded.
        session
            .run(
                "CREATE SCHEMA \"Sch\"\"ema\";
                 CREATE TABLE \"Sch\"\"ema\".\"Par'ent\" (x int, \"Y\" text, PRIMARY KEY (x, \"Y\"));
                 CREATE TABLE simple (x int, y text, FOREIGN KEY (x, y) REFERENCES \"Sch\"\"ema\".\"Par'ent\");
                 CREATE TABLE whole (x int, y text, FOREIGN KEY (x, y) REFERENCES \"Sch\"\"ema\".\"Par'ent\" MATCH FULL);
                 CREATE TABLE parted (id int, x int, y text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
                 CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
                 CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (10) TO (20);
                 ALTER TABLE parted ADD FOREIGN KEY (x, y) REFERENCES \"Sch\"\"ema\".\"Par'ent\";
                 CREATE TABLE checked (id uuid PRIMARY KEY, n int NOT NULL, m int);
                 ALTER TABLE checked ENABLE ROW LEVEL SECURITY;
                 ALTER TABLE checked ADD CONSTRAINT small CHECK (m < 10);
                 SET session_replication_role = replica;
                 INSERT INTO \"Sch\"\"ema\".\"Par'ent\" VALUES (1, 'a');
                 INSERT INTO simple VALUES (1, 'a'), (NULL, 'b'), (2, 'it''s');
                 INSERT INTO whole VALUES (1, 'a'), (NULL, NULL), (NULL, 'b');
                 INSERT INTO parted VALUES (1, 1, 'a'), (2, 3, 'c'), (11, 4, 'd');
                 INSERT INTO checked VALUES ('00000000-0000-0000-0000-000000000001', 1, NULL);",
            )
            .unwrap();
        let (code, document) = doctor(&database, &["--constraints"]);
        assert_eq!(code, 1, "{document:#}");
        let text = document.to_string();
        for (table, keys) in [
            ("public.simple", "Keys: (2, it's)."),
            ("public.whole", "Keys: (NULL, b)."),
            ("public.parted", "Keys: (3, c), (4, d)."),
        ] {
            assert!(text.contains(keys), "{table}: {document:#}");
        }
        let broken = rules(&document)
            .iter()
            .filter(|rule| *rule == "constraint-falsely-valid")
            .count();
        assert_eq!(broken, 3, "{document:#}");
        // What only a damaged table has: the catalog is told that everything is in order.
        session
            .run(
                "ALTER TABLE checked DROP CONSTRAINT small;
                 INSERT INTO checked VALUES ('00000000-0000-0000-0000-000000000002', 1, 11);
                 ALTER TABLE checked ADD CONSTRAINT small CHECK (m < 10) NOT VALID;
                 UPDATE pg_constraint SET convalidated = true WHERE conname = 'small';",
            )
            .unwrap();
        let (_, document) = doctor(&database, &["--constraints"]);
        assert!(
            document
                .to_string()
                .contains("They are false under it. Rows: (00000000-0000-0000-0000-000000000002)."),
            "{document:#}"
        );
    }
}

/// Whoever hears that a session is in the way may end it.
struct Ends<'a> {
    other: &'a mut Session,
    heard: Vec<String>,
}

impl Progress for Ends<'_> {
    fn event(&mut self, event: Event<'_>) {
        if matches!(event, Event::WillWaitFor { .. }) {
            self.heard.push(event.to_string());
            self.other.run("COMMIT").unwrap();
        }
    }
}

#[test]
fn old_snapshots_are_told_before_a_concurrent_build_starts() {
    let database = database("doctor_snapshot");
    let mut session = database.session();
    session.run("CREATE TABLE t (id int)").unwrap();
    let mut other = Session::open(&database.target, "report of the month").unwrap();
    other
        .run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class")
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1200));
    let pid = other.backend_pid();
    let project = TestProject::chain(&[("s0", "CREATE TABLE other (id int);")]);
    project.revision(
        "s1",
        "s0",
        "transaction: false\n",
        "CREATE INDEX CONCURRENTLY t_id ON t (id);",
    );
    let mut ends = Ends {
        other: &mut other,
        heard: Vec::new(),
    };
    let done = apply::upgrade(
        &mut session,
        &project.load(),
        "head",
        &Settings::default(),
        &mut ends,
    )
    .unwrap();
    assert_eq!(ends.heard.len(), 1, "{:?}", ends.heard);
    assert!(
        ends.heard[0].starts_with(&format!(
            "s1 will wait for pid {pid}, role postgres, application report of the month, idle in transaction for"
        )) && ends.heard[0].contains("SELECT count(*) FROM pg_class"),
        "{:?}",
        ends.heard
    );
    let warned: Vec<_> = done
        .findings
        .iter()
        .filter(|finding| finding.rule == "old-snapshot")
        .collect();
    assert_eq!(warned.len(), 1);
    assert_eq!(done.applied.len(), 2);
}
