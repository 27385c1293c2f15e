//! What goes wrong around a project, through the program: each has its exit code and says what to do next.

use std::io::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::connect::network_port;
use crate::support::project::{Project, Run};
use crate::support::{database, url};

/// A project of one revision.
fn small() -> Project {
    revision("CREATE TABLE t (n int);")
}

fn revision(sql: &str) -> Project {
    Project::with(&[
        ("zerodrift.yaml", "{}\n"),
        (
            "migrations/a1.sql",
            &format!("/*--- {{revision: a1}} ---*/\n{sql}"),
        ),
    ])
}

fn upgrade(project: &Project, url: &str) -> Run {
    project.run(&["upgrade", "--database-url", url])
}

#[test]
fn no_database_is_named() {
    for verb in ["upgrade", "status", "plan"] {
        small().run(&[verb]).expect(
            2,
            &[
                "no database",
                "--database-url",
                "MIGRATION_DATABASE_URL",
                "DATABASE_URL",
                "PGHOST",
            ],
        );
    }
}

#[test]
fn driver_suffixes_are_corrected_without_the_password() {
    let cases = [
        ("postgresql+asyncpg://u:secret@h/db", "postgresql://u"),
        ("sqla+postgresql://u:secret@h/db", "postgresql://u"),
        ("postgres+psycopg2://u:secret@h:99/db", "@h:99/db"),
    ];
    for (written, corrected) in cases {
        let project = small();
        let runs = [
            upgrade(&project, written),
            project.run_with(&["upgrade"], &[("MIGRATION_DATABASE_URL", written)]),
            project.run(&["upgrade", "--format", "json", "--database-url", written]),
            project.run(&["schema", "inspect", written]),
        ];
        for run in runs {
            run.expect(2, &[corrected, "hint"]);
            assert!(!run.said().contains("secret"), "{}", run.said());
        }
    }
}

