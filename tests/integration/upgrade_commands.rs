//! `upgrade` and `status` on a database and a ledger that others touched too.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::project::{Project, Run};
use crate::support::reference::reference;
use crate::support::{database, url};

/// A chain of two revisions.
fn chain() -> Project {
    Project::with(&[
        ("zerodrift.yaml", "{}\n"),
        (
            "migrations/a1.sql",
            "/*--- {revision: a1} ---*/\nCREATE TABLE t (n int);\n",
        ),
        (
            "migrations/b2.sql",
            "/*--- {revision: b2, parents: [a1]} ---*/\nINSERT INTO t VALUES (1);\n",
        ),
    ])
}

fn upgrade(project: &Project, url: &str) -> Run {
    project.run(&["upgrade", "--database-url", url])
}

fn status(project: &Project, url: &str) -> Run {
    project.run(&["status", "--database-url", url])
}

#[test]
fn three_heads_are_named_and_nothing_runs() {
    let database = database("upgrade_heads");
    let project = Project::fixture("three_heads");
    for arguments in [&["upgrade"][..], &["upgrade", "head"], &["plan"]] {
        let run = project.run(&[arguments, &["--database-url", &database.url()]].concat());
        run.expect(
            1,
            &[
                "e9b7435efea6",
                "202512091100",
                "202512171700",
                "celery_foundation",
                "skeldir_foundation",
                "zerodrift merge",
            ],
        );
    }
    let left = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace
                UNION ALL SELECT count(*) FROM pg_namespace WHERE nspname = 'zerodrift'";
    let zero = [Some("0".to_owned())];
    assert_eq!(database.session().text_rows(left).unwrap(), [zero.clone(), zero]);
}

#[test]
fn edits_after_the_fact() {
    let database = database("upgrade_edits");
    let url = database.url();
    let project = chain();
    upgrade(&project, &url).expect(0, &["applied a1", "applied b2"]);
    upgrade(&project, &url).expect(0, &["Nothing to do"]);
    let original = project.read("migrations/b2.sql");

    project.write(
        "migrations/b2.sql",
        format!(
            "{}-- a remark\n\n",
            original.replace("INSERT INTO", "INSERT\n  INTO")
        ),
    );
    upgrade(&project, &url).expect(0, &["warning[", "b2", "Nothing to do"]);

    project.write("migrations/b2.sql", original.replace("(1)", "(2)"));
    let meaning = ["error[", "b2", "migrations/b2.sql", "VALUES (2)", "hint"];
    upgrade(&project, &url).expect(7, &meaning);
    status(&project, &url).expect(7, &meaning);

    project.write("migrations/b2.sql", &original);
    upgrade(&project, &url).expect(0, &["Nothing to do"]);
    project.remove("migrations/b2.sql");
    let unknown = ["error[", "b2", "hint"];
    upgrade(&project, &url).expect(7, &unknown);
    status(&project, &url).expect(7, &unknown);
    let (code, document) = project.json(&["status", "--database-url", &url]);
    assert_eq!((code, &document["data"]["unknown"][0]), (7, &"b2".into()));
}

#[test]
fn database_of_the_recorded_graph_has_a_gap_in_the_mended_one() {
    let database = reference().empty();
    let url = url(&database);
    let upgrade_to =
        |project: &Project, target: &str| project.run(&["upgrade", target, "--database-url", &url]);
    let recorded = Project::fixture("x2_recorded");
    upgrade_to(&recorded, "202512151410").expect(0, &["applied 202512151410"]);

    let mended = Project::fixture("x2_recorded");
    // The mended project over the same files: only the edge differs, as if it had been declared afterwards.
    let path = "migrations/007_skeldir_foundation/202512151410_add_allocation_model_versioning.sql";
    let text = mended.read(path);
    let declared = text.replacen(
        "parents: [202512151400]\n",
        "parents: [202512151400]\ndepends-on: [202511131232]\n",
        1,
    );
    assert!(text != declared, "the header of {path} has changed");
    mended.write(path, declared);
    for project in [&mended, &Project::reference()] {
        upgrade_to(project, "head").expect(7, &["202511131232", "gap", "--fill-gaps"]);
    }
    let run = status(&mended, &url);
    run.expect(7, &["202511131232", "gap"]);
}

#[test]
fn of_two_programs_one_works() {
    let project = Project::with(&[
        ("zerodrift.yaml", "{}\n"),
        (
            "migrations/a1.sql",
            "/*--- {revision: a1} ---*/\nCREATE TABLE t (n int);\n",
        ),
        (
            "migrations/b2.sql",
            "/*--- {revision: b2, parents: [a1]} ---*/\nINSERT INTO t VALUES (1); SELECT pg_sleep(0.05);\n",
        ),
    ]);
    for round in 0..20 {
        let database = database("upgrade_race");
        let url = database.url();
        let arguments = ["upgrade", "--database-url", &url];
        let both = [project.start(&arguments), project.start(&arguments)];
        let runs = both.map(|child| Run::of(child.wait_with_output().unwrap()));
        let worked = |run: &Run| run.code == 0 && run.out.contains("applied b2");
        let stood_by = |run: &Run| {
            (run.code == 6 && run.error.contains("another migrator"))
                || (run.code == 0 && run.out.contains("Nothing to do"))
        };
        let [first, second] = &runs;
        assert!(
            (worked(first) && stood_by(second)) || (worked(second) && stood_by(first)),
            "round {round}:\n{} {}\n{} {}",
            first.code,
            first.said(),
            second.code,
            second.said()
        );
        let ledger = "SELECT id, count(*) FROM zerodrift.revision GROUP BY id
                      UNION ALL SELECT 'history', count(*) FROM refinery_schema_history
                      UNION ALL SELECT 'rows', count(*) FROM t ORDER BY 1";
        let rows: Vec<String> = database
            .session()
            .text_rows(ledger)
            .unwrap()
            .into_iter()
            .map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(rows, ["a1 1", "b2 1", "history 2", "rows 1"], "round {round}");
    }
}

#[test]
fn the_backend_of_a_killed_program_is_named_and_not_joined() {
    let database = database("upgrade_killed");
    let url = database.url();
    let project = chain();
    project.write(
        "migrations/b2.sql",
        "/*--- {revision: b2, parents: [a1]} ---*/\nINSERT INTO t VALUES (1);\nSELECT pg_sleep(5);\n",
    );
    // Busy with our statement: the server has not noticed that the client is gone.
    let sleeping = "SELECT pid::text FROM pg_stat_activity
                    WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(5)%'
                      AND pid <> pg_backend_pid()";
    let mut session = database.session();
    let mut child = project.start(&["upgrade", "--database-url", &url]);
    let since = Instant::now();
    let pid = loop {
        if let Some(row) = session.text_rows(sleeping).unwrap().pop() {
            break row[0].clone().unwrap();
        }
        assert!(since.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(20));
    };
    child.kill().unwrap();
    child.wait().unwrap();

    let next = upgrade(&project, &url);
    next.expect(6, &[&format!("pid {pid}"), "pg_sleep(5)"]);
    assert_eq!(session.text_rows(sleeping).unwrap().len(), 1, "it was left alone");

    let waited = project.run(&["upgrade", "--wait", "30s", "--database-url", &url]);
    // The orphan may have been cancelled or have committed; either way each revision ran once.
    assert_eq!(waited.code, 0, "{}", waited.said());
    let once = "SELECT count(*) FROM t";
    assert_eq!(session.text_rows(once).unwrap(), [[Some("1".to_owned())]]);
}
