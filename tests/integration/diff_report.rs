//! What `schema diff` says: groups, levels, words, acceptance, scope, renames, every format.

use serde_json::Value;

use zerodrift::diff;
use zerodrift::model::Level;

use crate::support::project::{Project, Run};
use crate::support::{self, TestDatabase};

const BASE: &str = "
CREATE TABLE ledger (id integer PRIMARY KEY, amount integer NOT NULL, note text);
CREATE INDEX ledger_amount ON ledger (amount);
ALTER TABLE ledger ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ledger USING (amount > 0);
CREATE TABLE plain (id integer);
CREATE FUNCTION total(a integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    -- Everything that counts.
    RETURN a + old_total(a);
END
$$;
CREATE FUNCTION old_total(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE SCHEMA side;
CREATE TABLE side.t (id integer);";

const CHANGES: &str = "
ALTER TABLE ledger DISABLE ROW LEVEL SECURITY;
ALTER POLICY own ON ledger USING (amount > 1);
ALTER TABLE ledger ALTER amount SET DEFAULT 3, ALTER note SET STATISTICS 7;
CREATE OR REPLACE FUNCTION total(a integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    -- Everything that counts.
    RETURN a + new_total(a);
END
$$;
ALTER TABLE side.t ADD COLUMN extra integer;";

/// Two databases: before and after.
struct Pair {
    before: TestDatabase,
    after: TestDatabase,
}

impl Pair {
    fn new(hint: &str) -> Self {
        let databases = ["before", "after"].map(|side| support::database(&format!("{hint}_{side}")));
        databases
            .iter()
            .for_each(|database| drop(database.session().run(BASE).unwrap()));
        let [before, after] = databases;
        after.session().run(CHANGES).unwrap();
        Pair { before, after }
    }

    fn diff(&self, project: &Project, arguments: &[&str]) -> Run {
        let sources = [self.before.url(), self.after.url()];
        let sources = ["schema", "diff", &sources[0], &sources[1], "--no-attribution"];
        project.run(&[&sources, arguments].concat())
    }

    fn json(&self, project: &Project, arguments: &[&str]) -> Value {
        let run = self.diff(project, &[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}\n{}", run.said()))
    }
}

/// Rule, level and object of each finding.
fn found(document: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let findings = document["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            format!(
                "{} {} {}",
                text(&finding["level"]),
                text(&finding["rule"]),
                text(&finding["object"])
            )
        })
        .collect()
}

#[test]
fn changes_stand_under_their_object() {
    let pair = Pair::new("report_groups");
    let project = Project::with(&[]);
    let run = pair.diff(&project, &[]);
    run.expect(
        1,
        &[
            "6 differences from",
            "\nfunction public.total(integer)\n  error[drift]: function public.total(integer): body changed\n",
            "\ntable public.ledger (3 errors, 1 warning)\n  error[drift]: table public.ledger: row security changed from yes to no\n",
            "  warning[drift]: column public.ledger.note: statistics target changed from nothing to 7\n",
            "\ntable side.t\n  error[drift]: column side.t.extra: added\n",
            "5 errors, 1 warning\n",
        ],
    );
    assert_eq!(
        run.out.matches("\ntable public.ledger (").count(),
        1,
        "{}",
        run.out
    );
    assert!(!run.out.contains('\u{1b}'), "{}", run.out);
    let document = pair.json(&project, &[]);
    let groups: Vec<&str> = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|finding| finding["group"].as_str())
        .collect();
    let ledger = "table public.ledger";
    assert_eq!(
        groups,
        [
            "function public.total(integer)",
            ledger,
            ledger,
            ledger,
            ledger,
            "table side.t"
        ]
    );
}

#[test]
fn words_that_differ_stand_out_in_colour_only() {
    let pair = Pair::new("report_words");
    let project = Project::with(&[]);
    let coloured = pair.diff(&project, &["--color", "always"]).out;
    let marked = coloured.matches("\u{1b}[7m").count();
    let shown: Vec<String> = coloured
        .lines()
        .filter(|line| line.contains("_total"))
        .map(|line| line.to_owned())
        .collect();
    assert_eq!(shown.len(), 2, "{coloured}");
    assert_eq!(marked, 2, "{coloured}");
    for (line, word) in shown.iter().zip(["old_total", "new_total"]) {
        let codes = line.split(word).next().unwrap();
        assert!(codes.ends_with('m') && codes.contains("\u{1b}[7m"), "{line}");
        assert!(!line.contains("counts"), "{line}");
    }
    let plain = strip(&coloured);
    assert_eq!(
        plain,
        pair.diff(&project, &["--color", "never"]).out,
        "colour adds nothing but colour"
    );
}

fn strip(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        out + part.split_once('m').map_or(part, |(_, rest)| rest)
    })
}

