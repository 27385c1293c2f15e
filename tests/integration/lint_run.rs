//! `lint` and `explain` as users run them: paths, standard input, changes since a commit, baselines, formats, rules of
//! the project.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::project::{Run, program};

/// A folder with files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text.as_bytes());
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::of(
            program()
                .current_dir(self.path())
                .args(arguments)
                .output()
                .unwrap(),
        )
    }

    /// The findings as `file:line rule`, advice on style left out.
    fn found(&self, arguments: &[&str]) -> Vec<String> {
        let run = self.run(&[arguments, &["--format", "jsonl"]].concat());
        run.out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|finding| finding["category"] != "style" || finding["level"] != "info")
            .map(|finding| {
                format!(
                    "{}:{} {}",
                    finding["file"].as_str().unwrap_or(""),
                    finding["line"],
                    finding["rule"].as_str().unwrap()
                )
            })
            .collect()
    }

    fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .current_dir(self.path())
            .args([
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.com",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

const BROKEN: &str = "ALTER TABL a ADD b int;\n";

fn revision(id: &str, parents: &str, sql: &str) -> String {
    format!("/*---\nrevision: {id}\nparents: [{parents}]\n---*/\n{sql}")
}

#[test]
fn files_of_no_project_are_migrations_of_their_own() {
    let folder = Folder::of(&[
        ("db/b.sql", BROKEN),
        ("db/a.sql", "CREATE TABLE t (id int);\nALTER TABL t ADD b int;\n"),
        ("db/a.down.sql", BROKEN),
        ("db/U1__x.sql", BROKEN),
        ("db/.hidden/x.sql", BROKEN),
        ("db/notes.txt", BROKEN),
        (
            "db/dbmate.sql",
            "-- migrate:up\nSELECT 1;\n-- migrate:down\nDROP TABL t;\n",
        ),
    ]);
    assert_eq!(
        folder.found(&["lint", "db"]),
        ["db/a.sql:2 syntax-error", "db/b.sql:1 syntax-error"]
    );
    assert_eq!(
        folder.found(&["lint", "db/a.down.sql"]),
        ["db/a.down.sql:1 syntax-error"]
    );
    folder
        .run(&["lint", "db"])
        .expect(1, &["3 files", "--> db/a.sql:2:1"]);
    folder.run(&["lint", "db/dbmate.sql"]).expect(0, &["1 file"]);
    folder
        .run(&["lint", "nowhere.sql"])
        .expect(2, &["path \"nowhere.sql\" does not exist"]);
    folder.write("empty/x.txt", b"");
    folder.run(&["lint", "empty"]).expect(2, &["holds no SQL file"]);
    folder.run(&["lint"]).expect(2, &["zerodrift init"]);
}

#[test]
fn layouts_of_other_tools_are_known() {
    const CONCURRENTLY: &str = "CREATE INDEX CONCURRENTLY i ON t (a);\n";
    let both = format!("ALTER TABLE t ADD COLUMN a int;\n{CONCURRENTLY}");
    let folder = Folder::of(&[
        ("sqitch/deploy/a.sql", "SELECT 1;\n"),
        ("sqitch/revert/a.sql", BROKEN),
        ("sqitch/verify/a.sql", BROKEN),
        ("verify/a.sql", BROKEN),
        ("pairs/1_up.sql", "SELECT 1;\n"),
        ("pairs/1_down.sql", BROKEN),
        ("pairs/2_down.sql", BROKEN),
        ("flyway/V9__a.sql", BROKEN),
        (
            "flyway/V10__b.sql",
            "CREATE TABLE ${schema}.t (a int);\nALTER TABLE ${schema}.t ADD COLUMN b serial;\n",
        ),
        ("flyway/V11__c.sql", CONCURRENTLY),
        ("flyway/V12__d.sql", &both),
        ("plain/c.sql", CONCURRENTLY),
        ("prisma/2/migration.sql", CONCURRENTLY),
        ("prisma/10/migration.sql", BROKEN),
        (
            "extension.sql",
            "CREATE TABLE @extschema@.t (a @extschema:other@.a);\n",
        ),
    ]);
    let found = |path: &str| folder.found(&["lint", path]);
    assert_eq!(found("sqitch"), Vec::<String>::new());
    assert_eq!(found("verify"), ["verify/a.sql:1 syntax-error"]);
    assert_eq!(found("pairs"), ["pairs/2_down.sql:1 syntax-error"]);
    assert_eq!(
        found("flyway"),
        [
            "flyway/V9__a.sql:1 syntax-error",
            "flyway/V12__d.sql:2 concurrently-in-transaction"
        ]
    );
    assert_eq!(found("plain"), ["plain/c.sql:1 concurrently-in-transaction"]);
    assert_eq!(found("prisma"), ["prisma/10/migration.sql:1 syntax-error"]);
    assert_eq!(found("extension.sql"), Vec::<String>::new());
    assert_eq!(
        folder.found(&["lint", "--transaction", "single", "prisma/2/migration.sql"]),
        ["prisma/2/migration.sql:1 concurrently-in-transaction"]
    );
}

#[test]
fn a_header_in_a_file_of_no_project_is_read() {
    let folder = Folder::of(&[
        ("ours.sql", "/*---\ntransactoin: false\n---*/\nSELECT 1;\n"),
        (
            "beside.sql",
            "/*---\ntransaction: false\nowner: me\n---*/\nSELECT 1;\n",
        ),
        ("theirs.sql", "/*---\nauthor: somebody\n---*/\nSELECT 1;\n"),
        (
            "prose.sql",
            "/*---\nPurpose: what we need, 'and\n---*/\nSELECT 1;\n",
        ),
    ]);
    let found = |path: &str| folder.found(&["lint", path]);
    assert_eq!(found("ours.sql"), ["ours.sql:2 header-unknown-key"]);
    assert_eq!(found("beside.sql"), ["beside.sql:3 header-unknown-key"]);
    assert_eq!(found("theirs.sql"), Vec::<String>::new());
    assert_eq!(found("prose.sql"), Vec::<String>::new());
}

#[test]
fn what_is_no_text_is_a_finding() {
    let folder = Folder::of(&[("ok.sql", "SELECT 1;\n")]);
    folder.write("bad.sql", b"SELECT 1;\n\xff\n");
    folder.write("nul.sql", b"SELECT '\0';\n");
    folder
        .run(&["lint", "bad.sql", "ok.sql"])
        .expect(1, &["byte 0xff at line 2, column 1", "--> bad.sql:2:1"]);
    let run = folder.run(&["lint", "nul.sql"]);
    assert!(matches!(run.code, 0 | 1), "{}", run.said());
}

#[test]
fn standard_input_is_a_file() {
    let mut child = program()
        .args(["lint", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .current_dir(std::env::temp_dir())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(format!("\u{feff}SELECT 1;\n{BROKEN}").as_bytes())
        .unwrap();
    Run::of(child.wait_with_output().unwrap()).expect(1, &["1 file", "--> -:2:1", "ALTER TABL a"]);
}

#[test]
fn a_path_in_a_project_limits_findings_and_ancestors_are_known() {
    let first = revision("a1", "", "CREATE TABLE t (id int);\nALTER TABL t ADD b int;\n");
    let second = revision("b2", "a1", "ALTER TABLE t ADD COLUMN c int;\nDROP TABL t;\n");
    let folder = Folder::of(&[
        ("zerodrift.yaml", ""),
        ("migrations/a1.sql", &first),
        ("migrations/b2.sql", &second),
        ("scripts/x.sql", BROKEN),
    ]);
    let both = [
        "migrations/a1.sql:6 syntax-error",
        "migrations/b2.sql:6 syntax-error",
    ];
    assert_eq!(folder.found(&["lint"]), both);
    assert_eq!(folder.found(&["lint", "migrations"]), both);
    assert_eq!(
        folder.found(&["lint", "./migrations/../migrations/b2.sql"]),
        both[1..]
    );
    assert_eq!(
        folder.found(&["lint", "scripts"]),
        ["scripts/x.sql:1 syntax-error"]
    );
    folder
        .run(&["lint", "migrations/b2.sql"])
        .expect(1, &["reported on 1 revision"]);
    // From elsewhere, the project of the path is found.
    let elsewhere = Folder::of(&[]);
    let path = folder.path().join("migrations/b2.sql");
    assert_eq!(elsewhere.found(&["lint", path.to_str().unwrap()]), both[1..]);
}

#[test]
fn since_reports_what_changed() {
    let folder = Folder::of(&[
        ("zerodrift.yaml", ""),
        ("migrations/a1.sql", &revision("a1", "", BROKEN)),
        ("migrations/b2.sql", &revision("b2", "a1", BROKEN)),
    ]);
    folder.git(&["init", "-q", "-b", "main"]);
    folder
        .run(&["lint", "--since", "main"])
        .expect(2, &["git knows no commit \"main\""]);
    folder.git(&["add", "."]);
    folder.git(&["commit", "-qm", "one"]);
    assert!(folder.found(&["lint", "--since", "main"]).is_empty());
    folder.git(&["checkout", "-qb", "work"]);
    folder.git(&["mv", "migrations/b2.sql", "migrations/b2_renamed.sql"]);
    folder.git(&["commit", "-qm", "rename"]);
    // A rename without an edit changes no migration.
    assert!(folder.found(&["lint", "--since", "main"]).is_empty());
    folder.write(
        "migrations/b2_renamed.sql",
        revision("b2", "a1", &format!("{BROKEN}SELECT 1;\n")).as_bytes(),
    );
    folder.write("migrations/c3 new.sql", b"");
    fs::remove_file(folder.path().join("migrations/c3 new.sql")).unwrap();
    folder.write("migrations/c3.sql", revision("c3", "b2", BROKEN).as_bytes());
    let changed = [
        "migrations/b2_renamed.sql:5 syntax-error",
        "migrations/c3.sql:5 syntax-error",
    ];
    assert_eq!(folder.found(&["lint", "--since", "main"]), changed);
    folder.git(&["add", "."]);
    folder.git(&["commit", "-qm", "two"]);
    assert_eq!(folder.found(&["lint", "--since", "main"]), changed);
    folder.git(&["checkout", "-q", "--detach"]);
    assert_eq!(folder.found(&["lint", "--since", "main"]), changed);
    assert_eq!(
        folder.found(&["lint", "--since", "main", "migrations/c3.sql"]),
        changed[1..]
    );
    folder
        .run(&["lint", "--since", "origin/nowhere"])
        .expect(2, &["git knows no commit", "git fetch origin nowhere"]);
    folder
        .run(&["lint", "--since=--output=x"])
        .expect(2, &["git knows no commit"]);
    folder.git(&["checkout", "-q", "--orphan", "other"]);
    folder.git(&["commit", "-qm", "other"]);
    folder
        .run(&["lint", "--since", "main"])
        .expect(2, &["have no common ancestor"]);
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let origin = Folder::of(&[
        ("zerodrift.yaml", ""),
        ("migrations/a1.sql", &revision("a1", "", "SELECT 1;\n")),
    ]);
    origin.git(&["init", "-q", "-b", "main"]);
    origin.git(&["add", "."]);
    origin.git(&["commit", "-qm", "one"]);
    origin.git(&["checkout", "-qb", "work"]);
    origin.git(&["commit", "-q", "--allow-empty", "-m", "two"]);
    origin.git(&["checkout", "-q", "main"]);
    origin.git(&["commit", "-q", "--allow-empty", "-m", "three"]);
    let clone = Folder::of(&[]);
    let url = format!("file://{}", origin.path().display());
    clone.git(&[
        "clone",
        "-q",
        "--depth",
        "1",
        "--no-single-branch",
        "--branch",
        "work",
        &url,
        "c",
    ]);
    let run = Run::of(
        program()
            .current_dir(clone.path().join("c"))
            .args(["lint", "--since", "origin/main"])
            .output()
            .unwrap(),
    );
    run.expect(2, &["no common ancestor in this clone", "git fetch --unshallow"]);
    let outside = Folder::of(&[("a.sql", "SELECT 1;")]);
    outside
        .run(&["lint", "a.sql", "--since", "HEAD"])
        .expect(2, &["is in no git repository"]);
}

#[test]
fn a_baseline_lets_old_findings_rest_and_shrinks() {
    let folder = Folder::of(&[("a.sql", BROKEN), ("b.sql", BROKEN)]);
    folder
        .run(&["lint", "a.sql", "--baseline", "old.json"])
        .expect(2, &["--update-baseline"]);
    folder
        .run(&["lint", ".", "--update-baseline"])
        .expect(2, &["no file is named for the baseline"]);
    folder
        .run(&["lint", ".", "--baseline", "old.json", "--update-baseline"])
        .expect(0, &["wrote old.json: 2 accepted findings"]);
    let written = folder.read("old.json");
    folder
        .run(&["lint", ".", "--baseline", "old.json"])
        .expect(0, &[]);
    // Lines move, and the statement is still the same one.
    folder.write("a.sql", format!("SELECT 1;\n\n{BROKEN}").as_bytes());
    folder
        .run(&["lint", ".", "--baseline", "old.json"])
        .expect(0, &[]);
    folder.write("a.sql", format!("{BROKEN}DROP TABL z;\n").as_bytes());
    assert_eq!(
        folder.found(&["lint", ".", "--baseline", "old.json"]),
        ["./a.sql:2 syntax-error"]
    );
    folder.write("a.sql", b"SELECT 1;\n");
    folder
        .run(&["lint", ".", "--baseline", "old.json", "-v"])
        .expect(0, &["baseline can shrink: 1 accepted finding is gone"]);
    folder.write("a.sql", BROKEN.as_bytes());
    folder
        .run(&["lint", ".", "--baseline", "old.json", "--update-baseline"])
        .expect(0, &[]);
    assert_eq!(folder.read("old.json"), written);
    folder.write("old.json", b"{}");
    folder
        .run(&["lint", ".", "--baseline", "old.json"])
        .expect(2, &["is no baseline: it has no \"format\""]);
}

#[test]
fn levels_paths_and_acceptance_are_configured() {
    let folder = Folder::of(&[
        ("zerodrift.yaml", ""),
        ("migrations/old/a1.sql", &revision("a1", "", BROKEN)),
        ("migrations/new/b2.sql", &revision("b2", "a1", BROKEN)),
    ]);
    let config = |text: &str| folder.write("zerodrift.yaml", text.as_bytes());
    config("lint:\n  paths:\n    'migrations/old/**': {levels: {syntax-error: info}}\n");
    assert_eq!(
        folder.found(&["lint", "--fail-on", "never"]).len(),
        2,
        "advice stands in machine formats"
    );
    folder
        .run(&["lint"])
        .expect(1, &["--> migrations/new/b2.sql:5:1"]);
    config(
        "lint:\n  accept:\n    - {revision: a1, rule: [syntax-error], because: history}\n    - {revision: b2, rule: syntax-error, because: history}\n",
    );
    folder.run(&["lint"]).expect(0, &[]);
    config(
        "lint:\n  accept:\n    - {revision: zz, rule: syntax-error, because: history}\n  levels: {syntax-error: off}\n",
    );
    folder
        .run(&["lint"])
        .expect(1, &["lint.accept names revision \"zz\", which does not exist"]);
    config("lint:\n  levels: {syntax-eror: off}\n");
    folder.run(&["lint"]).expect(
        2,
        &[
            "lint rule \"syntax-eror\" does not exist",
            "zerodrift.yaml:2:12",
            "Did you mean \"syntax-error\"?",
        ],
    );
    config("lint:\n  paths:\n    'a{b': {levels: {}}\n");
    folder
        .run(&["lint"])
        .expect(2, &["opens a \"{\" that it does not close", "zerodrift.yaml:3"]);
    config("lint:\n  accept:\n    - {revision: a1, rule: syntax-error, because: ' '}\n");
    folder.run(&["lint"]).expect(2, &["without a reason"]);
}

#[test]
fn the_header_accepts_with_a_reason_that_is_needed() {
    let header = |allow: &str, sql: &str| {
        format!("/*---\nrevision: a1\nallow:\n  - {{rule: {allow}, because: old tool}}\n---*/\n{sql}")
    };
    let folder = Folder::of(&[
        ("zerodrift.yaml", ""),
        ("migrations/a1.sql", &header("syntax-error", BROKEN)),
    ]);
    folder.run(&["lint"]).expect(0, &[]);
    folder.write(
        "migrations/a1.sql",
        header("syntax-error", "SELECT 1;\n").as_bytes(),
    );
    assert_eq!(
        folder.found(&["lint"]),
        ["migrations/a1.sql:4 unused-suppression"]
    );
    folder.write(
        "migrations/a1.sql",
        header("syntax-eror", "SELECT 1;\n").as_bytes(),
    );
    folder
        .run(&["lint"])
        .expect(1, &["a1.sql:4:12", "Did you mean \"syntax-error\"?"]);
}

const HOUSE: &str = r#"rules:
  - name: table-without-comment
    summary: Every table has a comment.
    on: table
    require: {comment: true}
    message: 'table "{object}" has no comment'
    hint: "COMMENT ON TABLE … IS '…';"
    exempt: [{object: queue, because: the library makes it}]
  - name: money-is-no-integer
    level: error
    summary: Money is counted in cents.
    on: column
    where: {name: '(price|amount)$'}
    require: {types: [integer, bigint]}
    message: 'column "{object}" holds money as {type}'
  - name: maintenance-in-migration
    summary: VACUUM FULL locks everybody out.
    on: statement
    where: {text: '(?i)^vacuum\s+full\b'}
    message: statement is VACUUM FULL
"#;

#[test]
fn rules_of_the_project_judge_what_a_migration_makes() {
    let folder = Folder::of(&[
        ("zerodrift.yaml", ""),
        ("lints/house.yaml", HOUSE),
        (
            "migrations/a1.sql",
            &revision(
                "a1",
                "",
                "CREATE TABLE orders (id bigint PRIMARY KEY, price numeric);\nCREATE TABLE queue (id int);\n",
            ),
        ),
        (
            "migrations/b2.sql",
            &revision(
                "b2",
                "a1",
                "ALTER TABLE orders ADD COLUMN note text,\n  ADD COLUMN amount int;\nCREATE TABLE items (id bigint PRIMARY KEY);\nCOMMENT ON TABLE items IS 'Lines.';\n",
            ),
        ),
        (
            "migrations/c3.sql",
            &revision(
                "c3",
                "b2",
                "COMMENT ON TABLE items IS NULL;\nSELECT 1; /* vacuum full */\n",
            ),
        ),
    ]);
    assert_eq!(
        folder.found(&["lint"]),
        [
            "migrations/a1.sql:5 money-is-no-integer",
            "migrations/a1.sql:5 table-without-comment",
            "migrations/c3.sql:5 table-without-comment",
        ]
    );
    folder.run(&["lint"]).expect(
        1,
        &[
            "column \"public.orders.price\" holds money as numeric",
            "hint: COMMENT ON TABLE",
        ],
    );
    folder
        .run(&["explain", "table-without-comment"])
        .expect(0, &["Every table has a comment.", "queue: the library makes it"]);
    let mistakes = [
        ("rules:\n  - name: x\n    sumary: s\n", "lints/house.yaml:3:5"),
        (
            "rules:\n  - {name: x, summary: s, on: column, where: {name: '('}, message: m}\n",
            "is not a regular expression",
        ),
        (
            "rules:\n  - {name: syntax-error, summary: s, on: table, message: m}\n",
            "exists already",
        ),
        (
            "rules:\n  - {name: x, summary: s, on: statement, message: m}\n",
            "asks for no \"text\"",
        ),
        (
            "rules:\n  - {name: x, summary: s, on: tables, message: m}\n",
            "tables",
        ),
    ];
    for (text, said) in mistakes {
        folder.write("lints/house.yaml", text.as_bytes());
        folder.run(&["lint"]).expect(2, &["lints/house.yaml:", said]);
    }
}

/// A format that needs everything, beside it, makes a report wait; what it says must not depend on that.
#[test]
fn what_is_written_early_is_what_would_be_written_late() {
    let folder = Folder::of(&[("clean.sql", "SELECT 1;\n")]);
    for number in 0..700 {
        let sql = match number % 3 {
            0 => "SELECT 1;\n".to_owned(),
            1 => format!("{BROKEN}\tALTER TABLE t ALTER COLUMN ü{number} SET NOT NULL; -- ü\n"),
            _ => "CREATE ROLE r PASSWORD 'hidden words';\nALTER TABL r PASSWORD 'hidden words';\n".to_owned(),
        };
        folder.write(&format!("db/{number:03}.sql"), sql.as_bytes());
    }
    let lint = |format: &[&str], path: &str| {
        let early = folder.run(&[&["lint", path, "--format"], format].concat());
        let late = folder.run(
            &[
                &["lint", path, "--format"],
                format,
                &["--format", "json=all.json"],
            ]
            .concat(),
        );
        assert_eq!(
            (early.code, &early.out, &early.error),
            (late.code, &late.out, &late.error),
            "{format:?}"
        );
        early
    };
    for format in [
        &["text"][..],
        &["text", "-v"],
        &["text", "-q"],
        &["jsonl"],
        &["github"],
    ] {
        let run = lint(format, "db");
        assert_eq!(run.code, 1, "{}", run.said());
        assert!(
            run.out.matches("db/69").count() >= 7 && !run.out.contains("hidden words"),
            "{}",
            run.out
        );
        lint(format, "clean.sql");
    }
    let files = folder.run(&[
        "lint",
        "db",
        "--format",
        "jsonl=a.jsonl",
        "--format",
        "text=a.txt",
    ]);
    assert_eq!((files.code, files.out.as_str()), (1, ""), "{}", files.said());
    assert_eq!(folder.read("a.jsonl"), lint(&["jsonl"], "db").out);
    assert_eq!(folder.read("a.txt"), lint(&["text"], "db").out);
    let lost = folder.run(&["lint", "db", "--format", "jsonl=/dev/full"]);
    lost.expect(2, &["could not write report \"/dev/full\""]);
}

#[test]
fn reports_are_written_side_by_side() {
    let folder = Folder::of(&[("ä b.sql", &format!("-- ü\n{BROKEN}{BROKEN}"))]);
    let run = folder.run(&[
        "lint",
        "ä b.sql",
        "--format",
        "sarif=out.sarif",
        "--format",
        "gitlab=out.json",
        "--format",
        "junit=out.xml",
        "--format",
        "html=out.html",
        "--format",
        "github",
    ]);
    run.expect(
        1,
        &["::error title=syntax-error,file=ä b.sql,line=2,endLine=2,col=1,endColumn=6::"],
    );
    let sarif: Value = serde_json::from_str(&folder.read("out.sarif")).unwrap();
    check_sarif(&sarif);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "%C3%A4%20b.sql"
    );
    assert_eq!(
        result["locations"][0]["physicalLocation"]["region"]["startLine"],
        2
    );
    let gitlab: Value = serde_json::from_str(&folder.read("out.json")).unwrap();
    assert_eq!(gitlab[0]["location"]["path"], "ä b.sql");
    assert_ne!(
        gitlab[0]["fingerprint"], gitlab[1]["fingerprint"],
        "equal findings are two"
    );
    let junit = folder.read("out.xml");
    assert!(junit.contains("tests=\"2\" failures=\"2\""), "{junit}");
    let html = folder.read("out.html");
    assert!(
        html.starts_with("<!DOCTYPE html>") && !html.contains("<script") && !html.contains("http"),
        "{html}"
    );
    // The fingerprint stays while lines move.
    folder.write("ä b.sql", format!("\n\n-- ü\n{BROKEN}").as_bytes());
    folder.run(&["lint", "ä b.sql", "--format", "sarif=moved.sarif"]);
    let moved: Value = serde_json::from_str(&folder.read("moved.sarif")).unwrap();
    assert_eq!(
        moved["runs"][0]["results"][0]["partialFingerprints"],
        result["partialFingerprints"]
    );
}

/// What the schema of SARIF 2.1.0 requires of what is written.
fn check_sarif(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    for run in log["runs"].as_array().unwrap() {
        let driver = &run["tool"]["driver"];
        assert!(driver["name"].is_string());
        let rules = driver["rules"].as_array().unwrap();
        assert!(rules.iter().all(|rule| rule["id"].is_string()));
        for result in run["results"].as_array().unwrap() {
            assert!(result["message"]["text"].is_string());
            assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let region = &result["locations"][0]["physicalLocation"]["region"];
            for key in ["startLine", "startColumn", "endLine", "endColumn"] {
                assert!(region[key].as_u64().unwrap() >= 1, "{key}");
            }
            assert!(
                result["partialFingerprints"]
                    .as_object()
                    .unwrap()
                    .values()
                    .all(Value::is_string)
            );
        }
    }
}

#[test]
fn rules_are_explained() {
    let folder = Folder::of(&[]);
    folder.run(&["explain", "unused-suppression"]).expect(
        0,
        &[
            "What it finds",
            "When to allow it",
            "level: warning, category: style",
        ],
    );
    folder
        .run(&["explain", "unused-supression"])
        .expect(2, &["Did you mean \"unused-suppression\"?"]);
    folder
        .run(&["explain"])
        .expect(0, &["several-heads", "syntax-error"]);
    let document: Value = serde_json::from_str(&folder.run(&["explain", "--format", "json"]).out).unwrap();
    let rules = document["data"]["rules"].as_array().unwrap();
    assert!(
        rules
            .iter()
            .any(|rule| rule["name"] == "syntax-error" && rule["level"] == "error")
    );
}

#[test]
fn assumed_sql_is_known_and_not_reported() {
    let folder = Folder::of(&[
        (
            "before.sql",
            "CREATE TABLE t (id int, note text);\nALTER TABL t ADD b int;\n",
        ),
        ("m.sql", "CREATE TABLE t (id int);\n"),
    ]);
    folder.run(&["lint", "m.sql"]).expect(0, &[]);
    assert_eq!(
        folder.found(&["lint", "m.sql", "--assume", "before.sql"]),
        ["m.sql:1 object-exists-already"]
    );
    folder
        .run(&["lint", "m.sql", "--assume", "nowhere.sql"])
        .expect(2, &["nowhere.sql"]);
}

#[test]
fn an_assumed_snapshot_says_what_is_there() {
    let schema = crate::support::project::repository().join("schema");
    let folder = Folder::of(&[
        (
            "have.sql",
            "ALTER TABLE public.attribution_events ADD COLUMN currency text;\n",
        ),
        (
            "lack.sql",
            "CREATE TABLE public.attribution_clicks (id bigint PRIMARY KEY);\n",
        ),
        ("view.sql", "DROP TABLE public.attribution_events;\n"),
    ]);
    let found = |file: &str| folder.found(&["lint", file, "--assume", schema.to_str().unwrap()]);
    assert_eq!(found("have.sql"), ["have.sql:1 object-exists-already"]);
    let lacking: Vec<String> = found("lack.sql");
    assert!(
        !lacking
            .iter()
            .any(|found| found.contains("object-exists-already")),
        "{lacking:?}"
    );
    assert!(
        found("view.sql").contains(&"view.sql:1 dropped-object-is-needed".to_owned()),
        "{:?}",
        found("view.sql")
    );
    folder
        .run(&["lint", "have.sql", "--assume", "nowhere"])
        .expect(2, &["nowhere"]);
}

#[test]
fn fixes_are_shown_and_applied() {
    let sql = "\u{feff}-- ü\nCREATE INDEX accounts_email ON accounts (email);\n";
    let folder = Folder::of(&[("m.sql", sql)]);
    let shown = folder.run(&["lint", "m.sql", "--transaction", "none", "--fix"]);
    shown.expect(
        1,
        &[
            "-CREATE INDEX accounts_email",
            "+CREATE INDEX CONCURRENTLY accounts_email",
            "--- a/m.sql",
        ],
    );
    assert_eq!(folder.read("m.sql"), sql, "--fix alone writes nothing");
    let written = folder.run(&["lint", "m.sql", "--transaction", "none", "--fix", "--write"]);
    written.expect(0, &["wrote m.sql"]);
    assert_eq!(
        folder.read("m.sql"),
        sql.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY")
    );
    folder
        .run(&["lint", "m.sql", "--transaction", "none", "--fix"])
        .expect(0, &["Nothing that was found can be mended"]);
    folder.run(&["lint", "m.sql", "--write"]).expect(2, &["--fix"]);
}
