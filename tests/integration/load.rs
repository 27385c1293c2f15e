//! Loading: folders, files, headers, and the place of every mistake.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zerodrift::load::{self, Layout, LoadError, Loaded, write};
use zerodrift::model::{Checksum, Finding, Level, RevisionId};

/// A project folder with the given files below `migrations/`.
fn project(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("migrations")).unwrap();
    for (name, content) in files {
        let path = folder.path().join("migrations").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn layout(root: &Path, branches: Option<&[&str]>) -> Layout {
    let branches = branches.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    Layout {
        root: root.to_path_buf(),
        migrations: "migrations".into(),
        branches,
    }
}

fn load(files: &[(&str, &[u8])]) -> Loaded {
    let folder = project(files);
    load::load(&layout(folder.path(), None)).unwrap()
}

/// What users see of a finding, in one line.
fn line(finding: &Finding) -> String {
    let place = finding
        .location
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    format!("{} {} {place}: {}", finding.level, finding.rule, finding.message)
}

fn lines(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(line).collect()
}

#[test]
fn header_is_read_in_every_spelling() {
    let blank = format!(
        "{}/*--- {{revision: a1, parents: [b2, c3]}} ---*/",
        "\n".repeat(10_000)
    );
    let long = format!(
        "/*---\nrevision: a1\n# {}\nparents: [b2, c3]\n---*/",
        "x".repeat(20_000)
    );
    let cases: &[(&str, &[u8])] = &[
        (
            "block",
            b"/*---\nrevision: a1\nparents: [b2, c3]\n---*/\nSELECT 1;",
        ),
        (
            "flow mapping, SQL on the same line",
            b"/*--- {revision: a1, parents: [b2, c3]} ---*/ SELECT 1;",
        ),
        (
            "block list",
            b"/*---\nrevision: a1\nparents:\n  - b2\n  - c3\n---*/",
        ),
        (
            "quotes",
            b"/*---\n\"revision\": 'a1'\nparents: [\"b2\", c3]\n---*/",
        ),
        (
            "CRLF",
            b"/*---\r\nrevision: a1\r\nparents: [b2, c3]\r\n---*/\r\nSELECT 1;\r\n",
        ),
        (
            "byte order mark",
            b"\xef\xbb\xbf/*---\nrevision: a1\nparents: [b2, c3]\n---*/",
        ),
        (
            "white space before",
            b"\n\t \r\n/*---\nrevision: a1\nparents: [b2, c3]\n---*/",
        ),
        (
            "comments",
            b"/*---\n# why\nrevision: a1 # what\nparents: [b2, c3]\n---*/",
        ),
        ("longer than the first block", long.as_bytes()),
        ("behind much white space", blank.as_bytes()),
        (
            "empty keys",
            b"/*---\nrevision: a1\nparents: [b2, c3]\nlabels:\nmessage:\n---*/",
        ),
        (
            "broken characters behind it",
            b"/*--- {revision: a1, parents: [b2, c3]} ---*/",
        ),
    ];
    for (name, content) in cases {
        let loaded = load(&[("a1.sql", content)]);
        assert_eq!(lines(&loaded.findings), [""; 0], "{name}");
        let revision = &loaded.revisions[0];
        let parents: Vec<&str> = revision.parents.iter().map(RevisionId::as_str).collect();
        assert_eq!(
            (revision.id.as_str(), &parents[..]),
            ("a1", &["b2", "c3"][..]),
            "{name}"
        );
    }
}

#[test]
fn ids_are_text_as_written() {
    for id in [
        "1e10",
        "0123",
        "null",
        "6c5d5f5534ef",
        "202511151410",
        "true",
        "0x1F",
        "1_000",
        ".inf",
        "2025-11-15",
        "1.10",
    ] {
        let content = format!("/*---\nrevision: {id}\nparents: {id}.p\ndepends-on: [{id}.d]\n---*/");
        let loaded = load(&[(&format!("{id}.sql"), content.as_bytes())]);
        assert_eq!(lines(&loaded.findings), [""; 0], "{id}");
        let revision = &loaded.revisions[0];
        assert_eq!(revision.id.as_str(), id);
        assert_eq!(revision.parents[0].as_str(), format!("{id}.p"));
        assert_eq!(revision.depends_on[0].as_str(), format!("{id}.d"));
    }
}

#[test]
fn every_key_is_kept() {
    let header = b"/*---\nrevision: a1\nparents: []\ndepends-on: b2\nlabels: [one, two]\nmessage: 'It''s one'\n\
        transaction: false\nallow:\n  - {rule: volatile-default, because: the table is empty}\napproval: CHG-7\n---*/";
    let loaded = load(&[
        ("core/a1_add_things.sql", header),
        ("core/a1_add_things.down.sql", b"DROP TABLE t;"),
        ("core/a1_add_things.verify.sql", b"SELECT 1;"),
    ]);
    assert_eq!(lines(&loaded.findings), [""; 0]);
    let revision = &loaded.revisions[0];
    assert_eq!(revision.labels, ["one", "two"]);
    assert_eq!(revision.message, "It's one");
    assert!(!revision.transaction);
    assert_eq!(revision.allow[0].because, "the table is empty");
    assert_eq!(revision.approval.as_deref(), Some("CHG-7"));
    assert_eq!(
        (revision.branch.as_str(), revision.slug.as_str()),
        ("core", "add_things")
    );
    assert_eq!(revision.path, PathBuf::from("migrations/core/a1_add_things.sql"));
    assert_eq!(
        revision.down,
        Some("migrations/core/a1_add_things.down.sql".into())
    );
    assert_eq!(
        revision.verify,
        Some("migrations/core/a1_add_things.verify.sql".into())
    );
}

#[test]
fn message_defaults_to_the_file_name() {
    let loaded = load(&[("a1_add_things.sql", b"/*--- {revision: a1} ---*/")]);
    assert_eq!(loaded.revisions[0].message, "add things");
}

#[test]
fn mistakes_point_at_the_word() {
    let cases: &[(&str, &[u8], &str)] = &[
        (
            "empty file",
            b"",
            "error header-missing migrations/a1.sql:1:1: file \"a1.sql\" is empty",
        ),
        (
            "no header",
            b"SELECT 1;",
            "error header-missing migrations/a1.sql:1:1: file \"a1.sql\" has no header",
        ),
        (
            "ornament",
            b"/*-------\n hello\n-------*/",
            "error header-missing migrations/a1.sql:1:1: file \"a1.sql\" has no header",
        ),
        (
            "another comment first",
            b"-- (c) us\n/*---\nrevision: a1\n---*/",
            "error header-in-later-comment migrations/a1.sql:2:1: header of file \"a1.sql\" is not the first thing in it",
        ),
        (
            "never closed",
            b"\n /*---\nrevision: a1\nSELECT 1;",
            "error header-not-closed migrations/a1.sql:2:2: header of file \"a1.sql\" does not end",
        ),
        (
            "closed as a comment only",
            b"/*---\nrevision: a1\n*/",
            "error header-not-closed migrations/a1.sql:3:1: header of file \"a1.sql\" ends with \"*/\" instead of \"---*/\"",
        ),
        (
            "dashes shared by both marks",
            b"/*---*/",
            "error header-not-closed migrations/a1.sql:1:6: header of file \"a1.sql\" ends with \"*/\" instead of \"---*/\"",
        ),
        (
            "comment inside",
            b"/*---\nrevision: a1\nmessage: drop /* all\n---*/",
            "error header-not-closed migrations/a1.sql:3:15: header of file \"a1.sql\" contains \"/*\"",
        ),
        (
            "nothing inside",
            b"/*---\n---*/",
            "error header-without-revision migrations/a1.sql:1:6: the header does not name its revision",
        ),
        (
            "no revision",
            b"/*---\nparents: []\n---*/",
            "error header-without-revision migrations/a1.sql:1:6: the header does not name its revision",
        ),
        (
            "a list",
            b"/*--- [a1] ---*/",
            "error header-syntax migrations/a1.sql:1:7: the header is a list, not a mapping of keys",
        ),
        (
            "unknown key",
            b"/*---\nrevision: a1\ndepends_on: [b2]\n---*/",
            "error header-unknown-key migrations/a1.sql:3:1: key \"depends_on\" does not exist in a header",
        ),
        (
            "unknown key in a flow mapping after wide letters",
            "/*--- {message: \"äöü €\", revision: a1, foo: 1} ---*/".as_bytes(),
            "error header-unknown-key migrations/a1.sql:1:40: key \"foo\" does not exist in a header",
        ),
        (
            "key twice",
            b"\xef\xbb\xbf/*---\r\nrevision: a1\r\nparents: []\r\n  \r\nparents: [b2]\r\n---*/",
            "error header-duplicate-key migrations/a1.sql:5:1: key \"parents\" stands twice in the header",
        ),
        (
            "id with a space",
            b"/*---\nrevision: a1\nparents: [b2, 'b 3']\n---*/",
            "error header-value migrations/a1.sql:3:15: revision id \"b 3\" contains ' '; an id is made of 0-9, A-Z, a-z, \"_\", \".\" and \"-\"",
        ),
        (
            "tilde",
            b"/*---\nrevision: a1\nparents: ~\n---*/",
            "error header-value migrations/a1.sql:3:10: revision id \"~\" contains '~'; an id is made of 0-9, A-Z, a-z, \"_\", \".\" and \"-\"",
        ),
        (
            "mapping as parents",
            b"/*---\nrevision: a1\nparents: {b2: c3}\n---*/",
            "error header-value migrations/a1.sql:3:10: parents takes text here, not a mapping",
        ),
        (
            "list in a list",
            b"/*---\nrevision: a1\nparents: [[b2]]\n---*/",
            "error header-value migrations/a1.sql:3:11: parents takes text here, not a list",
        ),
        (
            "transaction",
            b"/*---\nrevision: a1\ntransaction: off\n---*/",
            "error header-value migrations/a1.sql:3:14: transaction is true or false, not \"off\"",
        ),
        (
            "allow without reason",
            b"/*---\nrevision: a1\nallow:\n  - rule: x\n---*/",
            "error header-value migrations/a1.sql:4:5: an item of allow lacks its rule or its reason",
        ),
        (
            "several lines",
            b"/*---\nrevision: a1\nmessage: |\n  one\n  two\n---*/",
            "error header-value migrations/a1.sql:4:3: message has more than one line",
        ),
        (
            "terminal escape",
            b"/*---\nrevision: a1\nmessage: \"\\e[31mred\"\n---*/",
            "error header-value migrations/a1.sql:3:10: message contains the control character '\\u{1b}'",
        ),
        (
            "label with at",
            b"/*---\nrevision: a1\nlabels: [a@head]\n---*/",
            "error header-value migrations/a1.sql:3:10: \"a@head\" cannot be a label",
        ),
        (
            "alias",
            b"/*---\nrevision: &x a1\nparents: *x\n---*/",
            "error header-syntax migrations/a1.sql:3:10: the header is not YAML: a header has no aliases; write the value again",
        ),
        (
            "two documents",
            b"/*---\nrevision: a1\n---\nrevision: a2\n---*/",
            "error header-syntax migrations/a1.sql:4:1: the header is not YAML: a header is one document",
        ),
        (
            "Latin-1",
            b"/*---\nrevision: a1\nmessage: caf\xe9\n---*/",
            "error unreadable-file migrations/a1.sql:3:13: file \"migrations/a1.sql\" is not UTF-8: byte 0xe9 at line 3, column 13",
        ),
        (
            "UTF-16",
            b"\xff\xfe/\0*\0",
            "error unreadable-file migrations/a1.sql:1:1: file \"migrations/a1.sql\" is not UTF-8: the file is UTF-16 at line 1, column 1",
        ),
    ];
    for (name, content, expected) in cases {
        let loaded = load(&[("a1.sql", content)]);
        assert_eq!(lines(&loaded.findings), [*expected], "{name}");
    }
}

#[test]
fn yaml_mistakes_say_where_and_how_to_quote() {
    let loaded = load(&[("a1.sql", b"/*---\nrevision: a1\nmessage: Fix: a thing\n---*/")]);
    let finding = &loaded.findings[0];
    assert_eq!(finding.rule, "header-syntax");
    assert_eq!(finding.location.as_ref().unwrap().line, 3);
    assert!(
        finding.hint.as_ref().unwrap().contains("put quotes around"),
        "{finding:?}"
    );
}

#[test]
fn unknown_keys_name_the_nearest_or_the_foreign_one() {
    for (key, meant) in [
        ("parent", "parents"),
        ("revison", "revision"),
        ("down_revision", "parents"),
        ("branch_labels", "labels"),
    ] {
        let content = format!("/*---\nrevision: a1\n{key}: b2\n---*/");
        let loaded = load(&[("a1.sql", content.as_bytes())]);
        let hint = loaded.findings[0].hint.clone().unwrap();
        assert!(hint.starts_with(&format!("Write \"{meant}\".")), "{key}: {hint}");
    }
}

#[test]
fn file_names_agree_with_headers() {
    let header = b"/*--- {revision: a1} ---*/";
    for (name, agrees) in [
        ("a1.sql", true),
        ("a1_x.sql", true),
        ("A1.sql", false),
        ("a12_x.sql", false),
        ("a1-x.sql", false),
        ("a1.SQL", true),
    ] {
        let loaded = load(&[(name, header)]);
        assert_eq!(
            loaded.findings.is_empty(),
            agrees,
            "{name}: {:?}",
            loaded.findings
        );
    }
    let loaded = load(&[("b2_add_things.sql", header)]);
    assert_eq!(
        lines(&loaded.findings),
        [
            "error file-name-mismatch migrations/b2_add_things.sql:1:18: file \"b2_add_things.sql\" declares revision \"a1\""
        ]
    );
    assert_eq!(
        loaded.findings[0].hint.as_deref(),
        Some("Rename the file to a1_add_things.sql, or correct the header.")
    );
}

#[test]
fn down_and_verify_files_alone_are_found() {
    let loaded = load(&[
        ("core/a1_add.sql", b"/*--- {revision: a1} ---*/"),
        ("core/a1.down.sql", b""),
        ("core/b2.verify.sql", b""),
    ]);
    assert_eq!(
        lines(&loaded.findings),
        [
            "warning orphaned-sibling migrations/core/a1.down.sql:1:1: down file \"a1.down.sql\" belongs to no revision",
            "warning orphaned-sibling migrations/core/b2.verify.sql:1:1: verify file \"b2.verify.sql\" belongs to no revision",
        ]
    );
    assert_eq!(
        loaded.findings[0].hint.as_deref(),
        Some("Rename it to a1_add.down.sql, so that it stands beside a1_add.sql.")
    );
}

#[test]
fn revisions_outside_the_branches_are_reported_and_left_alone() {
    let folder = project(&[
        (
            "003_core/202512081510_x.sql",
            b"/*--- {revision: 202512081510} ---*/",
        ),
        (
            "005_webhook_secrets/202511171000_add.sql",
            b"/*---\nrevision: 202511171000\nparents: [202512081510]\n---*/",
        ),
        ("005_webhook_secrets/202511171000_add.down.sql", b""),
        ("loose.sql", b"SELECT 1;"),
    ]);
    let loaded = load::load(&layout(folder.path(), Some(&["003_core", "004_cor"]))).unwrap();
    assert_eq!(loaded.revisions.len(), 1);
    assert_eq!(
        lines(&loaded.findings),
        [
            "error branch-folder-missing : branch folder \"004_cor\" does not exist",
            "warning revision-outside-branches migrations/loose.sql:1:1: file \"loose.sql\" lies in \"migrations\" itself, which is not among the configured branches",
            "warning revision-outside-branches migrations/005_webhook_secrets/202511171000_add.sql:2:11: revision \"202511171000\" lies in folder \"005_webhook_secrets\", which is not among the configured branches",
        ]
    );
    assert_eq!(
        loaded.findings[2].detail.as_deref(),
        Some(
            "It is never applied, and nothing may follow it. Its id \"202511171000\" sorts before its parent's, \"202512081510\", although it follows it."
        )
    );
    assert_eq!(
        loaded.findings[0].hint.as_deref(),
        Some("Write \"003_core\", or create the folder.")
    );
}

#[test]
fn other_files_do_not_matter() {
    let loaded = load(&[
        ("README.md", b"# no header"),
        (".a1.sql.swp", b""),
        ("._a1.sql", b"\0\0"),
        (".git/x.sql", b""),
        (".#a1.sql", b""),
        ("core/notes.txt", b""),
    ]);
    assert_eq!((loaded.revisions.len(), lines(&loaded.findings)), (0, vec![]));
}

#[test]
fn order_is_by_branch_and_path_bytes() {
    let files = [
        "b/a1.sql",
        "Z9.sql",
        "a/sub/c1.sql",
        "a/b1.sql",
        "a-b/d1.sql",
        "a/B2.sql",
    ];
    let contents: Vec<(String, String)> = files
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                format!(
                    "/*--- {{revision: {}}} ---*/",
                    name.rsplit('/').next().unwrap().trim_end_matches(".sql")
                ),
            )
        })
        .collect();
    let files: Vec<(&str, &[u8])> = contents
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    let loaded = load(&files);
    let found: Vec<(&str, &str)> = loaded
        .revisions
        .iter()
        .map(|r| (r.branch.as_str(), r.id.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("", "Z9"),
            ("a", "B2"),
            ("a", "b1"),
            ("a", "c1"),
            ("a-b", "d1"),
            ("b", "a1")
        ]
    );
}

