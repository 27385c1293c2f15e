//! `plan --sql`: what psql makes of the script is what an upgrade makes.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use zerodrift::apply::Settings;
use zerodrift::catalog::Scope;
use zerodrift::introspect;
use zerodrift::pg::{Session, Target};

use crate::support::chain::value;
use crate::support::project::{Project, Run};
use crate::support::reference::reference;
use crate::support::{self, database, url};

fn psql() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let found = std::env::split_paths(&path)
        .chain(installed.filter_map(|entry| Some(entry.ok()?.path().join("bin"))))
        .map(|folder| folder.join("psql"))
        .find(|program| program.is_file());
    assert!(
        found.is_some() || support::left_out("psql"),
        "no psql: install postgresql-client"
    );
    found
}

fn run(program: &PathBuf, target: &Target, script: &str) -> Run {
    let mut child = Command::new(program)
        .args(["-X", "-q", "-f", "-", "-d", &url(target)])
        .env("LC_ALL", "C.UTF-8")
        .env("PGCLIENTENCODING", "UTF8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = script.to_owned();
    // psql may end before it has read everything.
    let writer = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run::of(output)
}

/// Everything that the ledger says but times, durations and the id of the run.
fn ledger(session: &mut Session) -> Vec<Vec<Option<String>>> {
    session
        .text_rows(
            "SELECT 'revision', id, version::text, parents::text, depends_on::text, branch, message, checksum, normalised,
                    source, how, role::text, tool_version, commit, sections::text
             FROM zerodrift.revision ORDER BY sequence;
             SELECT 'attempt', action, revision, outcome, target, role::text, tool_version, commit, sqlstate, error, place,
                    (duration_ms IS NULL)::text
             FROM zerodrift.attempt ORDER BY id;
             SELECT 'statement', revision, number::text, checksum, excerpt, outcome, rows::text, sqlstate, error,
                    (finished_at IS NULL)::text
             FROM zerodrift.statement ORDER BY revision, number;
             SELECT 'cursor', count(*)::text FROM zerodrift.cursor;
             SELECT 'meta', format::text, history_table, tool_version FROM zerodrift.meta ORDER BY format;
             SELECT 'history', version::text, name, checksum FROM public.refinery_schema_history ORDER BY version;
             SELECT 'locks', count(*)::text FROM pg_locks WHERE locktype = 'advisory';",
        )
        .unwrap()
}

fn fingerprint(session: &mut Session) -> String {
    let scope = Scope {
        hidden: vec![Settings::default().history_table],
        ..Scope::default()
    };
    introspect::read(session, &scope)
        .unwrap()
        .catalog
        .fingerprint()
        .to_string()
}

const GUARDED: &str = "/*--- {revision: b2, parents: [b1], message: \"Backfill; it's \\\\ \u{1f600}\"} ---*/
CREATE TABLE plain (id int PRIMARY KEY);
--: lock-timeout 3s
ALTER TABLE \"odd \"\"name'\" ADD COLUMN extra text DEFAULT 'a:b\\c';
--: backfill table=\"odd \"\"name'\" triggers=refuse expect=all
UPDATE \"odd \"\"name'\" SET v = v + 100;
--: end
--: backfill table=\"odd \"\"name'\" triggers=refuse expect=matching
UPDATE \"odd \"\"name'\" SET v = v + 1000 WHERE tenant = 2;
--: end
--: backfill table=plain
INSERT INTO plain SELECT id FROM \"odd \"\"name'\" WHERE id > 100;
--: end
--: backfill table=\"odd \"\"name'\" triggers=refuse
UPDATE \"odd \"\"name'\" SET v = 0 WHERE id < 0;
--: end
--: backfill table=part rls=bypass expect=>0
UPDATE part SET note = 'x';
--: end
SELECT 'text : with ''quotes'' and :variables', (ARRAY[1,2,3])[1:2];
BEGIN;
DO $zerodrift$ BEGIN PERFORM 1; END $zerodrift$;
COMMIT;
";

fn project() -> Project {
    Project::with(&[
        ("zerodrift.yaml", "server: 15\n"),
        (
            "migrations/b1_one.sql",
            "/*--- {revision: b1, parents: []} ---*/
CREATE TABLE \"odd \"\"name'\" (id int PRIMARY KEY, tenant int, v int, up int);
INSERT INTO \"odd \"\"name'\" SELECT n, n % 3, n, n FROM generate_series(1, 10) n;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append-only'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON \"odd \"\"name'\" FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE \"odd \"\"name'\" ENABLE ALWAYS TRIGGER refuse;
ALTER TABLE \"odd \"\"name'\" ENABLE ROW LEVEL SECURITY;
ALTER TABLE \"odd \"\"name'\" FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON \"odd \"\"name'\" USING (tenant = 1);
CREATE TABLE part (id int, note text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);
INSERT INTO part VALUES (1, 'a'), (2, 'b');
ALTER TABLE \"odd \"\"name'\" ADD CONSTRAINT up FOREIGN KEY (up) REFERENCES \"odd \"\"name'\" DEFERRABLE INITIALLY DEFERRED;
",
        ),
        ("migrations/b2_two.sql", GUARDED),
        (
            "migrations/b2_two.verify.sql",
            "SELECT count(*) = 10 FROM \"odd \"\"name'\" WHERE v > 100;\nVALUES (true), (true);\n",
        ),
        (
            "migrations/b3_three.sql",
            "/*--- {revision: b3, parents: [b2], transaction: false} ---*/
CREATE INDEX CONCURRENTLY IF NOT EXISTS odd_v ON \"odd \"\"name'\" (v);
BEGIN; CREATE TABLE grouped (id int); INSERT INTO grouped VALUES (1), (2); COMMIT;
INSERT INTO grouped VALUES (3);
--: backfill table=grouped expect=3
UPDATE grouped SET id = id + 1;
--: end
VACUUM grouped;
",
        ),
    ])
}

#[test]
fn psql_makes_what_an_upgrade_makes() {
    let Some(psql) = psql() else { return };
    for tx in ["each", "all"] {
        let (upgraded, scripted) = (database("script_upgraded"), database("script_scripted"));
        let project = project();
        if tx == "all" {
            project.remove("migrations/b3_three.sql");
        }
        let script = project.run(&["plan", "--sql", "--tx", tx, "--database-url", &scripted.url()]);
        script.expect(0, &["\\set ON_ERROR_STOP on", "b2_two.verify.sql:2 is not true"]);
        project
            .run(&["upgrade", "--tx", tx, "--database-url", &upgraded.url()])
            .expect(0, &["applied b2"]);
        let ran = run(&psql, &scripted.target, &script.out);
        ran.expect(0, &[]);
        let (mut expected, mut found) = (upgraded.session(), scripted.session());
        assert_eq!(fingerprint(&mut found), fingerprint(&mut expected));
        let (mut left, mut right) = (ledger(&mut expected), ledger(&mut found));
        // The run writes no row of its own where nothing else differs.
        for rows in [&mut left, &mut right] {
            rows.retain(|row| !row.is_empty());
        }
        for (left, right) in left.iter().zip(&right) {
            assert_eq!(left, right, "{tx}");
        }
        assert_eq!(left.len(), right.len());
        let data = "SELECT string_agg(t::text, ' ' ORDER BY id) FROM \"odd \"\"name'\" t";
        assert_eq!(value(&mut found, data), value(&mut expected, data));
        // Both go on from there.
        project
            .run(&["status", "--database-url", &scripted.url()])
            .expect(0, &["0 pending"]);
        let nothing = project.run(&["plan", "--sql", "--database-url", &scripted.url()]);
        nothing.expect(0, &["Nothing to do"]);
        // A script is for one state of the ledger.
        run(&psql, &scripted.target, &script.out).expect(3, &[]);
    }
}

#[test]
fn a_script_stops_where_an_upgrade_would() {
    let Some(psql) = psql() else { return };
    let first =
        "/*--- {revision: c1, parents: []} ---*/\nCREATE TABLE t (id int);\nINSERT INTO t VALUES (1), (2);\n";
    let cases = [
        ("SELECT 1/0;", None, "division by zero"),
        (
            "SELECT 1;",
            Some("SELECT false;"),
            "c2_two.verify.sql:1 is not true",
        ),
        ("SELECT 1;", Some("SELECT true WHERE false;"), "is not true"),
        ("SELECT 1;", Some("SELECT NULL::boolean;"), "is not true"),
        ("SELECT 1;", Some("SELECT true, true;"), "is not true"),
        (
            "--: backfill table=t expect=3\nUPDATE t SET id = 0;\n--: end",
            None,
            "did not touch the rows that it expects: 3",
        ),
        (
            "DO $$ BEGIN EXECUTE 'SET LOCAL row_' || 'security = on'; END $$;",
            None,
            "a statement switched row security on",
        ),
    ];
    for (sql, verify, message) in cases {
        let database = database("script_stops");
        let project = Project::with(&[
            ("zerodrift.yaml", "server: 15\n"),
            ("migrations/c1_one.sql", first),
            (
                "migrations/c2_two.sql",
                &format!("/*--- {{revision: c2, parents: [c1]}} ---*/\nCREATE TABLE u (id int);\n{sql}\n"),
            ),
        ]);
        if let Some(verify) = verify {
            project.write("migrations/c2_two.verify.sql", verify);
        }
        let script = project.run(&["plan", "--sql", "--database-url", &database.url()]);
        script.expect(0, &[]);
        run(&psql, &database.target, &script.out).expect(3, &[message]);
        let mut session = database.session();
        assert_eq!(
            value(&mut session, "SELECT string_agg(id, ' ') FROM zerodrift.revision"),
            "c1"
        );
        assert_eq!(value(&mut session, "SELECT to_regclass('u') IS NULL"), "t");
    }
    let database = database("script_locked");
    let project = Project::with(&[
        ("zerodrift.yaml", "server: 15\n"),
        ("migrations/c1_one.sql", first),
    ]);
    let script = project.run(&["plan", "--sql", "--database-url", &database.url()]);
    let mut holder = database.session();
    holder
        .run(&format!(
            "SELECT pg_advisory_lock({})",
            Settings::default().lock_key()
        ))
        .unwrap();
    run(&psql, &database.target, &script.out).expect(3, &["another migrator holds the lock"]);
    project.write(
        "migrations/c2_two.sql",
        "/*--- {revision: c2, parents: [c1], transaction: false} ---*/\n--: backfill table=t\n--: batched key=id size=10\nDELETE FROM t WHERE id = 1;\n--: end\n",
    );
    let refused = project.run(&["plan", "--sql", "--database-url", &database.url()]);
    assert_eq!(refused.code, 2, "{}", refused.said());
}

#[test]
fn the_reference_project_as_a_script() {
    let Some(psql) = psql() else { return };
    let reference = reference();
    let (scripted, upgraded) = (reference.empty(), reference.at_head());
    let script = reference
        .project
        .run(&["plan", "--sql", "--database-url", &url(&scripted)]);
    script.expect(0, &["202511151410"]);
    run(&psql, &scripted, &script.out).expect(0, &[]);
    let mut left = Session::open(&upgraded, "zerodrift test").unwrap();
    let mut right = Session::open(&scripted, "zerodrift test").unwrap();
    assert_eq!(fingerprint(&mut right), fingerprint(&mut left));
    let (left, right) = (ledger(&mut left), ledger(&mut right));
    assert_eq!(left.len(), right.len());
    for (left, right) in left.iter().zip(&right) {
        assert_eq!(left, right);
    }
}
