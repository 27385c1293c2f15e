//! The kinds as a registry, roles of the cluster, canonical owners, and what is never read.

use std::collections::BTreeSet;

use zerodrift::catalog::{Canon, Catalog, Home, Reach, Scope, kind_query, kinds};
use zerodrift::diff;
use zerodrift::introspect;
use zerodrift::model::{Level, RoleName};

use crate::support::{self, TestDatabase};

fn read(database: &TestDatabase, scope: &Scope) -> introspect::Introspection {
    introspect::read(&mut database.session(), scope).unwrap_or_else(|error| panic!("{error}"))
}

fn said(from: &Catalog, to: &Catalog) -> Vec<String> {
    let diff = diff::compare(from, to, &diff::Options::default());
    diff.findings()
        .into_iter()
        .map(|finding| format!("{}: {}", finding.level, finding.message))
        .collect()
}

#[test]
fn every_kind_is_listed_and_sorted() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/kinds");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
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
        .filter(|stem| stem != "mod")
        .collect();
    let listed: Vec<String> = kinds::ALL.iter().map(|kind| kind.folder()).collect();
    assert!(listed.is_sorted(), "{listed:?}");
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), files);
}

#[test]
fn names_in_files_never_meet() {
    let children: Vec<&str> = kinds::ALL
        .iter()
        .filter(|kind| kind.is_child())
        .map(|kind| kind.plural)
        .collect();
    for kind in kinds::ALL {
        let mut seen: BTreeSet<&str> = ["kind", "schema", "name", "signature", "absent"].into();
        for name in kind
            .facets
            .iter()
            .map(|facet| facet.name)
            .chain(children.iter().copied())
        {
            assert!(seen.insert(name), "{} has \"{name}\" twice", kind.name);
        }
    }
}

#[test]
fn queries_are_qualified_and_ordered() {
    for kind in kinds::ALL {
        for major in 13..=18 {
            let Some(query) = kind_query(kind, major, &scope(Reach::Cluster, &["r"])) else {
                continue;
            };
            assert!(query.sql.contains("\nORDER BY "), "{}", query.sql);
            for word in ["FROM pg_", "JOIN pg_"] {
                let bare = query
                    .sql
                    .match_indices(word)
                    .any(|(at, _)| !query.sql[at + 5..].starts_with("pg_catalog."));
                assert!(
                    !bare,
                    "{}
{}",
                    kind.name, query.sql
                );
            }
        }
    }
}

fn scope(reach: Reach, roles: &[&str]) -> Scope {
    Scope {
        reach,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        ..Scope::default()
    }
}

#[test]
fn every_facet_of_a_role_is_compared() {
    let database = support::database("role_facets");
    let (role, group) = (database.role("member", ""), database.role("group", ""));
    let scope = scope(Reach::Cluster, &[&role]);
    let before = read(&database, &scope).catalog;
    let name = &database.name;
    for (sql, facet) in [
        (format!("ALTER ROLE {role} SUPERUSER"), "superuser"),
        (format!("ALTER ROLE {role} NOINHERIT"), "inherit"),
        (format!("ALTER ROLE {role} CREATEROLE"), "create role"),
        (format!("ALTER ROLE {role} CREATEDB"), "create database"),
        (format!("ALTER ROLE {role} LOGIN"), "login"),
        (format!("ALTER ROLE {role} REPLICATION"), "replication"),
        (format!("ALTER ROLE {role} BYPASSRLS"), "bypass row security"),
        (
            format!("ALTER ROLE {role} CONNECTION LIMIT 3"),
            "connection limit",
        ),
        (
            format!("ALTER ROLE {role} VALID UNTIL '2030-01-01'"),
            "valid until",
        ),
        (format!("GRANT {group} TO {role}"), "member of"),
        (format!("ALTER ROLE {role} SET work_mem = '8MB'"), "settings"),
        (
            format!("ALTER ROLE {role} IN DATABASE {name} SET work_mem = '8MB'"),
            "settings in this database",
        ),
        (format!("COMMENT ON ROLE {role} IS 'x'"), "comment"),
    ] {
        database.session().run(&sql).unwrap();
        let after = read(&database, &scope).catalog;
        let changes = diff::compare(&before, &after, &diff::Options::default()).changes;
        let expected = (format!("role {role}"), Some(facet.to_owned()));
        let found = changes
            .iter()
            .any(|change| (change.object.to_string(), change.what.facet()) == expected);
        assert!(found, "{sql}: {changes:?}");
    }
    assert_eq!(before.of_kind("role").count(), 1);
}

#[test]
fn roles_that_the_project_does_not_name_are_not_read() {
    let database = support::database("role_scope");
    assert!(
        !read(&database, &scope(Reach::Cluster, &[]))
            .catalog
            .objects
            .keys()
            .any(|id| id.kind.name == "role")
    );
    assert!(
        !read(&database, &scope(Reach::Database, &["postgres"]))
            .catalog
            .objects
            .keys()
            .any(|id| id.kind.home == Home::Cluster)
    );
}

