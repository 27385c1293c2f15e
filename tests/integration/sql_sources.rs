//! SQL files as sources: what pg_dump, pg_dumpall and people write for psql.

use std::path::{Path, PathBuf};
use std::process::Command;

use zerodrift::pg::Cluster;

use crate::support;
use crate::support::project::Project;

const SCHEMA: &str = r#"
CREATE TYPE mood AS ENUM ('fair', 'it''s "foul"');
CREATE TABLE "odd ""name" (id integer PRIMARY KEY, note text DEFAULT 'a;b', feeling mood);
CREATE TABLE plain (id bigint GENERATED ALWAYS AS IDENTITY, note text);
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $body$
SELECT '
\connect nowhere
\. ;'
$body$;
CREATE VIEW v AS SELECT id, note FROM plain WHERE note <> E'\\.';
COMMENT ON TABLE plain IS E'line one;\n\\connect x\n';
INSERT INTO plain (note) VALUES (E'it''s'), (E'\\.'), (E'tab\there; and $$ and /* and "'), (E'new\nline');
INSERT INTO "odd ""name" VALUES (1, 'x', 'fair');
"#;

/// A server with the newest pg_dump that is installed with it or without; none where it is left out.
fn dumpable() -> Option<(&'static Cluster, PathBuf)> {
    let found = (13..=18).rev().find_map(|major| {
        let cluster = support::installed(major)?;
        let folders = [
            cluster.bin_dir().to_owned(),
            format!("/usr/lib/postgresql/{major}/bin").into(),
        ];
        let program = folders
            .iter()
            .map(|folder| folder.join("pg_dump"))
            .find(|program| program.exists())?;
        Some((cluster, program))
    });
    assert!(
        found.is_some() || support::left_out("pg_dump"),
        "pg_dump is not installed beside any server"
    );
    found
}