#[test]
fn every_format_has_every_change() {
    let pair = Pair::new("report_formats");
    let project = Project::with(&[]);
    for (format, lines) in [("jsonl", 6), ("github", 6)] {
        let run = pair.diff(&project, &["--format", format]);
        assert_eq!(run.code, 1, "{}", run.said());
        let drift = run.out.lines().filter(|line| line.contains("drift")).count();
        assert_eq!(drift, lines, "{}", run.out);
    }
    for format in zerodrift::report::formats::FORMATS {
        let run = pair.diff(&project, &["--format", format.name]);
        assert_eq!(run.code, 1, "{}: {}", format.name, run.said());
        for part in [
            "public.total(integer)",
            "row security changed from yes to no",
            "side.t.extra",
            "new_total",
        ] {
            assert!(
                run.out.contains(part),
                "{} lacks {part}: {}",
                format.name,
                run.out
            );
        }
    }
    let document = pair.json(&project, &[]);
    assert_eq!(
        (
            document["exit_code"].as_u64(),
            &document["data"]["attribution"]["status"]
        ),
        (Some(1), &"off".into())
    );
    pair.diff(&project, &["--fail-on", "never"])
        .expect(0, &["6 differences"]);
    pair.diff(&project, &["-q"]).expect(1, &["error[drift]"]);
}

fn configured(ignore: &str) -> Project {
    Project::with(&[("zerodrift.yaml", &format!("schema:\n  ignore:\n    - {ignore}\n"))])
}

#[test]
fn what_is_accepted_needs_a_reason_and_a_day() {
    let pair = Pair::new("report_accepted");
    let all = "object: \"*\", because: on its way";
    // With a day that is still to come everything is accepted, and said as advice.
    let project = configured(&format!("{{{all}, until: 2999-12-31}}"));
    let run = pair.diff(&project, &["-v"]);
    run.expect(
        0,
        &[
            "6 accepted",
            "info[accepted-drift]",
            "Accepted until 2999-12-31 because: on its way",
            "0 errors, 0 warnings",
        ],
    );
    let document = pair.json(&project, &[]);
    let change = &document["data"]["changes"][0];
    assert_eq!(
        (&change["accepted"], &change["accepted_until"]),
        (&"on its way".into(), &"2999-12-31".into())
    );
    // Without a day whatever lets somebody in or keeps somebody out stays drift.
    let document = pair.json(&configured(&format!("{{{all}}}")), &[]);
    assert_eq!(
        found(&document),
        [
            "info accepted-drift function public.total(integer)",
            "error drift table public.ledger",
            "info accepted-drift column public.ledger.amount",
            "info accepted-drift column public.ledger.note",
            "error drift policy own on table public.ledger",
            "info accepted-drift column side.t.extra",
            "warning endless-acceptance *",
        ]
    );
    // A day that is gone accepts nothing and is a finding itself.
    let run = pair.diff(&configured(&format!("{{{all}, until: 2020-01-01}}")), &[]);
    run.expect(
        1,
        &[
            "5 errors, 2 warnings",
            "accepted drift of \"*\" expired on 2020-01-01",
        ],
    );
    for (ignore, message) in [
        (
            "{object: a, because: b, until: 2026-02-30}",
            "\"2026-02-30\" is not a day",
        ),
        ("{object: a, because: \" \"}", "has no reason"),
        ("{object: a, until: 2026-02-03}", "because"),
    ] {
        pair.diff(&configured(ignore), &[]).expect(2, &[message]);
    }
}

#[test]
fn configuration_raises_levels_and_lowers_none() {
    let pair = Pair::new("report_levels");
    for severity in ["\"off\"", "info", "warning"] {
        let text = format!(
            "invariants:\n  \"*\": {{name: soft, severity: {severity}}}\nlint:\n  levels: {{drift: \"off\"}}\n"
        );
        let document = pair.json(&Project::with(&[("zerodrift.yaml", &text)]), &[]);
        let errors = found(&document)
            .iter()
            .filter(|line| line.starts_with("error drift"))
            .count();
        assert_eq!(errors, 5, "{severity}: {document:#}");
    }
    let text = "invariants:\n  \"table public.ledger\": {name: hard, severity: error}\n";
    let document = pair.json(&Project::with(&[("zerodrift.yaml", text)]), &[]);
    let note = "error drift column public.ledger.note".to_owned();
    assert!(found(&document).contains(&note), "{document:#}");
}

