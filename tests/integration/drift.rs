//! Drift: every change by hand is found and named; whatever means the same is silent.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use zerodrift::catalog::{Catalog, Deparse, Home, Kind, Scope, kinds};
use zerodrift::diff::{self, Diff};
use zerodrift::introspect;
use zerodrift::pg::{Cluster, Session, Target};

use crate::support;

const BASE: &str = include_str!("../fixtures/catalog/base.sql");
const MUTANTS: &str = include_str!("../fixtures/catalog/mutants.sql");
const SAME: &str = include_str!("../fixtures/catalog/same.sql");

/// Blocks of a fixture: the words after `--:` and the SQL below.
pub fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("--:") {
            blocks.push((title.trim(), String::new()));
        } else if let Some((_, sql)) = blocks.last_mut() {
            sql.push_str(line);
            sql.push('\n');
        }
    }
    blocks
}

/// Reads a catalog in each way that definitions can be found, which must not differ.
pub fn read(target: &Target) -> Catalog {
    let mut session = Session::open(target, "zerodrift test").unwrap();
    let mut read = |deparse: Deparse| {
        let scope = Scope {
            deparse,
            ..Scope::default()
        };
        introspect::read(&mut session, &scope)
            .unwrap_or_else(|error| panic!("{error}"))
            .catalog
    };
    let catalog = read(Deparse::OncePerTree);
    for deparse in [Deparse::EachTree, Deparse::Each] {
        let other = read(deparse);
        let mut differing = catalog
            .objects
            .iter()
            .filter(|(id, object)| other.get(id) != Some(object));
        let first = differing
            .next()
            .map(|(id, object)| format!("{id}: {object:#?}\nagainst {:#?}", other.get(id)));
        assert!(catalog == other, "{deparse:?}: {first:?}");
    }
    catalog
}

fn run(target: &Target, sql: &str) -> Result<(), String> {
    let mut session = Session::open(target, "zerodrift test").unwrap();
    session.run(sql).map(drop).map_err(|error| error.to_string())
}

/// The roles that the fixtures name, made once per server.
pub fn roles(cluster: &Cluster) {
    for role in ["app_user", "app_ro", "other_owner"] {
        let sql = format!(
            "DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        run(&cluster.target("postgres"), &sql).unwrap();
    }
}

pub fn said(diff: &Diff) -> Vec<String> {
    diff.changes
        .iter()
        .map(|change| {
            let what = change
                .what
                .facet()
                .unwrap_or_else(|| change.what.as_str().to_owned());
            format!("{} | {what}", change.object)
        })
        .collect()
}

/// What a major does not have.
pub fn beyond(title: &str, major: u32) -> bool {
    let (object, what) = title.split_once(" | ").unwrap_or_else(|| panic!("{title}"));
    let kind = kind_of(object);
    let facet = kind.facets.iter().find(|facet| facet.name == what);
    kind.since.max(facet.map_or(0, |facet| facet.since)) > major
}

fn kind_of(object: &str) -> &'static Kind {
    let named = |kind: &&&'static Kind| object.starts_with(&format!("{} ", kind.name));
    kinds::ALL
        .iter()
        .filter(named)
        .max_by_key(|kind| kind.name.len())
        .unwrap_or_else(|| panic!("{object}"))
}

