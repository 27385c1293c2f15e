//! Who touched it last: every difference names its revision, or says that there is none.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::project::{Project, Run, repository};
use crate::support::{self, TestDatabase};

/// A cache of our own: what other runs remember has no part in these tests.
fn cache() -> &'static PathBuf {
    static CACHE: OnceLock<PathBuf> = OnceLock::new();
    CACHE.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("zerodrift-attribution-{}", std::process::id()));
        support::remove_at_exit(&folder);
        folder
    })
}

fn environment() -> [(&'static str, String); 2] {
    [
        ("ZERODRIFT_CACHE", cache().display().to_string()),
        ("PG_BIN", support::cluster().bin_dir().display().to_string()),
    ]
}

fn run(project: &Project, arguments: &[&str]) -> Run {
    let environment = environment();
    let environment: Vec<(&str, &str)> = environment
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    project.run_with(arguments, &environment)
}

fn diff(project: &Project, arguments: &[&str]) -> Value {
    let run = run(
        project,
        &[&["schema", "diff"], arguments, &["--format", "json"]].concat(),
    );
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}\n{}", run.said()))
}

const REVISIONS: &[(&str, &str)] = &[
    (
        "r1",
        "CREATE TABLE t (id integer, note text); CREATE TABLE gone (id integer); CREATE VIEW v AS SELECT id FROM t;
         CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';",
    ),
    ("r2", "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id > 0);"),
    ("r3", "COMMENT ON TABLE t IS 'rows'; ALTER TABLE t ADD COLUMN late integer; INSERT INTO gone VALUES (1);"),
    ("r4", "DROP TABLE gone; CREATE OR REPLACE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 2';"),
];

fn revision(project: &Project, id: &str, parent: &str, sql: &str) {
    let text = format!("/*---\nrevision: {id}\nparents: [{parent}]\n---*/\n{sql}\n");
    project.write(&format!("migrations/{id}_step.sql"), text);
}

/// A project of four revisions whose text no other test has, and a database at its head with its snapshot.
fn project(hint: &str) -> (Project, TestDatabase) {
    let project = Project::with(&[("zerodrift.yaml", "schema: {snapshot: schema}\n")]);
    let mut parent = "";
    for (id, sql) in REVISIONS {
        revision(&project, id, parent, &format!("-- {hint}\n{sql}"));
        parent = id;
    }
    let database = support::database(hint);
    run(&project, &["upgrade", "--database-url", &database.url()]).expect(0, &["applied r4"]);
    run(&project, &["schema", "snapshot", &database.url()]).expect(0, &[]);
    (project, database)
}