#[test]
fn missing_folder_is_an_error_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let error = load::load(&layout(folder.path(), None)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "folder \"migrations\" of the migrations does not exist"
    );
    assert!(error.hint().contains("zerodrift init"));
    fs::write(folder.path().join("migrations"), "").unwrap();
    let error = load::load(&layout(folder.path(), None)).unwrap_err();
    assert_eq!(error.to_string(), "\"migrations\" is not a folder");
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_handled() {
    use std::os::unix::fs::symlink;
    let folder = project(&[("core/a1.sql", b"/*--- {revision: a1} ---*/")]);
    let migrations = folder.path().join("migrations");
    fs::create_dir(folder.path().join("shared")).unwrap();
    fs::write(
        folder.path().join("shared/b2.sql"),
        "/*--- {revision: b2, parents: a1} ---*/",
    )
    .unwrap();
    symlink("../../shared/b2.sql", migrations.join("core/b2.sql")).unwrap();
    symlink("gone.sql", migrations.join("core/c3.sql")).unwrap();
    symlink(".", migrations.join("core/loop")).unwrap();
    fs::create_dir(migrations.join("core/folder.sql")).unwrap();
    let pipe = migrations.join("core/pipe.sql");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let loaded = load::load(&layout(folder.path(), None)).unwrap();
    assert_eq!(
        loaded.revisions.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(),
        ["a1", "b2"]
    );
    let mut found = lines(&loaded.findings);
    found.sort();
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found[0].contains("migrations/core/c3.sql:1:1: could not read"),
        "{}",
        found[0]
    );
    assert!(
        found[2].contains("\"migrations/core/pipe.sql\" is not a regular file"),
        "{}",
        found[2]
    );
    assert!(
        found[1].contains("link \"migrations/core/loop\" leads back to a folder above it"),
        "{}",
        found[1]
    );
}