/// Runs each case in a copy of the base, some at a time, and returns the complaints.
fn in_copies(
    cluster: &'static Cluster,
    sql: &str,
    cases: &[(&str, String)],
    judge: impl Fn(&Catalog, &Catalog, &str) -> Option<String> + Sync,
) -> Vec<String> {
    roles(cluster);
    let base = support::database_on(cluster, "drift_base");
    run(&base.target, sql).unwrap();
    let before = read(&base.target);
    let one = |title: &str, sql: &str| {
        let name = support::unique("copy");
        let target = cluster.create_database(&name, Some(&base.name)).unwrap();
        let sql = sql.replace(":database", &name);
        let imprint = || {
            let mut session = Session::open(&target, "zerodrift test").unwrap();
            introspect::imprint(&mut session, &Scope::default(), false).unwrap()
        };
        let known = imprint();
        assert!(known.is_some());
        let made = if title.ends_with(", statement by statement") {
            sql.split_inclusive(';')
                .filter(|one| !one.trim().is_empty())
                .try_for_each(|one| run(&target, one))
        } else {
            run(&target, &format!("SET allow_system_table_mods = on; {sql}"))
        };
        let complaint = match made {
            Err(error) => Some(format!("cannot make it: {error}")),
            Ok(()) => {
                let after = read(&target);
                let is_other = !said(&diff::compare(&before, &after, &diff::Options::default())).is_empty();
                match is_other && imprint() == known {
                    true => Some("the checksum of the catalog is the same".to_owned()),
                    false => judge(&before, &after, title),
                }
            }
        };
        cluster.drop_database(&name).unwrap();
        complaint.map(|complaint| format!("{title}: {complaint}"))
    };
    let threads = 4;
    std::thread::scope(|scope| {
        let one = &one;
        let work = move |start: usize| {
            cases
                .iter()
                .skip(start)
                .step_by(threads)
                .filter_map(|(title, sql)| one(title, sql))
                .collect::<Vec<_>>()
        };
        let handles: Vec<_> = (0..threads)
            .map(|start| scope.spawn(move || work(start)))
            .collect();
        handles
            .into_iter()
            .flat_map(|handle| handle.join().unwrap())
            .collect()
    })
}

#[test]
fn every_change_by_hand_is_named() {
    for major in support::majors() {
        let cluster = support::cluster_of(major);
        let mut cases = blocks(MUTANTS);
        cases.retain(|(title, _)| !beyond(title, cluster.version().major()));
        let missed = in_copies(cluster, BASE, &cases, |before, after, title| {
            let found = said(&diff::compare(before, after, &diff::Options::default()));
            (!found.iter().any(|line| line == title)).then(|| format!("found only {found:?}"))
        });
        assert!(
            missed.is_empty(),
            "on {}:\n{}",
            cluster.version(),
            missed.join("\n")
        );
    }
}

#[test]
fn equal_meaning_is_silent() {
    for major in support::majors() {
        let cluster = support::cluster_of(major);
        let noisy = in_copies(cluster, BASE, &blocks(SAME), |before, after, _| {
            let found = said(&diff::compare(before, after, &diff::Options::default()));
            let same = found.is_empty() && before.fingerprint() == after.fingerprint();
            (!same).then(|| format!("{found:?}"))
        });
        assert!(
            noisy.is_empty(),
            "on {}:\n{}",
            cluster.version(),
            noisy.join("\n")
        );
    }
}

/// The program pg_dump that can read a server: of its own folder, else of the path, else of what is installed.
fn pg_dump(server: u32, own: Option<&Path>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let folders = own
        .map(Path::to_path_buf)
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain(installed.filter_map(|entry| Some(entry.ok()?.path().join("bin"))));
    folders
        .map(|folder| folder.join("pg_dump"))
        .find(|program| version_of(program).is_some_and(|version| version >= server))
}

fn version_of(program: &Path) -> Option<u32> {
    let output = std::process::Command::new(program)
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(2)?.split('.').next()?.parse().ok()
}

/// Writes past the harness, which shows what a passing test prints to nobody.
fn tell(text: &str) {
    use std::io::Write;
    std::io::stderr()
        .write_all(format!("{text}\n").as_bytes())
        .unwrap();
}

/// The servers whose dump can be taken. Where nobody named a major, one must be found; a named one that no pg_dump can
/// read is told of.
fn dumpable() -> Vec<(&'static Cluster, PathBuf)> {
    let mut found = Vec::new();
    for major in support::majors() {
        let mut cluster = support::cluster_of(major);
        let mut program = pg_dump(cluster.version().major(), Some(cluster.bin_dir()));
        if program.is_none() && major.is_none() {
            // The newest server has no client programs: the newest that has some will do.
            let newest = (13..cluster.version().major())
                .rev()
                .find_map(|major| Some((major, pg_dump(major, None)?)));
            let (major, other) = newest.expect("pg_dump is needed for this test: install postgresql-client");
            cluster = support::cluster_of(Some(major));
            program = Some(other);
        }
        match program {
            Some(program) => found.push((cluster, program)),
            None => tell(&format!(
                "NOT TESTED on {}: no pg_dump is new enough for it",
                cluster.version()
            )),
        }
    }
    found
}

