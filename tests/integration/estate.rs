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
const SAME: &str = include_str!("../fixtures/catalog/estate_same.sql");

/// The first major that a change needs, and what it may report.
fn expected(title: &str) -> (u32, BTreeSet<String>) {
    let (since, rest) = match title.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((major, rest)) => (major.parse().unwrap(), rest),
        None => (0, title),
    };
    (
        since,
        rest.split(";;").map(|line| line.trim().to_owned()).collect(),
    )
}

/// Everything that the changes must be named with: `object | facet`.
pub fn titles() -> Vec<String> {
    blocks(MUTANTS)
        .into_iter()
        .flat_map(|(title, _)| expected(title).1)
        .collect()
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

/// Makes a change, reads what is then there, and takes the change back. Says too whether the checksum that spares reading
/// is another one; in one snapshot nobody else's changes are seen.
fn changed(session: &mut Session, sql: &str) -> Result<(Catalog, bool), String> {
    let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL allow_system_table_mods = on";
    session.run(begin).unwrap();
    let imprint = |session: &mut Session| introspect::imprint(session, &scope(), false).unwrap();
    let before = imprint(session);
    assert!(
        before.is_some() && before == imprint(session),
        "nothing has changed"
    );
    let made = session
        .run(sql)
        .map_err(|error| format!("cannot make it: {error}"));
    let is_seen = made.is_ok() && imprint(session) != before;
    // Reading ends the transaction by itself, with a rollback.
    let catalog = made.and_then(|_| read(session));
    if catalog.is_err() {
        session.run("ROLLBACK").unwrap();
    }
    catalog.map(|catalog| (catalog, is_seen))
}

/// Runs every n-th case of a fixture in a database of its own and returns the complaints.
fn complaints(
    cluster: &'static Cluster,
    fixture: &str,
    share: (usize, usize),
    judge: &(dyn Fn(&str, u32, &Catalog, &Catalog) -> Option<String> + Sync),
) -> Vec<String> {
    let base = support::database_on(cluster, "estate");
    let mut session = base.session();
    session.run(ESTATE).unwrap();
    let before = read(&mut session).unwrap();
    let major = cluster.version().major();
    let mut complaints = Vec::new();
    for (title, sql) in blocks(fixture).into_iter().skip(share.0).step_by(share.1) {
        if expected(title).0 > major {
            continue;
        }
        let complaint = match changed(&mut session, &sql.replace(":database", &base.name)) {
            Ok((after, false)) if !found(&before, &after).is_empty() => {
                Some("the checksum of the catalog is the same".to_owned())
            }
            Ok((after, _)) => judge(title, major, &before, &after),
            Err(error) => Some(error),
        };
        complaints.extend(complaint.map(|complaint| format!("{title}: {complaint}\n    {sql}")));
    }
    let after = read(&mut session).unwrap();
    assert_eq!(
        found(&before, &after),
        BTreeSet::new(),
        "a change was not taken back"
    );
    let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    session.run(begin).unwrap();
    let mut imprint = || introspect::imprint(&mut session, &scope(), false).unwrap();
    assert_eq!(imprint(), imprint(), "nothing has changed");
    complaints
}

fn found(before: &Catalog, after: &Catalog) -> BTreeSet<String> {
    said(&diff::compare(before, after, &diff::Options::default()))
        .into_iter()
        .collect()
}

fn run(fixture: &str, judge: &(dyn Fn(&str, u32, &Catalog, &Catalog) -> Option<String> + Sync)) {
    let mut all = Vec::new();
    for major in support::majors() {
        let cluster = support::cluster_of(major);
        roles(cluster);
        let threads = 2;
        let own: Vec<String> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads)
                .map(|start| scope.spawn(move || complaints(cluster, fixture, (start, threads), judge)))
                .collect();
            handles
                .into_iter()
                .flat_map(|handle| handle.join().unwrap())
                .collect()
        });
        all.extend(
            own.into_iter()
                .map(|complaint| format!("on {}: {complaint}", cluster.version())),
        );
    }
    assert!(all.is_empty(), "{} complaints:\n{}", all.len(), all.join("\n"));
}

#[test]
fn one_change_is_one_finding() {
    run(MUTANTS, &|title, major, before, after| {
        let wanted: BTreeSet<String> = expected(title)
            .1
            .into_iter()
            .filter(|line| !crate::drift::beyond(line, major))
            .collect();
        let found = found(before, after);
        (found != wanted).then(|| format!("found {found:?}"))
    });
}

#[test]
fn what_means_nothing_is_silent() {
    run(SAME, &|_, _, before, after| {
        let found = found(before, after);
        let same = found.is_empty() && before.fingerprint() == after.fingerprint();
        (!same).then(|| format!("found {found:?}"))
    });
}

/// A name with everything that quoting, arrays of text, option lists and file names trip over.
const HOSTILE: &str = "\"E \"\"s'\\ \n.=,{💥} select\"";

#[test]
fn a_hostile_schema_name_breaks_nothing() {
    let cluster = support::cluster();
    roles(cluster);
    let sql = ESTATE
        .replace("est.", &format!("{HOSTILE}."))
        .replace("SCHEMA est", &format!("SCHEMA {HOSTILE}"))
        .replace("search_path = est", &format!("search_path = {HOSTILE}"));
    let (plain, hostile) = (
        support::database_on(cluster, "plain"),
        support::database_on(cluster, "hostile"),
    );
    plain.session().run(ESTATE).unwrap();
    hostile.session().run(&sql).unwrap();
    let plain = read(&mut plain.session()).unwrap();
    let before = read(&mut hostile.session()).unwrap();
    assert_eq!(before.objects.len(), plain.objects.len());
    let folder = tempfile::tempdir().unwrap();
    let meta = zerodrift::snapshot::Meta {
        major: before.major,
        ..zerodrift::snapshot::Meta::default()
    };
    zerodrift::snapshot::write(folder.path(), &before, &meta).unwrap();
    let written = zerodrift::snapshot::read(folder.path()).unwrap().catalog;
    assert_eq!(found(&before, &written), BTreeSet::new());
    assert_eq!(found(&written, &before), BTreeSet::new());
    assert_eq!(before.fingerprint(), written.fingerprint());
}
