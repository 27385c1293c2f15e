//! Keeps the house in order: imports point down, registries are complete and sorted, a crate is named only at home.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The folders of `src/`, lowest first. A folder may import itself and what stands above it in this list.
/// `ARCHITECTURE.md` shows the same list with the floor numbers.
const FLOORS: &[(u32, &[&str])] = &[
    (0, &["model"]),
    (1, &["sql", "graph", "catalog"]),
    (2, &["lint", "plan", "diff", "report"]),
    (3, &["load", "snapshot", "pg"]),
    (4, &["introspect", "ledger"]),
    (5, &["apply", "matview"]),
    (6, &["rehearse"]),
    (7, &["config"]),
    (8, &["cli"]),
];

/// Where each crate may be named. "*" stands for everywhere.
const HOMES: &[(&str, &[&str])] = &[
    ("anstream", &["cli"]),
    ("anstyle", &["report"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("jiff", &["cli"]),
    ("libc", &["cli", "pg"]),
    ("libmimalloc_sys", &["main.rs"]),
    ("mimalloc", &["main.rs"]),
    ("petgraph", &["graph"]),
    ("postgres", &["pg"]),
    ("rayon", &["cli", "load", "snapshot"]),
    ("refinery_core", &["ledger"]),
    ("regex", &["config", "lint"]),
    ("rpds", &["lint"]),
    ("rustix", &["pg"]),
    ("rustls", &["pg"]),
    ("rustls_native_certs", &["pg"]),
    ("rustls_pemfile", &["pg"]),
    ("saphyr_parser", &["config", "load", "snapshot"]),
    ("schemars", &["config", "model"]),
    ("serde", &["*"]),
    ("serde_json", &["*"]),
    ("serde_yaml", &["config", "snapshot"]),
    ("sha2", &["model"]),
    ("signal_hook", &["cli"]),
    ("similar", &["diff", "report"]),
    ("squawk_lexer", &["sql"]),
    ("squawk_parser", &["sql"]),
    ("squawk_syntax", &["sql"]),
    ("strsim", &["config", "graph", "load", "snapshot"]),
    ("tempfile", &["pg"]),
    ("thiserror", &["*"]),
    ("tokio_postgres_rustls", &["pg"]),
    ("walkdir", &["load", "snapshot"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("the source folder is readable").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}

/// Every source file with its folder and its code without comments.
fn sources() -> Vec<(String, PathBuf, String)> {
    let src = root().join("src");
    rust_files(&src)
        .into_iter()
        .filter_map(|path| {
            let below = path.strip_prefix(&src).unwrap();
            let mut parts = below.iter();
            let folder = parts.next().unwrap().to_str().unwrap().to_owned();
            parts.next()?;
            let text = std::fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            Some((folder, path.clone(), code.join("\n")))
        })
        .collect()
}

fn words_after<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    code.match_indices(prefix)
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap()
        })
        .collect()
}

#[test]
fn every_folder_has_a_floor() {
    let listed: BTreeSet<&str> = FLOORS
        .iter()
        .flat_map(|(_, folders)| folders.iter().copied())
        .collect();
    let found: BTreeSet<String> = sources().into_iter().map(|(folder, ..)| folder).collect();
    assert_eq!(listed, found.iter().map(String::as_str).collect());
}

#[test]
fn imports_point_down() {
    let order: Vec<&str> = FLOORS
        .iter()
        .flat_map(|(_, folders)| folders.iter().copied())
        .collect();
    let height = |folder: &str| order.iter().position(|known| *known == folder);
    let mut upward = Vec::new();
    for (folder, path, code) in sources() {
        let own = height(&folder).expect("every folder has a floor");
        for imported in words_after(&code, "crate::") {
            if height(imported).is_some_and(|other| other > own) {
                upward.push(format!("{} imports {imported}", path.display()));
            }
        }
    }
    assert!(upward.is_empty(), "imports that point up:\n{}", upward.join("\n"));
}

#[test]
fn architecture_page_shows_the_floors() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (floor, folders) in FLOORS {
        for folder in *folders {
            let shown = page.lines().any(|line| {
                line.trim_start().starts_with(&format!("floor {floor}"))
                    && line.contains(&format!(" {folder}/"))
            });
            assert!(shown, "ARCHITECTURE.md does not show {folder}/ on floor {floor}");
        }
    }
}

