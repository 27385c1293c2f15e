//! The commands that look at the graph and write revisions, as users run them.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::project::program;

fn zerodrift(directory: &Path, arguments: &[&str]) -> Output {
    program().current_dir(directory).args(arguments).output().unwrap()
}

/// Runs a command that has to end well and returns what it prints.
fn prints(directory: &Path, arguments: &[&str]) -> String {
    let output = zerodrift(directory, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that has to be refused and returns its exit code and what it says.
fn refuses(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let output = zerodrift(directory, arguments);
    assert!(!output.status.success(), "{arguments:?}: {output:?}");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

fn json(directory: &Path, arguments: &[&str]) -> Value {
    let output = zerodrift(directory, &[arguments, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_first_project_grows_branches_and_is_merged() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    let said = prints(project, &["init"]);
    assert_eq!(
        said,
        "wrote zerodrift.yaml\nwrote migrations/baseline.sql\n\nNext: zerodrift new SLUG\n"
    );
    let said = prints(project, &["new", "add_invoices", "--id", "a1"]);
    assert_eq!(
        said,
        "wrote migrations/a1_add_invoices.sql\nwrote migrations/a1_add_invoices.down.sql\n"
    );
    prints(
        project,
        &[
            "new",
            "Pay:",
            "fast!",
            "--id",
            "b2",
            "--parent",
            "baseline",
            "--label",
            "pay",
            "-m",
            "Pay: */ fast",
        ],
    );
    let text = fs::read_to_string(project.join("migrations/b2_pay_fast.sql")).unwrap();
    assert!(
        text.starts_with(
            "/*---\nrevision: b2\nparents: [baseline]\nlabels: [pay]\nmessage: \"Pay: *\\/ fast\"\n---*/\n"
        ),
        "{text}"
    );

    let (code, said) = refuses(project, &["lint"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("hint: Join them with a merge revision: zerodrift merge a1 b2 -m \"merge heads\""),
        "{said}"
    );
    let (code, said) = refuses(project, &["new", "more"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("needs one head, found 2: \"a1\", \"b2\" (pay)"),
        "{said}"
    );
    let (code, said) = refuses(project, &["merge", "a1", "baseline"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("revision \"a1\" follows \"baseline\" already"),
        "{said}"
    );

    prints(project, &["merge", "a1", "b2", "-m", "merge heads", "--id", "c3"]);
    let said = prints(project, &["lint"]);
    assert_eq!(
        said,
        "3 revisions, 1 head: c3 (pay)\n"
            .replace('3', "4")
            .replace("c4", "c3")
    );
    let (code, said) = refuses(project, &["merge"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("a merge joins two revisions or more, found only \"c3\""),
        "{said}"
    );
    assert_eq!(
        json(project, &["show", "head"])["data"]["revisions"][0]["parents"],
        serde_json::json!(["a1", "b2"])
    );
}

#[test]
fn new_ids_are_the_time_and_never_taken_twice() {
    let folder = tempfile::tempdir().unwrap();
    prints(folder.path(), &["init"]);
    for _ in 0..3 {
        prints(folder.path(), &["new", "step"]);
    }
    let history = json(folder.path(), &["history"]);
    let revisions = history["data"]["revisions"].as_array().unwrap();
    assert_eq!(revisions.len(), 4);
    assert_eq!(revisions[0]["id"].as_str().unwrap().len(), 14);
    let (code, said) = refuses(folder.path(), &["new", "step", "--id", "baseline"]);
    assert_eq!(code, 2);
    assert!(said.contains("revision \"baseline\" exists already"), "{said}");
}

#[test]
fn init_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("migrations")).unwrap();
    assert_eq!(
        prints(folder.path(), &["init"]),
        "wrote zerodrift.yaml\n\nNext: zerodrift lint\n"
    );
    let (code, said) = refuses(folder.path(), &["init"]);
    assert_eq!(code, 2);
    assert!(said.contains("file \"zerodrift.yaml\" exists already"), "{said}");
    let none = "There is no revision yet. \"zerodrift new SLUG\" makes one.\n";
    assert_eq!(
        prints(folder.path(), &["lint"]),
        format!("0 revisions, 0 heads\n{none}")
    );
    assert_eq!(prints(folder.path(), &["heads"]), none);
    assert_eq!(prints(folder.path(), &["graph"]), "");
    prints(folder.path(), &["new", "first"]);
    assert_eq!(
        json(folder.path(), &["lint"])["data"]["roots"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn branch_folders_are_checked_and_followed() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    fs::write(project.join("zerodrift.yaml"), "branches: [core, billing]\n").unwrap();
    fs::create_dir_all(project.join("migrations/core")).unwrap();
    fs::create_dir_all(project.join("migrations/billing")).unwrap();
    let (_, said) = refuses(project, &["new", "first"]);
    assert!(said.contains("no branch folder is named"), "{said}");
    let (_, said) = refuses(project, &["new", "first", "--branch", "biling"]);
    assert!(said.contains("hint: Write \"billing\"."), "{said}");
    prints(project, &["new", "first", "--branch", "core", "--id", "a1"]);
    prints(project, &["new", "second", "--branch", "billing", "--id", "b2"]);
    prints(
        project,
        &[
            "new",
            "third",
            "--branch",
            "core",
            "--id",
            "c3",
            "--depends-on",
            "b2",
        ],
    );
    let shown = &json(project, &["show", "c3"])["data"]["revisions"][0];
    assert_eq!(
        (&shown["parents"][0], &shown["branch"], &shown["depends_on"][0]),
        (&"a1".into(), &"core".into(), &"b2".into())
    );
    let said = prints(project, &["graph"]);
    assert_eq!(
        said,
        "● c3 (head) [core] Third (after b2)\n│ ● b2 (head) [billing] Second\n├─╯\n○ a1 [core] First\n"
    );
    assert!(prints(project, &["graph", "--format", "mermaid"]).starts_with("flowchart TD\n"));
    assert!(prints(project, &["graph", "--format", "dot"]).starts_with("digraph revisions {\n"));
}

#[test]
fn a_header_accepts_advice_and_the_configuration_sets_levels() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    let write = |name: &str, text: &str| fs::write(project.join(name), text).unwrap();
    fs::create_dir(project.join("migrations")).unwrap();
    write("zerodrift.yaml", "{}\n");
    write("migrations/a1.sql", "/*--- {revision: a1} ---*/");
    write(
        "migrations/b2.sql",
        "/*--- {revision: b2, parents: [a1, a1]} ---*/",
    );
    let (code, said) = refuses(project, &["lint"]);
    assert_eq!(code, 1);
    assert!(
        said.contains(
            "warning[repeated-edge]: revision \"b2\" names \"a1\" twice\n  --> migrations/b2.sql:1:36"
        ),
        "{said}"
    );
    write("zerodrift.yaml", "lint:\n  levels: {repeated-edge: info}\n");
    prints(project, &["lint"]);
    write("zerodrift.yaml", "{}\n");
    write(
        "migrations/b2.sql",
        "/*--- {revision: b2, parents: [a1, a1], allow: {rule: repeated-edge, because: why not}} ---*/",
    );
    prints(project, &["lint"]);
}

#[test]
fn broken_files_stop_commands_that_need_the_graph() {
    let folder = tempfile::tempdir().unwrap();
    prints(folder.path(), &["init"]);
    fs::write(
        folder.path().join("migrations/x.sql"),
        "/*---\nrevision: x\nparents: [baselin]\n---*/",
    )
    .unwrap();
    let (code, said) = refuses(folder.path(), &["heads"]);
    assert_eq!(code, 1);
    assert!(said.contains("error[missing-parent]: revision \"x\" names parent \"baselin\", which does not exist\n  --> migrations/x.sql:3:11"), "{said}");
    assert!(said.contains("the nearest id is \"baseline\""), "{said}");
    prints(folder.path(), &["graph", "--fail-on", "never"]);
}

#[test]
fn hostile_words_never_leave_the_folder_nor_break_the_header() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    prints(project, &["init"]);
    let long = "x".repeat(300);
    let slugs = [
        "../../etc/passwd",
        "DROP TABLE \"x\"; --",
        "a\nb",
        "a'b\"c*/ ---*/",
        "über größe 7",
        &long,
    ];
    for slug in slugs {
        prints(project, &["new", slug]);
    }
    let hostile = "*/ ---*/ DROP TABLE x; '\"\nparents: [zzz]\u{1b}[31m";
    prints(project, &["new", "last", "-m", hostile]);
    prints(project, &["lint"]);
    let history = json(project, &["history"]);
    let newest = &history["data"]["revisions"][0];
    assert_eq!(newest["message"], hostile.replace(['\n', '\u{1b}'], " "));
    assert_eq!(
        history["data"]["revisions"].as_array().unwrap().len(),
        slugs.len() + 2
    );
    let names: Vec<String> = fs::read_dir(project)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");

    let refused: &[(&[&str], &str)] = &[
        (&["new", ""], "has no letter or digit"),
        (&["new", "表"], "has no letter or digit"),
        (&["new", "x", "--id", "../x"], "contains '/'"),
        (&["new", "x", "--id", "a b"], "contains ' '"),
        (&["new", "x", "--label", "x/y"], "cannot be a label"),
        (&["new", "x", "--branch", "../up"], "cannot be a branch folder"),
        (&["new", "x", "--parent", "nope"], "does not exist"),
    ];
    for (arguments, part) in refused {
        let (code, said) = refuses(project, arguments);
        assert!(code == 2 && said.contains(part), "{arguments:?}: {code} {said}");
    }
}

#[test]
fn an_option_that_does_not_exist_is_no_target() {
    let folder = tempfile::tempdir().unwrap();
    prints(folder.path(), &["init"]);
    for verb in ["plan", "upgrade", "downgrade"] {
        let (code, said) = refuses(folder.path(), &[verb, "--dry-rnu"]);
        assert_eq!(code, 2);
        assert!(said.contains("unexpected argument '--dry-rnu'"), "{verb}: {said}");
    }
}