#[test]
fn big_files_are_read_only_as_far_as_the_header() {
    let mut content = b"/*--- {revision: a1} ---*/\n".to_vec();
    content.resize(50_000_000, b'x');
    content[49_999_999] = 0xff;
    let folder = project(&[("a1.sql", &content)]);
    let loaded = load::load(&layout(folder.path(), None)).unwrap();
    assert_eq!((loaded.revisions.len(), loaded.findings.len()), (1, 0));
    let error = load::read_sql(folder.path(), Path::new("migrations/a1.sql")).unwrap_err();
    let LoadError::NotUtf8 { place, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(place.line, 2);
}

#[test]
fn an_endless_header_is_given_up() {
    let mut content = b"/*---\nrevision: a1\n".to_vec();
    content.resize(3_000_000, b'[');
    let loaded = load(&[("a1.sql", &content)]);
    assert_eq!(loaded.findings[0].rule, "header-not-closed");
    content.truncate(200_000);
    content.extend(b"\n---*/");
    let loaded = load(&[("a1.sql", &content)]);
    assert_eq!(loaded.findings[0].rule, "header-syntax");
}

#[test]
fn a_header_of_mistakes_is_reported_in_part() {
    let keys: String = (0..20_000).map(|at| format!("k{at}: 1\n")).collect();
    let loaded = load(&[("a1.sql", format!("/*---\n{keys}---*/").as_bytes())]);
    assert_eq!(loaded.findings.len(), 20);
}

#[test]
fn sql_text_keeps_the_places_of_the_file() {
    let content = "\u{feff}/*--- {revision: a1} ---*/\r\nSELECT 'ä';\r\n".as_bytes();
    let folder = project(&[("a1.sql", content)]);
    let file = load::read_sql(folder.path(), Path::new("migrations/a1.sql")).unwrap();
    assert_eq!(&file.text[file.header.clone()], "/*--- {revision: a1} ---*/");
    assert_eq!(file.header.start, 0);
    assert!(file.text.ends_with("SELECT 'ä';\r\n"));
    assert_eq!(file.checksum, Checksum::of(content));
    let down = project(&[("a1.down.sql", b"DROP TABLE t;")]);
    let file = load::read_sql(down.path(), Path::new("migrations/a1.down.sql")).unwrap();
    assert_eq!(file.header, 0..0);
}

#[test]
fn new_files_are_loaded_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let id = |text: &str| RevisionId::new(text).unwrap();
    let mut revision = write::NewRevision {
        id: id("baseline"),
        parents: vec![],
        depends_on: vec![],
        labels: vec![],
        message: "Zero state".to_owned(),
        branch: String::new(),
        slug: String::new(),
    };
    write::create(folder.path(), &write::project(&revision)).unwrap();
    revision = write::NewRevision {
        id: id("0123"),
        parents: vec![id("baseline")],
        message: "Fix: a \"thing\" # now */ and then".to_owned(),
        slug: write::slug("Fix a Thing!"),
        ..revision
    };
    let drafts = revision.drafts(Path::new("migrations"));
    write::create(folder.path(), &drafts).unwrap();
    let loaded = load::load(&layout(folder.path(), None)).unwrap();
    assert_eq!(lines(&loaded.findings), [""; 0]);
    let read: Vec<(&str, &str)> = loaded
        .revisions
        .iter()
        .map(|r| (r.id.as_str(), r.message.as_str()))
        .collect();
    assert_eq!(
        read,
        [
            ("0123", "Fix: a \"thing\" # now */ and then"),
            ("baseline", "Zero state")
        ]
    );
    fs::remove_file(folder.path().join(&drafts[0].path)).unwrap();
    let error = write::create(folder.path(), &drafts).unwrap_err();
    assert_eq!(
        error.to_string(),
        "file \"migrations/0123_fix_a_thing.down.sql\" exists already"
    );
    assert!(!folder.path().join(&drafts[0].path).exists(), "all or nothing");
}