fn dumped(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A project that builds files on a server of a major.
fn project(cluster: &Cluster) -> Project {
    Project::with(&[(
        "zerodrift.yaml",
        &format!("server: {}\n", cluster.version().major()),
    )])
}

#[test]
fn a_dump_with_rows_is_its_database_in_both_directions() {
    let Some((cluster, program)) = dumpable() else {
        return;
    };
    let database = support::database_on(cluster, "dump_rows");
    database.session().run(SCHEMA).unwrap();
    let project = project(cluster);
    let url = database.url();
    for arguments in [
        &[][..],
        &["--inserts"],
        &["--create"],
        &["--clean", "--if-exists", "--create"],
        &["--schema-only"],
    ] {
        let text = dumped(&program, &[arguments, &["--dbname", &url]].concat());
        let has_rows = !arguments.contains(&"--inserts") && !arguments.contains(&"--schema-only");
        assert_eq!(text.contains("FROM stdin;"), has_rows);
        project.write("dump.sql", &text);
        project
            .run(&["schema", "diff", "dump.sql", &url])
            .expect(0, &["No drift"]);
        project
            .run(&["schema", "diff", &url, "dump.sql"])
            .expect(0, &["No drift"]);
    }
    let text = project.read("dump.sql");
    project.write("dump.sql", text.replace("a;b", "c;d"));
    let run = project.run(&["schema", "diff", "dump.sql", &url]);
    run.expect(
        1,
        &["column public.\"odd \"\"name\".note: default changed from \"'c;d'::text\" to \"'a;b'::text\""],
    );
}

#[test]
fn a_database_of_an_odd_name_keeps_its_properties() {
    let name = "it's \"odd\" \\ here";
    let Some((cluster, program)) = dumpable() else {
        return;
    };
    let target = cluster.create_database(name, None).unwrap();
    let mut session = zerodrift::pg::Session::open(&target, "zerodrift test").unwrap();
    let quoted = zerodrift::model::quote_identifier(name);
    session
        .run(&format!(
            "{SCHEMA}; ALTER DATABASE {quoted} SET work_mem = '7MB'; COMMENT ON DATABASE {quoted} IS 'ours'"
        ))
        .unwrap();
    let host = session.text_rows("SHOW unix_socket_directories").unwrap()[0][0]
        .clone()
        .unwrap();
    drop(session);
    let named = "dbname='it\\'s \"odd\" \\\\ here'";
    let text = dumped(
        &program,
        &["--create", "-h", &host, "-U", "postgres", "-d", named],
    );
    assert!(text.contains("\\connect -reuse-previous=on"), "{text}");
    let project = project(cluster);
    project.write("dump.sql", text);
    let run = project.run(&["schema", "inspect", "dump.sql", "--kind", "database"]);
    run.expect(0, &["work_mem: \"7MB\"", "comment: ours"]);
    cluster.drop_database(name).unwrap();
}

#[test]
fn roles_and_several_databases() {
    let project = Project::with(&[("zerodrift.yaml", "{}\n")]);
    project.write(
        "all.sql",
        "\\connect postgres\nSET client_encoding = 'UTF8';\nCREATE ROLE postgres;\nALTER ROLE postgres SUPERUSER;\n\
         CREATE ROLE dumped_owner;\n\\connect template1\nCREATE TABLE not_here (id integer);\n\
         CREATE DATABASE app TEMPLATE = template0;\n\\connect app\nSET transaction_timeout_of_the_future = 0;\n\
         CREATE TABLE here (id integer);\nALTER TABLE here OWNER TO dumped_owner;\nGRANT SELECT ON here TO \"absent role\";\n",
    );
    let run = project.run(&["schema", "inspect", "all.sql", "-v"]);
    run.expect(
        0,
        &[
            "name: here",
            "owner: dumped_owner",
            "absent role: [SELECT]",
            "line 13: role \"absent role\" was made for the file",
            "line 10: setting left out",
        ],
    );
    assert!(!run.said().contains("not_here"), "{}", run.said());
    project.write("two.sql", "\\connect one\nSELECT 1;\n\\connect two\n");
    project
        .run(&["schema", "inspect", "two.sql"])
        .expect(2, &["several databases: \"one\" and \"two\"", "two.sql:3"]);
}

#[test]
fn what_cannot_be_built_has_a_place() {
    let project = Project::with(&[("zerodrift.yaml", "{}\n")]);
    let cases: &[(&str, &str, &str)] = &[
        (
            "CREATE TABLE a (id integer);\nCREATE TABLE b (id nothing);\n",
            "type \"nothing\" does not exist",
            "x.sql:2",
        ),
        ("SELECT 1;\n\\i other.sql\n", "\\i", "x.sql:2"),
        (
            "BEGIN;\nCREATE TABLE a ();\nCREATE TABLE a ();\nCOMMIT;",
            "relation \"a\" already exists",
            "x.sql:3",
        ),
    ];
    for (text, message, place) in cases {
        project.write("x.sql", text);
        project
            .run(&["schema", "inspect", "x.sql"])
            .expect(2, &[message, place]);
    }
    // What refuses a transaction, or a value that was only just added, runs as in psql.
    project.write(
        "x.sql",
        "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (v e);\nCREATE INDEX CONCURRENTLY i ON t (v);\n\
         ALTER TYPE e ADD VALUE 'b'; CREATE VIEW w AS SELECT 'b'::e AS v;\nBEGIN; CREATE TABLE rolled_back (); ROLLBACK;",
    );
    let run = project.run(&["schema", "inspect", "x.sql"]);
    run.expect(0, &["name: i", "name: w"]);
    assert!(!run.said().contains("rolled_back"), "{}", run.said());
}

#[test]
fn every_source_against_every_other() {
    let project = Project::with(&[("zerodrift.yaml", "{}\n")]);
    let sql = "CREATE TABLE t (id integer PRIMARY KEY);\nCREATE VIEW v AS SELECT id FROM t;\n";
    project.write(
        "migrations/r1_step.sql",
        format!("/*---\nrevision: r1\nparents: []\n---*/\n{sql}"),
    );
    project.write("plain.sql", sql);
    let database = support::database("sources");
    database.session().run(sql).unwrap();
    project
        .run(&["schema", "snapshot", "plain.sql", "--out", "folder"])
        .expect(0, &[]);
    project.run(&["schema", "snapshot", "plain.sql"]).expect(0, &[]);
    let url = database.url();
    let sources = ["schema", "./folder", "plain.sql", "migrations", &url];
    for from in sources {
        for to in sources {
            let run = project.run(&["schema", "diff", from, to]);
            // The newest server builds files and migrations; the database may be of another major.
            run.expect(0, &["No drift"]);
        }
    }
    database
        .session()
        .run("DROP VIEW v; ALTER TABLE t ADD COLUMN extra integer")
        .unwrap();
    for other in &sources[..4] {
        let run = project.run(&["schema", "diff", other, &url, "--no-attribution"]);
        run.expect(1, &["view public.v: removed", "column public.t.extra: added"]);
        let run = project.run(&["schema", "diff", &url, other, "--no-attribution"]);
        run.expect(1, &["view public.v: added", "column public.t.extra: removed"]);
    }
}

#[test]
fn the_same_file_on_two_majors_differs_only_in_what_one_lacks() {
    let (Some(old), Some(new)) = (
        support::installed(13).or(support::installed(15)),
        support::installed(18),
    ) else {
        assert!(
            support::left_out("majors"),
            "PostgreSQL 15 and 18 are needed: run scripts/ensure-postgres 18"
        );
        return;
    };
    let urls = [old, new].map(|cluster| {
        let database = support::database_on(cluster, "across");
        database.session().run(SCHEMA).unwrap();
        database
    });
    let project = Project::with(&[]);
    let (one, other) = (urls[0].url(), urls[1].url());
    for (from, to) in [(&one, &other), (&other, &one)] {
        project.run(&["schema", "diff", from, to, "-v"]).expect(
            0,
            &[
                "No drift",
                "not compared: one of the two servers does not have it",
            ],
        );
    }
    urls[1].session().run("DROP VIEW v").unwrap();
    project
        .run(&["schema", "diff", &one, &other])
        .expect(1, &["view public.v: removed"]);
    project
        .run(&["schema", "diff", &other, &one])
        .expect(1, &["view public.v: added"]);
}