/// Object, facet or what happened, last revision, setter of the facet, side that the revisions build.
fn attributed(document: &Value) -> Vec<String> {
    assert_eq!(document["data"]["attribution"]["status"], "done", "{document:#}");
    let changes = document["data"]["changes"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |change: &Value| {
        let what = if change["facet"].is_null() {
            &change["what"]
        } else {
            &change["facet"]
        };
        format!(
            "{} | {} | {} | {} | {}",
            text(&change["object"]),
            text(what),
            text(&change["last_touched"]["revision"]),
            text(&change["facet_last_set"]["revision"]),
            text(&change["revisions_build"]),
        )
    };
    changes.iter().map(line).collect()
}

#[test]
fn every_change_names_its_revision_or_none() {
    let (project, database) = project("blame_each");
    database
        .session()
        .run(
            "ALTER TABLE t DISABLE ROW LEVEL SECURITY; ALTER POLICY p ON t USING (id > 1); DROP VIEW v;
             CREATE TABLE by_hand (id integer); ALTER TABLE t ADD COLUMN extra integer; CREATE TABLE gone (id integer);
             CREATE OR REPLACE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 3'",
        )
        .unwrap();
    let document = diff(&project, &[&database.url()]);
    assert_eq!(
        attributed(&document),
        [
            "function public.f() | body | r4 | - | from",
            "table public.by_hand | added | - | - | -",
            "table public.gone | added | r4 | - | from",
            "table public.t | row security | r3 | r2 | from",
            "column public.t.extra | added | - | - | -",
            "policy p on table public.t | using | r2 | - | from",
            "view public.v | removed | r1 | - | from",
        ]
    );
    let touched = &document["data"]["changes"][0]["last_touched"];
    assert_eq!(touched["file"], "migrations/r4_step.sql");
    assert_eq!(touched["not_applied_in"], Value::Array(vec![]));
    run(&project, &["schema", "diff", &database.url()]).expect(
        1,
        &[
            "7 differences from",
            "Touched last by a revision: 5 of 7; outside any revision: 2 (4 revisions remembered)",
            "This value was last set by revision r2 (migrations/r2_step.sql).",
            "The revisions build what FROM has: TO was changed outside any revision.",
            "Outside any revision: none has touched it.",
            "Last touched by revision r4 (migrations/r4_step.sql), which removed it.",
        ],
    );
}

#[test]
fn both_directions_say_who_follows_the_revisions() {
    let (project, database) = project("blame_directions");
    database
        .session()
        .run("ALTER TABLE t DISABLE ROW LEVEL SECURITY")
        .unwrap();
    let url = database.url();
    for (arguments, side) in [
        (["schema", url.as_str()], "from"),
        ([url.as_str(), "schema"], "to"),
        (["migrations", url.as_str()], "from"),
        ([url.as_str(), "migrations"], "to"),
    ] {
        let line = format!("table public.t | row security | r3 | r2 | {side}");
        assert_eq!(attributed(&diff(&project, &arguments)), [line], "{arguments:?}");
    }
}

#[test]
fn a_history_is_remembered_and_never_stale() {
    let (project, database) = project("blame_remembered");
    database
        .session()
        .run("ALTER POLICY p ON t USING (id > 1)")
        .unwrap();
    let replayed = |arguments: &[&str]| {
        let document = diff(&project, &[&[database.url().as_str()], arguments].concat());
        let ran = document["data"]["attribution"]["replayed"].as_u64().unwrap();
        (ran, attributed(&document).remove(0))
    };
    let policy = |by: &str| format!("policy p on table public.t | using | {by} | - | from");
    assert_eq!(replayed(&[]), (4, policy("r2")));
    assert_eq!(replayed(&[]), (0, policy("r2")));
    // A narrower look is served by the same history.
    assert_eq!(
        replayed(&["--scope", "schema", "--kind", "policy"]),
        (0, policy("r2"))
    );
    // A comment is another text: it could have been anything.
    revision(
        &project,
        "r4",
        "r3",
        "-- blame_remembered, edited\nALTER POLICY p ON t TO PUBLIC; DROP TABLE gone;",
    );
    assert_eq!(replayed(&[]).0, 4);
    assert_eq!(replayed(&[]).0, 0);
    // A revision that comes last leaves what is known of the others.
    revision(
        &project,
        "r5",
        "r4",
        "-- blame_remembered\nALTER POLICY p ON t USING (id > 0 AND id < 10);",
    );
    let document = diff(&project, &[&database.url()]);
    let change = &document["data"]["changes"][0];
    assert_eq!(change["last_touched"]["revision"], "r5");
    assert_eq!(change["last_touched"]["not_applied_in"][0], "TO");
    run(&project, &["schema", "diff", &database.url()]).expect(
        1,
        &["revision r5 (migrations/r5_step.sql), which is not applied in TO"],
    );
    // What was damaged is as good as none.
    let mut damaged = 0;
    for entry in std::fs::read_dir(cache().join("history")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("\"r5\"") {
            std::fs::write(&path, text.replace("\"r5\"", "\"r6\"")).unwrap();
            damaged += 1;
        }
    }
    assert_eq!(damaged, 1);
    let again = diff(&project, &[&database.url()]);
    assert_eq!(again["data"]["attribution"]["replayed"], 5);
    assert_eq!(again["data"]["changes"], document["data"]["changes"]);
}

#[test]
fn revisions_that_the_project_does_not_know_are_said() {
    let (project, database) = project("blame_unknown");
    database.session().run("DROP VIEW v").unwrap();
    project.remove("migrations/r4_step.sql");
    run(&project, &["schema", "diff", &database.url()]).expect(
        1,
        &[
            "Note: TO has revisions that this project does not know, whose changes count as outside any revision: r4",
            "Last touched by revision r1",
        ],
    );
}

#[test]
fn a_role_that_may_not_read_the_ledger_still_learns_who() {
    let (project, database) = project("blame_reader");
    let role = database.role("blame_reader", "LOGIN");
    database.session().run("DROP VIEW v").unwrap();
    let url = database.url().replace("user=postgres", &format!("user={role}"));
    run(&project, &["schema", "diff", &url]).expect(
        1,
        &[
            "view public.v: removed",
            "Last touched by revision r1",
            "Note: which revisions TO has is not known: ",
        ],
    );
}

#[test]
fn what_cannot_be_attributed_is_said_and_no_error() {
    let (project, database) = project("blame_impossible");
    database.session().run("DROP VIEW v").unwrap();
    let url = database.url();
    let expect = |reason: &str| {
        let run = run(&project, &["schema", "diff", &url]);
        run.expect(
            1,
            &[
                "view public.v: removed",
                "Who touched it last could not be found out",
                reason,
            ],
        );
        assert!(!run.said().contains("Last touched"), "{}", run.said());
    };
    let off = run(&project, &["schema", "diff", &url, "--no-attribution"]);
    off.expect(1, &["view public.v: removed"]);
    assert!(!off.said().contains("ouched"), "{}", off.said());
    let nowhere = tempfile::tempdir().unwrap();
    let bin = nowhere.path().display().to_string();
    let without = project.run_with(&["schema", "diff", &url], &[("PG_BIN", &bin)]);
    without.expect(
        1,
        &[
            "view public.v: removed",
            "could not be found out: cannot use the PostgreSQL programs",
        ],
    );
    revision(&project, "r5", "r4", "SELECT 1 / 0;");
    expect("division by zero");
    revision(&project, "r5", "nobody", "SELECT 1;");
    expect("the migrations cannot be run");
    std::fs::remove_dir_all(project.path().join("migrations")).unwrap();
    expect("there is no folder migrations");
    // Without a project there is nothing to replay, and still a comparison.
    let empty = Project::with(&[]);
    let other = support::database("blame_other");
    run(&empty, &["schema", "diff", &other.url(), &url])
        .expect(1, &["table public.t: added", "could not be found out"]);
    run(&empty, &["schema", "diff", &url]).expect(2, &["zerodrift.yaml"]);
}

#[test]
fn silence_needs_no_server() {
    let (project, database) = project("blame_silent");
    let nowhere = tempfile::tempdir().unwrap();
    let bin = nowhere.path().display().to_string();
    let run = project.run_with(&["schema", "diff", &database.url()], &[("PG_BIN", &bin)]);
    run.expect(0, &["No drift"]);
    assert!(!run.said().contains("ouched"), "{}", run.said());
    let document: Value = serde_json::from_str(
        &project
            .run_with(
                &["schema", "diff", &database.url(), "--format", "json"],
                &[("PG_BIN", &bin)],
            )
            .out,
    )
    .unwrap();
    assert_eq!(document["data"]["attribution"]["status"], "not-needed");
}

#[test]
fn the_reference_project_names_its_revisions() {
    let reference = crate::support::reference::reference();
    let target = reference.at_head();
    let mut session = zerodrift::pg::Session::open(&target, "zerodrift test").unwrap();
    session
        .run("ALTER TABLE revenue_ledger DISABLE ROW LEVEL SECURITY; DROP POLICY tenant_isolation_policy ON llm_api_calls")
        .unwrap();
    let document: Value = serde_json::from_str(
        &reference
            .project
            .run(&["schema", "diff", &support::url(&target), "--format", "json"])
            .out,
    )
    .unwrap();
    assert_eq!(
        attributed(&document),
        [
            "policy tenant_isolation_policy on table public.llm_api_calls | removed | 202512081510 | - | from",
            "table public.revenue_ledger | row security | 202512191900 | 202511131120 | from",
        ]
    );
    let file = document["data"]["changes"][0]["last_touched"]["file"]
        .as_str()
        .unwrap();
    assert!(repository().join(file).is_file(), "{file}");
}
