//! Changes of one facet each, on a second set of objects: exactly what changed is reported, and nothing beside it.
//!
//! Each change is made and read in one transaction that is rolled back, so that hundreds take seconds.

use std::collections::BTreeSet;

use zerodrift::catalog::{Catalog, Reach, Scope};
use zerodrift::diff;
use zerodrift::introspect;
use zerodrift::pg::{Cluster, Session};

use crate::drift::{blocks, roles, said};
use crate::support;

const ESTATE: &str = include_str!("../fixtures/catalog/estate.sql");
const MUTANTS: &str = include_str!("../fixtures/catalog/estate_mutants.sql");

/// The first major that a change needs, and what it may report.
fn expected(title: &str) -> (u32, BTreeSet<String>) {
    let (since, rest) = match title.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((major, rest)) => (major.parse().unwrap(), rest),
        None => (0, title),
    };
    (since, rest.split(";;").map(|line| line.trim().to_owned()).collect())
}

fn scope() -> Scope {
    Scope {
        reach: Reach::Database,
        ..Scope::default()
    }
}

fn read(session: &mut Session) -> Result<Catalog, String> {
    introspect::read(session, &scope())
        .map(|read| read.catalog)
        .map_err(|error| error.to_string())
}

/// Makes a change, reads what is then there, and takes the change back.
fn changed(session: &mut Session, sql: &str) -> Result<Catalog, String> {
    let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL allow_system_table_mods = on";
    let made = session
        .run(&format!("{begin}; {sql}"))
        .map_err(|error| format!("cannot make it: {error}"));
    // Reading ends the transaction by itself, with a rollback.
    let catalog = made.and_then(|_| read(session));
    if catalog.is_err() {
        session.run("ROLLBACK").unwrap();
    }
    catalog
}

/// Runs every n-th case in a database of its own and returns the complaints.
fn complaints(cluster: &'static Cluster, start: usize, step: usize) -> Vec<String> {
    let base = support::database_on(cluster, "estate");
    let mut session = base.session();
    session.run(ESTATE).unwrap();
    let before = read(&mut session).unwrap();
    let major = cluster.version().major();
    let mut complaints = Vec::new();
    for (title, sql) in blocks(MUTANTS).into_iter().skip(start).step_by(step) {
        let (since, wanted) = expected(title);
        if since > major {
            continue;
        }
        let wanted: BTreeSet<String> = wanted
            .into_iter()
            .filter(|line| !crate::drift::beyond(line, major))
            .collect();
        let found = changed(&mut session, &sql.replace(":database", &base.name))
            .map(|after| said(&diff::compare(&before, &after, &diff::Options::default())));
        match found {
            Ok(found) if found.iter().cloned().collect::<BTreeSet<_>>() == wanted => {}
            Ok(found) => complaints.push(format!("{title}: found {found:?}\n    {sql}")),
            Err(error) => complaints.push(format!("{title}: {error}\n    {sql}")),
        }
    }
    assert_eq!(
        said(&diff::compare(
            &before,
            &read(&mut session).unwrap(),
            &diff::Options::default()
        )),
        Vec::<String>::new()
    );
    complaints
}

#[test]
fn one_change_is_one_finding() {
    for major in support::majors() {
        let cluster = support::cluster_of(major);
        roles(cluster);
        let threads = 2;
        let complaints: Vec<String> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads)
                .map(|start| scope.spawn(move || complaints(cluster, start, threads)))
                .collect();
            handles
                .into_iter()
                .flat_map(|handle| handle.join().unwrap())
                .collect()
        });
        assert!(
            complaints.is_empty(),
            "on {}, {} of them:\n{}",
            cluster.version(),
            complaints.len(),
            complaints.join("\n")
        );
    }
}