#[test]
fn every_finding_of_loading_has_a_registered_rule() {
    for rule in zerodrift::graph::rules::RULES {
        assert!(
            rule.level > Level::Off && rule.summary.ends_with('.'),
            "{}",
            rule.name
        );
    }
    assert!(zerodrift::graph::rules::RULES.is_sorted_by_key(|rule| rule.name));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    #[test]
    fn any_header_is_read_or_explained(
        yaml in "([-:,?&*!|>'\"%@`#{}\\[\\] ~\\\\\\t\\n\\r]|revision|parents|a1|0x|é|\\.\\.\\.|---|<<|&a|\\*a|!!str|\\x00|\\u{feff}){0,40}",
        line in proptest::prelude::any::<bool>(),
    ) {
        let content = format!("/*---{}revision: a1\n{yaml}\n---*/", if line { "\n" } else { " " });
        let loaded = load(&[("a1.sql", content.as_bytes())]);
        for finding in &loaded.findings {
            let place = finding.location.as_ref().unwrap();
            proptest::prop_assert!(place.line <= content.lines().count() + 1 && place.column >= 1);
            proptest::prop_assert!((place.end_line, place.end_column) >= (place.line, place.column));
        }
    }

    #[test]
    fn any_bytes_are_a_file(content in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let mut header = b"/*---\n".to_vec();
        header.extend(&content);
        header.extend(b"\n---*/");
        load(&[("a1.sql", &content), ("b2.sql", &header)]);
    }
}
