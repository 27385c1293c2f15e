//! Drift: every change by hand is found and named; whatever means the same is silent.

use std::collections::BTreeSet;

use zerodrift::catalog::{Catalog, Home, Kind, Scope, kinds};
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

pub fn read(target: &Target) -> Catalog {
    let mut session = Session::open(target, "zerodrift test").unwrap();
    introspect::read(&mut session, &Scope::default())
        .unwrap_or_else(|error| panic!("{error}"))
        .catalog
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

fn said(diff: &Diff) -> Vec<String> {
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
fn beyond(title: &str, major: u32) -> bool {
    let (object, what) = title.split_once(" | ").unwrap();
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
        let sql = format!(
            "SET allow_system_table_mods = on; {}",
            sql.replace(":database", &name)
        );
        let complaint = match run(&target, &sql) {
            Err(error) => Some(format!("cannot make it: {error}")),
            Ok(()) => judge(&before, &read(&target), title),
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

#[test]
fn a_restored_dump_is_silent() {
    for major in support::majors() {
        let cluster = support::cluster_of(major);
        let bin = cluster.bin_dir();
        if !bin.join("pg_dump").exists() {
            continue;
        }
        roles(cluster);
        let base = support::database_on(cluster, "dump_base");
        run(&base.target, BASE).unwrap();
        let copy = support::database_on(cluster, "dump_copy");
        let host = base.session().text_rows("SHOW unix_socket_directories").unwrap()[0][0]
            .clone()
            .unwrap();
        let dump = std::process::Command::new(bin.join("pg_dump"))
            .args(["--inserts", "-h", &host, "-U", "postgres", "-d", &base.name])
            .output()
            .unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        let text = String::from_utf8(dump.stdout).unwrap();
        let psql_only = |line: &&str| !line.starts_with('\\');
        run(
            &copy.target,
            &text.lines().filter(psql_only).collect::<Vec<_>>().join("\n"),
        )
        .unwrap();
        let (before, after) = (read(&base.target), read(&copy.target));
        assert_eq!(
            said(&diff::compare(&before, &after, &diff::Options::default())),
            Vec::<String>::new()
        );
        assert_eq!(before.fingerprint(), after.fingerprint());
    }
}

/// Every facet has at least one mutant, or is named here with the reason.
#[test]
fn every_facet_has_a_mutant() {
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (title, _) in blocks(MUTANTS) {
        let (object, what) = title.split_once(" | ").unwrap();
        seen.insert((kind_of(object).name, what));
    }
    let facets = kinds::ALL
        .iter()
        .flat_map(|kind| kind.facets.iter().map(move |facet| (kind.name, facet.name)));
    let missing: Vec<_> = facets
        .filter(|pair| !seen.contains(pair) && !elsewhere(pair.0, pair.1))
        .collect();
    assert!(missing.is_empty(), "facets without a mutant:\n{missing:?}");
}

/// Security labels need a provider in C and transforms functions in C; objects of the cluster have a test of their own,
/// because they belong to no database.
fn elsewhere(kind: &str, facet: &str) -> bool {
    let of_cluster = kinds::named(kind).is_some_and(|kind| kind.home == Home::Cluster);
    facet == "security labels" || kind == "transform" || of_cluster
}