/// Dumps a database as one text that our own session can run.
fn dumped(program: &Path, database: &support::TestDatabase) -> String {
    let host = database
        .session()
        .text_rows("SHOW unix_socket_directories")
        .unwrap()[0][0]
        .clone()
        .unwrap();
    let dump = std::process::Command::new(program)
        .args(["--inserts", "-h", &host, "-U", "postgres", "-d", &database.name])
        .output()
        .unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let text = String::from_utf8(dump.stdout).unwrap();
    let psql_only = |line: &&str| !line.starts_with('\\');
    text.lines().filter(psql_only).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_restored_dump_is_silent() {
    for (cluster, program) in dumpable() {
        roles(cluster);
        let base = support::database_on(cluster, "dump_base");
        run(&base.target, BASE).unwrap();
        run(&base.target, AWKWARD).unwrap();
        let copy = support::database_on(cluster, "dump_copy");
        run(&copy.target, &dumped(&program, &base)).unwrap();
        let (mut before, mut after) = (read(&base.target), read(&copy.target));
        assert_eq!(
            said(&diff::compare(&before, &after, &diff::Options::default())),
            Vec::<String>::new()
        );
        // Fingerprints see through the spelling that restores change most; comparing sees through all of them.
        let scope = Scope {
            schemas: vec!["app".to_owned()],
            ..Scope::default()
        };
        before.narrow(&scope);
        after.narrow(&scope);
        assert_eq!(before.fingerprint(), after.fingerprint());
    }
}

/// The majors that are installed, or those of several that `ZERODRIFT_TEST_MAJORS` names.
pub fn several() -> Vec<&'static Cluster> {
    let named: Vec<u32> = support::majors().into_iter().flatten().collect();
    let wanted = if named.len() > 1 {
        named
    } else {
        (13..=18).collect()
    };
    let installed: Vec<_> = wanted.into_iter().filter_map(support::installed).collect();
    if installed.len() < 2 && support::left_out("majors") {
        return Vec::new();
    }
    assert!(
        installed.len() > 1,
        "two majors are needed: scripts/ensure-postgres 13 18"
    );
    installed
}

const AWKWARD: &str = include_str!("../fixtures/catalog/awkward.sql");
const PORTABLE: &str = include_str!("../fixtures/catalog/portable.sql");

#[test]
fn the_same_sql_on_every_major_is_equal() {
    let mut read_on = Vec::new();
    let mut databases = Vec::new();
    for cluster in several() {
        roles(cluster);
        let database = support::database_on(cluster, "portable");
        run(&database.target, BASE).unwrap();
        run(&database.target, PORTABLE).unwrap();
        run(&database.target, AWKWARD).unwrap();
        read_on.push(read(&database.target));
        databases.push(database);
    }
    let mut noise = Vec::new();
    for from in &read_on {
        for to in &read_on {
            let diff = diff::compare(from, to, &diff::Options::default());
            let found = said(&diff);
            if !found.is_empty() {
                let details: Vec<_> = diff
                    .findings()
                    .into_iter()
                    .filter(|f| f.rule == "drift")
                    .map(|f| format!("{}\n{}", f.message, f.detail.unwrap_or_default()))
                    .collect();
                noise.push(format!("{} to {}: {details:#?}", from.major, to.major));
            }
        }
    }
    assert!(noise.is_empty(), "{}", noise.join("\n"));
}