#[test]
fn a_part_is_compared_and_the_rest_is_said() {
    let pair = Pair::new("report_part");
    let project = Project::with(&[]);
    let objects = |arguments: &[&str]| -> Vec<String> {
        let document = pair.json(&project, arguments);
        let changes = document["data"]["changes"].as_array().unwrap().iter();
        changes
            .map(|change| change["object"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(objects(&["--schema", "side"]), ["column side.t.extra"]);
    assert_eq!(
        objects(&["--kind", "policy"]),
        ["policy own on table public.ledger"]
    );
    assert_eq!(
        objects(&["--kind", "functions", "--kind", "materialized_view"]),
        ["function public.total(integer)"]
    );
    assert_eq!(objects(&["--kind", "table", "--schema", "public"]).len(), 4);
    pair.diff(&project, &["--kind", "view"]).expect(
        0,
        &[
            "Left out by --schema or --kind: columns: ",
            "functions: 2",
            "schemas: 2",
            "Beyond scope database: ",
        ],
    );
    let document = pair.json(&project, &["--schema", "side", "--scope", "schema"]);
    assert_eq!(document["data"]["left_out"]["objects"]["functions"], 2);
    assert_eq!(document["data"]["left_out"]["scope"], "schema");
    let beyond = document["data"]["left_out"]["kinds"].as_array().unwrap();
    assert!(
        beyond.contains(&"extensions".into()) && beyond.contains(&"roles".into()),
        "{beyond:?}"
    );
    pair.diff(&project, &["--schema", "sied"])
        .expect(2, &["schema \"sied\" is in no source", "public, side"]);
    pair.diff(&project, &["--kind", "tabel"])
        .expect(2, &["tabel", "kinds are"]);
    let configured = Project::with(&[("zerodrift.yaml", "schema: {schemas: [side]}\n")]);
    pair.diff(&configured, &[]).expect(
        1,
        &[
            "1 difference",
            "Left out by schema.schemas of zerodrift.yaml: public",
        ],
    );
}

#[test]
fn renames_of_every_sort_stand_beside_the_removal() {
    let sql = "
CREATE TABLE parent (id integer PRIMARY KEY);
CREATE TABLE old_table (id integer PRIMARY KEY, a text, b text, parent integer, CONSTRAINT a_known CHECK (a <> ''));
CREATE INDEX old_index ON old_table (b);
ALTER TABLE old_table ENABLE ROW LEVEL SECURITY;
CREATE POLICY old_policy ON old_table USING (a <> 'x');
COMMENT ON TABLE old_table IS 'rows of old_table';
CREATE FUNCTION old_function(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE TYPE old_type AS ENUM ('a'); CREATE SEQUENCE old_sequence; CREATE VIEW old_view AS SELECT id FROM parent;
CREATE TABLE other (id integer, x text, CONSTRAINT old_constraint CHECK (x <> ''));
CREATE INDEX other_x ON other (x);
CREATE TABLE twin_a (id integer); CREATE TABLE twin_b (id integer);";
    let renames = "
ALTER TABLE old_table RENAME TO new_table; COMMENT ON TABLE new_table IS 'rows of new_table';
ALTER FUNCTION old_function RENAME TO new_function; ALTER TYPE old_type RENAME TO new_type;
ALTER SEQUENCE old_sequence RENAME TO new_sequence; ALTER VIEW old_view RENAME TO new_view;
ALTER TABLE other RENAME CONSTRAINT old_constraint TO new_constraint; ALTER INDEX other_x RENAME TO other_y;
ALTER TABLE other RENAME COLUMN id TO key;
ALTER TABLE twin_a RENAME TO twin_c; ALTER TABLE twin_b RENAME TO twin_d;";
    let databases = ["before", "after"].map(|side| support::database(&format!("renames_{side}")));
    databases
        .iter()
        .for_each(|database| drop(database.session().run(sql).unwrap()));
    databases[1].session().run(renames).unwrap();
    let [before, after] = databases
        .each_ref()
        .map(|database| crate::drift::read(&database.target));
    let changes = diff::compare(&before, &after, &diff::Options::default()).changes;
    let pairs: Vec<String> = changes
        .iter()
        .filter(|change| change.what.as_str() == "removed")
        .map(|change| {
            assert_eq!(change.level, Level::Error, "a rename does not hide the removal");
            let other = change.other_name.as_ref();
            format!(
                "{} → {}",
                change.object,
                other.map_or("-".to_owned(), ToString::to_string)
            )
        })
        .collect();
    assert_eq!(
        pairs,
        [
            "enum type public.old_type → enum type public.new_type",
            "function public.old_function(integer) → function public.new_function(integer)",
            "sequence public.old_sequence → sequence public.new_sequence",
            "table public.old_table → table public.new_table",
            "column public.other.id → column public.other.key",
            "constraint old_constraint on table public.other → constraint new_constraint on table public.other",
            "index public.other_x → index public.other_y",
            // Two of one shape: nobody can know which became which.
            "table public.twin_a → -",
            "table public.twin_b → -",
            "view public.old_view → view public.new_view",
        ]
    );
}

#[test]
fn a_role_that_may_read_little_is_never_told_of_no_drift() {
    let pair = Pair::new("report_reader");
    let role = pair.after.role("report_reader", "LOGIN");
    pair.after
        .session()
        .run(&format!(
            "REVOKE SELECT ON pg_catalog.pg_policy FROM PUBLIC; GRANT CONNECT ON DATABASE {} TO {role}",
            pair.after.name
        ))
        .unwrap();
    let reader = pair.after.url().replace("user=postgres", &format!("user={role}"));
    let project = Project::with(&[]);
    let compare = |arguments: &[&str]| {
        let all = ["schema", "diff", &pair.after.url(), &reader, "--no-attribution"];
        project.run(&[&all, arguments].concat())
    };
    let run = compare(&[]);
    run.expect(1, &["not compared: policies", "the role may not read pg_policy"]);
    assert!(!run.said().contains("No drift"), "{}", run.said());
    let run = compare(&["--allow-incomplete"]);
    run.expect(
        0,
        &[
            "No difference from",
            "in what could be compared",
            "Not compared: policies",
        ],
    );
}

#[test]
fn names_and_bodies_cannot_write_to_the_terminal() {
    let sql = |body: &str| {
        format!(
            "CREATE TABLE \"a\nb\u{1b}[31m\" (id integer);
             CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS 'BEGIN\n\tRETURN 1;{body}\nEND'"
        )
    };
    let databases = ["", "\r"].map(|body| {
        let database = support::database("hostile_report");
        database.session().run(&sql(body)).unwrap();
        database
    });
    databases[1]
        .session()
        .run("ALTER TABLE \"a\nb\u{1b}[31m\" ADD COLUMN extra integer")
        .unwrap();
    let urls = databases.each_ref().map(TestDatabase::url);
    let arguments = [
        "schema",
        "diff",
        &urls[0],
        &urls[1],
        "--no-attribution",
        "--color",
    ];
    let project = Project::with(&[]);
    let plain = project.run(&[&arguments[..], &["never"]].concat());
    plain.expect(
        1,
        &[
            "\ntable public.\"a\\u{a}b\\u{1b}[31m\"\n",
            "+\tRETURN 1;\\u{d}\n",
            "-\tRETURN 1;\n",
        ],
    );
    assert!(
        !plain.out.contains('\u{1b}') && !plain.out.contains('\r'),
        "{:?}",
        plain.out
    );
    let coloured = project.run(&[&arguments[..], &["always"]].concat());
    assert_eq!(strip(&coloured.out), plain.out);
}

/// Stands between the program and the server, and ends each connection after a number of bytes of the answer.
fn cut_after(socket: std::path::PathBuf, limit: usize) -> tempfile::TempDir {
    use std::io::{Read, Write};
    use std::net::Shutdown;
    use std::os::unix::net::{UnixListener, UnixStream};
    let folder = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(mut client) = client else { return };
            let mut server = UnixStream::connect(&socket).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
            std::thread::spawn(move || {
                let mut left = limit;
                let mut block = [0; 4096];
                while left > 0 {
                    let most = left.min(block.len());
                    match server.read(&mut block[..most]) {
                        Ok(read) if read > 0 && client.write_all(&block[..read]).is_ok() => left -= read,
                        _ => break,
                    }
                }
                let _ = client.shutdown(Shutdown::Both);
                let _ = server.shutdown(Shutdown::Both);
            });
        }
    });
    folder
}

#[test]
fn a_connection_cut_anywhere_is_an_error() {
    let database = support::database("cut");
    database.session().run(BASE).unwrap();
    let folder = database
        .session()
        .text_rows("SHOW unix_socket_directories")
        .unwrap()[0][0]
        .clone()
        .unwrap();
    let socket = std::path::Path::new(&folder).join(".s.PGSQL.5432");
    let project = Project::with(&[]);
    let whole = database.url();
    let through = |limit: usize| {
        let proxy = cut_after(socket.clone(), limit);
        let url = whole.replace(&folder, proxy.path().to_str().unwrap());
        let diffs =
            [[&whole, &url], [&url, &whole]].map(|[from, to]| project.run(&["schema", "diff", from, to]));
        (proxy, diffs)
    };
    let (_proxy, diffs) = through(usize::MAX);
    for run in &diffs {
        run.expect(0, &["No drift"]);
    }
    for limit in [1, 300, 600, 1_500, 4_000, 6_000, 9_000] {
        let (_proxy, diffs) = through(limit);
        for run in diffs {
            assert!(!run.said().contains("No drift"), "{limit}: {}", run.said());
            run.expect(3, &["error["]);
        }
    }
}