#[test]
fn migration_roles_are_one_and_others_are_themselves() {
    let (one, two) = (support::database("canon_one"), support::database("canon_two"));
    let (mine, theirs) = (one.role("migrator", ""), two.role("migrator", ""));
    let (reader, stranger) = (one.role("reader", ""), two.role("stranger", "SUPERUSER"));
    let sql = |owner: &str| {
        format!(
            "CREATE TABLE t (id integer); ALTER TABLE t OWNER TO {owner}; SET ROLE {owner}; GRANT SELECT ON t TO {reader};
             ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {reader}; RESET ROLE; GRANT SELECT ON t TO {owner};"
        )
    };
    one.session().run(&sql(&mine)).unwrap();
    two.session().run(&sql(&theirs)).unwrap();
    let canon = Canon::new(&[RoleName(mine.clone()), RoleName(theirs.clone())]);
    let scope = Scope {
        canon,
        ..Scope::default()
    };
    let (from, to) = (read(&one, &scope).catalog, read(&two, &scope).catalog);
    assert_eq!(said(&from, &to), Vec::<String>::new());
    assert_eq!(from.fingerprint(), to.fingerprint());
    two.session()
        .run(&format!("ALTER TABLE t OWNER TO {stranger}"))
        .unwrap();
    let changed = said(&from, &read(&two, &scope).catalog);
    assert!(
        changed
            .iter()
            .any(|text| text.starts_with("error: table public.t: owner changed")),
        "{changed:?}"
    );
}

#[test]
fn extension_members_and_system_schemas_are_not_read() {
    let database = support::database("members");
    let before = read(&database, &Scope::default()).catalog;
    database
        .session()
        .run("CREATE EXTENSION pg_trgm; CREATE TEMPORARY TABLE passing (id integer)")
        .unwrap();
    let after = read(&database, &Scope::default()).catalog;
    assert_eq!(said(&before, &after), ["error: extension pg_trgm: added"]);
}

#[test]
fn what_no_kind_reads_is_counted() {
    let database = support::database("unmodelled");
    database
        .session()
        .run("SELECT lo_create(0), lo_create(0)")
        .unwrap();
    assert_eq!(
        read(&database, &Scope::default()).not_compared,
        [("large objects", 2)]
    );
}

#[test]
fn private_state_of_the_server_is_no_drift() {
    let database = support::database("attver");
    database
        .session()
        .run("CREATE TABLE t (a integer, b integer)")
        .unwrap();
    let before = read(&database, &Scope::default());
    database
        .session()
        .run("SET allow_system_table_mods = on; UPDATE pg_attribute SET attoptions = '{pg_attver=0/1}' WHERE attrelid = 't'::regclass AND attnum > 0")
        .unwrap();
    let after = read(&database, &Scope::default());
    assert_eq!(said(&before.catalog, &after.catalog), Vec::<String>::new());
    let messages: Vec<&str> = after
        .diagnostics
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert!(
        messages
            .iter()
            .any(|text| text.starts_with("unknown key \"pg_attver\" in options of ")),
        "{messages:?}"
    );
}

#[test]
fn a_schema_scope_leaves_the_rest_out() {
    let database = support::database("scope");
    database
        .session()
        .run("CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (id integer); CREATE TABLE b.t (id integer)")
        .unwrap();
    let scope = Scope {
        reach: Reach::Schema,
        schemas: vec!["a".to_owned()],
        ..Scope::default()
    };
    let names: Vec<String> = read(&database, &scope)
        .catalog
        .objects
        .keys()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["schema a", "table a.t", "column a.t.id"]);
}

#[test]
fn invariants_raise_and_acceptance_runs_out() {
    let database = support::database("invariant");
    database
        .session()
        .run("CREATE TABLE t (id integer); COMMENT ON COLUMN t.id IS 'INVARIANT: stable-key'")
        .unwrap();
    let from = read(&database, &Scope::default()).catalog;
    database
        .session()
        .run("ALTER TABLE t ALTER id SET STATISTICS 7")
        .unwrap();
    let to = read(&database, &Scope::default()).catalog;
    let accept = |until: &str| diff::Options {
        accept: vec![diff::Acceptance {
            object: "table public.*".to_owned(),
            because: "measured".to_owned(),
            until: Some(until.to_owned()),
        }],
        today: "2026-11-20".to_owned(),
        ..diff::Options::default()
    };
    let raised = diff::compare(&from, &to, &diff::Options::default()).findings();
    assert_eq!(raised[0].level, Level::Error);
    assert_eq!(raised[0].detail.as_deref(), Some("Invariant: stable-key"));
    assert_eq!(diff::compare(&from, &to, &accept("2026-11-20")).findings(), []);
    let rules: Vec<_> = diff::compare(&from, &to, &accept("2026-11-19"))
        .findings()
        .into_iter()
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(rules, ["drift", "expired-acceptance"]);
}

#[test]
fn a_lost_connection_is_never_no_drift() {
    let database = support::database("lost");
    let mut session = database.session();
    let kill = format!("SELECT pg_terminate_backend({})", session.backend_pid());
    database.session().text_rows(&kill).unwrap();
    assert!(introspect::read(&mut session, &Scope::default()).is_err());
}