#[test]
fn a_dump_restored_on_a_newer_major_is_silent() {
    let clusters = several();
    let Some(newest) = clusters.last() else { return };
    let mut tested = 0;
    for cluster in &clusters[..clusters.len() - 1] {
        let Some(program) = pg_dump(cluster.version().major(), Some(cluster.bin_dir())) else {
            tell(&format!(
                "NOT TESTED from {}: no pg_dump is new enough for it",
                cluster.version()
            ));
            continue;
        };
        tested += 1;
        roles(cluster);
        roles(newest);
        let old = support::database_on(cluster, "reload_old");
        run(&old.target, BASE).unwrap();
        run(&old.target, PORTABLE).unwrap();
        run(&old.target, AWKWARD).unwrap();
        let new = support::database_on(newest, "reload_new");
        run(&new.target, &dumped(&program, &old)).unwrap();
        let diff = diff::compare(&read(&old.target), &read(&new.target), &diff::Options::default());
        assert_eq!(said(&diff), Vec::<String>::new(), "from {}", cluster.version());
    }
    assert!(
        tested > 0 || support::left_out("pg_dump"),
        "no pg_dump at all: install postgresql-client"
    );
}

/// The kind and facet of everything that a change by hand must be named with, as often as it must.
fn proved() -> Vec<(&'static str, String)> {
    let own = blocks(MUTANTS).into_iter().map(|(title, _)| title.to_owned());
    let of_estate = crate::estate::titles();
    own.chain(of_estate)
        .map(|title| {
            let (object, what) = title.split_once(" | ").unwrap();
            (kind_of(object).name, what.to_owned())
        })
        .collect()
}

/// Every facet has at least one mutant, or is named here with the reason.
#[test]
fn every_facet_has_a_mutant() {
    let seen: BTreeSet<(&str, String)> = proved().into_iter().collect();
    let facets = kinds::ALL
        .iter()
        .flat_map(|kind| kind.facets.iter().map(move |facet| (kind.name, facet.name)));
    let missing: Vec<_> = facets
        .filter(|pair| !seen.contains(&(pair.0, pair.1.to_owned())) && !elsewhere(pair.0, pair.1))
        .collect();
    assert!(missing.is_empty(), "facets without a mutant:\n{missing:?}");
}

/// Objects of the cluster, subscriptions and large objects have tests of their own,
/// because no copy of the base has them; and so has what cannot be changed in a copy while it is read or dropped.
fn elsewhere(kind: &str, facet: &str) -> bool {
    let of_cluster = kinds::named(kind).is_some_and(|kind| kind.home == Home::Cluster);
    of_cluster
        || matches!(kind, "subscription" | "large object" | "unmodelled catalog")
        || (kind == "database" && matches!(facet, "template" | "tablespace"))
}

/// The table of kinds and facets in the documentation, with the number of changes by hand that prove each one.
fn facet_table() -> String {
    let mut proofs: std::collections::BTreeMap<(&str, String), usize> = std::collections::BTreeMap::new();
    for pair in proved() {
        *proofs.entry(pair).or_default() += 1;
    }
    let mut text = String::from(
        "# What is compared\n\nEvery kind of object with its facets, and the major versions that have it. \"changes\" \
         counts the changes by hand in the\ntests that must be named with exactly this facet, on every \
         major that has it; a dash means that a test of its own proves it.\nSecrets are compared between servers only, \
         and never written or shown. What an extension brings belongs to the major of the\nserver: between majors it \
         says nothing.\n\n| kind | facet | 13 | 14 | 15 | 16 | 17 | 18 | level | changes |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for kind in kinds::ALL {
        for facet in kind.facets {
            let changes = match proofs.get(&(kind.name, facet.name.to_owned())) {
                Some(count) => count.to_string(),
                None => "-".to_owned(),
            };
            let since = kind.since.max(facet.since).max(13);
            let majors = (13..=18).map(|major| if major < since { "-" } else { "yes" });
            let majors = majors.collect::<Vec<_>>().join(" | ");
            text += &format!(
                "| {} | {} | {majors} | {} | {changes} |\n",
                kind.name, facet.name, facet.level
            );
        }
    }
    text
}

#[test]
fn committed_table_of_facets_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/facets.md");
    if std::env::var_os("ZERODRIFT_BLESS").is_some() {
        std::fs::write(&file, facet_table()).unwrap();
    }
    assert!(
        std::fs::read_to_string(file).unwrap_or_default() == facet_table(),
        "run: ZERODRIFT_BLESS=1 cargo test --test integration committed_"
    );
}