#[test]
fn servers_that_cannot_be_used() {
    let port = network_port();
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let other_port = other.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in other.incoming() {
            let _ = stream.unwrap().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let cases = [
        (
            format!("postgresql://app:secret-wrong@127.0.0.1:{port}/postgres"),
            "Check the password of \"app\"",
        ),
        (
            format!("postgresql://app:secret@127.0.0.1:{free}/db"),
            "No server listens",
        ),
        (
            "postgresql://app:secret@no-such-host.invalid/db".to_owned(),
            "no-such-host.invalid",
        ),
        (
            format!("postgresql://app:secret@127.0.0.1:{other_port}/db"),
            "does not answer like a PostgreSQL server",
        ),
        (
            format!("postgresql://app:right@127.0.0.1:{port}/nowhere"),
            "CREATE DATABASE \"nowhere\"",
        ),
    ];
    for (url, part) in cases {
        let start = Instant::now();
        let run = upgrade(&small(), &url);
        run.expect(3, &[part, "could not connect"]);
        assert!(!run.said().contains("secret"), "{}", run.said());
        assert!(start.elapsed() < Duration::from_secs(10), "{url}");
    }
}

#[test]
fn projects_without_migrations() {
    let database = database("errors_empty");
    let url = database.url();
    let empty = Project::with(&[("zerodrift.yaml", "{}\n"), ("migrations/.gitkeep", "")]);
    empty.run(&["lint"]).expect(0, &["0 revisions", "zerodrift new"]);
    upgrade(&empty, &url).expect(0, &["no revision", "zerodrift new"]);
    empty
        .run(&["status", "--database-url", &url])
        .expect(0, &["0 applied, 0 pending"]);

    let missing = Project::with(&[("zerodrift.yaml", "migrations: db/steps\n")]);
    for arguments in [&["lint"][..], &["upgrade", "--database-url", &url]] {
        missing
            .run(arguments)
            .expect(2, &["db/steps", "does not exist", "hint"]);
    }

    let nothing = Project::with(&[]);
    nothing
        .run(&["lint"])
        .expect(2, &["zerodrift.yaml", "zerodrift init"]);
}

#[test]
fn broken_files_are_shown_with_line_and_column() {
    let migration = "/*---\nrevision: a1\nparents: [\nmessage: x\n---*/\nSELECT 1;";
    let cases = [
        (
            "zerodrift.yaml",
            "server: 15\nroles: {migration: [postgres\n",
            2,
            "zerodrift.yaml:",
        ),
        (
            "zerodrift.yaml",
            "server: 15\ntenancy:\n  colum: x\n",
            2,
            "zerodrift.yaml:3:3",
        ),
        ("zerodrift.yaml", "server: fifteen\n", 2, "zerodrift.yaml:1:9"),
        ("migrations/a1.sql", migration, 1, "migrations/a1.sql:"),
        (
            "migrations/a1.sql",
            "/*---\nrevision: a1\nparent: []\n---*/",
            1,
            "migrations/a1.sql:3:1",
        ),
    ];
    for (file, text, code, place) in cases {
        let project = small();
        project.write(file, text);
        project.run(&["lint"]).expect(code, &[place]);
        let (json_code, document) = project.json(&["lint"]);
        assert_eq!((json_code, &document["exit_code"]), (code, &code.into()));
        let location = &document["findings"][0]["location"];
        assert!(location["line"].as_u64() > Some(0), "{document:#}");
        assert!(location["column"].as_u64() > Some(0), "{document:#}");
    }
}

#[test]
fn byte_order_mark_and_crlf_apply() {
    let database = database("errors_bom");
    let project = Project::with(&[
        (
            "zerodrift.yaml",
            "\u{feff}server: 15\r\nmigrations: migrations\r\n",
        ),
        (
            "migrations/a1_first.sql",
            "\u{feff}/*---\r\nrevision: a1\r\nmessage: Töne\r\n---*/\r\nCREATE TABLE t (n int);\r\nINSERT INTO t\r\nVALUES (1);\r\n",
        ),
        (
            "migrations/b2_second.sql",
            "\u{feff}/*---\r\nrevision: b2\r\nparents: [a1]\r\n---*/\r\n--: backfill table=t expect=1\r\nUPDATE t SET n = 2;\r\n--: end\r\nSELECT 'a\r\nb';\r\n",
        ),
        (
            "migrations/c3_third.sql",
            "\u{feff}/*--- {revision: c3, parents: [b2]} ---*/\r\nSELECT 1;\r\n  SELECT nonsense FROM t;\r\n",
        ),
    ]);
    project.run(&["lint"]).expect(0, &["3 revisions, 1 head: c3"]);
    let run = project.run(&["upgrade", "b2", "--database-url", &database.url()]);
    run.expect(0, &["applied a1", "applied b2"]);
    assert_eq!(
        database.session().text_rows("SELECT n FROM t").unwrap(),
        [[Some("2".to_owned())]]
    );
    upgrade(&project, &database.url()).expect(4, &["42703", "migrations/c3_third.sql:3:10", "nonsense"]);
}

#[test]
fn error_in_the_middle_of_a_file_has_its_place_and_leaves_nothing() {
    let database = database("errors_middle");
    let project = revision(
        "CREATE TABLE größe (wert int); -- 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ✓\nINSERT INTO größe VALUES (1); /* äöü */ SELECT 'ß'; SELECT\n\t'𝔘', fehlt FROM größe;\nSELECT 1;",
    );
    let run = upgrade(&project, &database.url());
    run.expect(
        4,
        &[
            "migrations/a1.sql:4:7",
            "42703",
            "fehlt",
            "Nothing of the revision remains",
        ],
    );
    let tables = "SELECT count(*) FROM pg_class WHERE relname = 'größe'";
    assert_eq!(
        database.session().text_rows(tables).unwrap(),
        [[Some("0".to_owned())]]
    );
    let (code, document) = project.json(&["upgrade", "--database-url", &database.url()]);
    assert_eq!((code, &document["exit_code"]), (4, &4.into()));
    let place = &document["findings"][0]["location"];
    assert_eq!((&place["line"], &place["column"]), (&4.into(), &7.into()));
}

#[test]
fn a_migration_of_20_megabytes() {
    let database = database("errors_large");
    let mut sql = String::from("CREATE TABLE t (n int, note text);\n");
    let note = "ä".repeat(400);
    let mut lines = 2;
    while sql.len() < 20 << 20 {
        sql.push_str(&format!("INSERT INTO t VALUES ({lines}, '{note}');\n"));
        if lines % 10 == 0 {
            sql.push_str(&format!("COMMENT ON COLUMN t.n IS 'line {lines} ÿ';\n"));
            lines += 1;
        }
        lines += 1;
    }
    let project = revision(&format!("{sql}SELECT 1;  SELECT fehlt FROM t;\nSELECT 2;\n"));
    let start = Instant::now();
    let place = format!("migrations/a1.sql:{}:19", lines + 1);
    let failed = upgrade(&project, &database.url());
    failed.expect(4, &[&place, "42703"]);
    assert!(
        failed.said().len() < 5000,
        "{} bytes of output",
        failed.said().len()
    );
    let project = revision(&sql);
    upgrade(&project, &database.url()).expect(0, &["applied a1"]);
    let counted = database
        .session()
        .text_rows("SELECT count(*) > 20000 FROM t")
        .unwrap();
    assert_eq!(counted, [[Some("t".to_owned())]]);
    assert!(
        start.elapsed() < Duration::from_secs(240),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_password_in_a_failing_statement_is_shown_nowhere() {
    let database = database("errors_secret");
    let statements = [
        "CREATE ROLE x PASSWORD 'topsecret' NONSENSE;",
        "CREATE ROLE postgres LOGIN PASSWORD 'topsecret';",
        "CREATE ROLE postgres ENCRYPTED PASSWORD E'topsecret';",
        "ALTER ROLE nobody_at_all\n  PASSWORD\n  'topsecret';",
        "CREATE USER MAPPING FOR nobody SERVER nowhere OPTIONS (user 'a', password 'topsecret');",
        "CREATE SUBSCRIPTION s CONNECTION 'host=h password=topsecret dbname=d' PUBLICATION p WITH (slot_name = 1);",
        "DO $$ BEGIN CREATE ROLE postgres PASSWORD 'topsecret'; END $$;",
    ];
    for statement in statements {
        let project = revision(statement);
        for format in ["text", "json", "jsonl", "github"] {
            let run = project.run(&[
                "upgrade",
                "-v",
                "--format",
                format,
                "--database-url",
                &database.url(),
            ]);
            assert!(run.code != 0, "{statement}: {}", run.said());
            assert!(!run.said().contains("topsecret"), "{statement}: {}", run.said());
        }
        let plan = project.run(&["plan", "--database-url", &database.url(), "--format", "json"]);
        assert!(!plan.said().contains("topsecret"), "{statement}: {}", plan.said());
    }
    let ledger = "SELECT (SELECT string_agg(r::text, '') FROM zerodrift.attempt r),
                         (SELECT string_agg(r::text, '') FROM zerodrift.statement r),
                         (SELECT string_agg(r::text, '') FROM zerodrift.revision r)";
    for cell in database.session().text_rows(ledger).unwrap().concat() {
        assert!(!cell.unwrap_or_default().contains("topsecret"));
    }
}

#[test]
fn a_role_bound_by_row_security() {
    let database = database("errors_role");
    let role = database.role("errors_member", "LOGIN");
    let run = upgrade(&small(), &url(&database.target.with_user(&role)));
    run.expect(
        3,
        &[&role, "neither superuser nor BYPASSRLS", "MIGRATION_DATABASE_URL"],
    );
}

#[test]
fn targets_that_name_nothing_or_too_much() {
    let database = database("errors_target");
    let url = database.url();
    let reference = Project::reference();
    let target = |target: &str| reference.run(&["upgrade", target, "--database-url", &url]);
    target("202511131125").expect(2, &["202511131125", "does not exist", "hint", "20251113112"]);
    target("20251113").expect(2, &["20251113", "202511131115", "202511131232"]);
    target("nolabel@head").expect(2, &["nolabel", "hint"]);
    target("heads@").expect(2, &["hint"]);
    target("+0x").expect(2, &["hint"]);
    let ledger = "SELECT to_regnamespace('zerodrift') IS NULL";
    assert_eq!(
        database.session().text_rows(ledger).unwrap(),
        [[Some("t".to_owned())]]
    );
}