#[test]
fn a_crate_is_named_only_at_home() {
    let homes: BTreeMap<&str, &[&str]> = HOMES.iter().copied().collect();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut strangers = Vec::new();
    // What concerns the whole program stands in the program, not in the library.
    let program = root().join("src/main.rs");
    let code = std::fs::read_to_string(&program).unwrap();
    for (folder, path, code) in sources()
        .into_iter()
        .chain([("main.rs".to_owned(), program, code)])
    {
        for (name, allowed) in &homes {
            let named = code
                .match_indices(&format!("{name}::"))
                .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if named {
                used.insert(name);
                if !allowed.contains(&"*") && !allowed.contains(&folder.as_str()) {
                    strangers.push(format!("{} names {name}", path.display()));
                }
            }
        }
    }
    assert!(
        strangers.is_empty(),
        "crates away from home:\n{}",
        strangers.join("\n")
    );
    let unused: Vec<_> = homes.keys().filter(|name| !used.contains(*name)).collect();
    assert!(
        unused.is_empty(),
        "crates with a home that nobody names: {unused:?}"
    );
}

#[test]
fn every_dependency_has_a_home() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let declared: BTreeSet<String> = manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| Some(line.split_once('=')?.0.trim().replace('-', "_")))
        .collect();
    let homes: BTreeSet<String> = HOMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(declared, homes);
}

#[test]
fn only_the_command_line_may_print() {
    for (folder, path, code) in sources() {
        let allows = code.contains("clippy::print_stdout") || code.contains("clippy::print_stderr");
        assert!(
            !allows || folder == "cli",
            "{} allows itself to print",
            path.display()
        );
    }
}

/// The file stems of a registry folder.
fn stems(folder: &str) -> Vec<String> {
    rust_files(&root().join(folder))
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|stem| stem != "mod")
        .collect()
}

#[test]
fn every_command_is_listed_and_sorted() {
    let names: Vec<&str> = zerodrift::cli::commands::COMMANDS
        .iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(names, stems("src/cli/commands"));
}

#[test]
fn every_command_has_help_with_an_example() {
    for entry in zerodrift::cli::commands::COMMANDS {
        let mut command = (entry.command)();
        let help = command.render_long_help().to_string();
        assert!(
            command.get_about().is_some(),
            "{} says nothing of itself",
            entry.name
        );
        assert!(
            help.contains("Example:\n  zerodrift "),
            "{} shows no example:\n{help}",
            entry.name
        );
    }
}

#[test]
fn every_format_is_listed_and_sorted() {
    let names: Vec<&str> = zerodrift::report::formats::FORMATS
        .iter()
        .map(|format| format.name)
        .collect();
    assert_eq!(names, stems("src/report/formats"));
}

#[test]
fn every_test_module_is_listed() {
    let listed = std::fs::read_to_string(root().join("tests/integration/main.rs")).unwrap();
    let listed: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let found: BTreeSet<String> = std::fs::read_dir(root().join("tests/integration"))
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .filter(|stem| stem != "main")
        .collect();
    assert_eq!(listed, found.iter().map(String::as_str).collect());
}

#[test]
fn committed_json_schema_is_current() {
    let file = root().join("docs/zerodrift.schema.json");
    if std::env::var_os("ZERODRIFT_BLESS").is_some() {
        std::fs::write(&file, zerodrift::config::json_schema()).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap();
    assert!(
        committed == zerodrift::config::json_schema(),
        "run: ZERODRIFT_BLESS=1 cargo test --test integration committed_json_schema"
    );
}

#[test]
fn committed_snapshot_schema_is_current() {
    let file = root().join("docs/snapshot.schema.json");
    if std::env::var_os("ZERODRIFT_BLESS").is_some() {
        std::fs::write(&file, zerodrift::snapshot::json_schema()).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        committed == zerodrift::snapshot::json_schema(),
        "run: ZERODRIFT_BLESS=1 cargo test --test integration committed_"
    );
}

#[test]
fn committed_schema_of_rules_is_current() {
    let file = root().join("docs/rules.schema.json");
    if std::env::var_os("ZERODRIFT_BLESS").is_some() {
        std::fs::write(&file, zerodrift::config::rules_json_schema()).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        committed == zerodrift::config::rules_json_schema(),
        "run: ZERODRIFT_BLESS=1 cargo test --test integration committed_"
    );
}
