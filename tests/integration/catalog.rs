//! The kinds as a registry, roles of the cluster, canonical owners, and what is never read.

use std::collections::BTreeSet;

use zerodrift::catalog::{Canon, Catalog, Home, Reach, Scope, aside_query, kind_query, kinds};
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
fn queries_are_qualified() {
    for kind in kinds::ALL {
        for major in 13..=18 {
            let Some(query) = kind_query(kind, major, &scope(Reach::Cluster, &["r"])) else {
                continue;
            };
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
    let accepted = diff::compare(&from, &to, &accept("2026-11-20")).findings();
    assert_eq!(
        (accepted.len(), accepted[0].rule, accepted[0].level),
        (1, "accepted-drift", Level::Info)
    );
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

/// What was found by a change, as `object | facet`.
fn found(before: &Catalog, after: &Catalog) -> Vec<String> {
    let diff = diff::compare(before, after, &diff::Options::default());
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

/// Runs each statement, undoes it with the second, and expects exactly one change.
fn each_is_found(database: &TestDatabase, scope: &Scope, cases: &[(&str, &str, &str)]) {
    let mut session = database.session();
    session.run("SET allow_system_table_mods = on").unwrap();
    let before = read(database, scope).catalog;
    for (change, back, expected) in cases {
        session
            .run(change)
            .unwrap_or_else(|error| panic!("{change}: {error}"));
        let after = read(database, scope).catalog;
        session
            .run(back)
            .unwrap_or_else(|error| panic!("{back}: {error}"));
        assert_eq!(found(&before, &after), [*expected], "{change}");
    }
    assert_eq!(
        found(&before, &read(database, scope).catalog),
        Vec::<String>::new()
    );
}

#[test]
fn every_facet_of_a_subscription_is_compared() {
    for major in support::majors() {
        let cluster = support::cluster_of(major);
        let version = cluster.version().major();
        let database = support::database_on(cluster, "subscriber");
        let owner = database.role("subscription_owner", "SUPERUSER");
        let name = support::unique("heard");
        database
            .session()
            .run(&format!(
                "CREATE SUBSCRIPTION {name} CONNECTION 'host=a user=u password=''very secret''' PUBLICATION one, two
                 WITH (connect = false)"
            ))
            .unwrap();
        let update = |set: &str| format!("UPDATE pg_subscription SET {set} WHERE subname = '{name}'");
        let cases: Vec<(u32, String, String, &str)> = [
            (13, "subenabled = true", "subenabled = false", "enabled"),
            (13, "subconninfo = 'host=b'", "subconninfo = 'host=a user=u password=''very secret'''", "connection"),
            (
                13,
                "subconninfo = 'host=a user=u password=''other'''",
                "subconninfo = 'host=a user=u password=''very secret'''",
                "secrets",
            ),
            (13, "subslotname = 'other'", "subslotname = subname", "slot"),
            (13, "subslotname = NULL", "subslotname = subname", "slot"),
            (13, "subsynccommit = 'on'", "subsynccommit = 'off'", "synchronous commit"),
            (13, "subpublications = '{one}'", "subpublications = '{two,one}'", "publications"),
            (14, "subbinary = true", "subbinary = false", "binary"),
            (15, "subtwophasestate = 'e'", "subtwophasestate = 'd'", "two phase"),
            (15, "subdisableonerr = true", "subdisableonerr = false", "disable on error"),
            (16, "suborigin = 'none'", "suborigin = 'any'", "origin"),
            (16, "subpasswordrequired = false", "subpasswordrequired = true", "password required"),
            (16, "subrunasowner = true", "subrunasowner = false", "run as owner"),
            (17, "subfailover = true", "subfailover = false", "failover"),
        ]
        .into_iter()
        .map(|(since, set, back, facet)| (since, update(set), update(back), facet))
        .chain([
            (
                13,
                format!("ALTER SUBSCRIPTION {name} OWNER TO {owner}"),
                format!("ALTER SUBSCRIPTION {name} OWNER TO postgres"),
                "owner",
            ),
            (
                13,
                format!("COMMENT ON SUBSCRIPTION {name} IS 'x'"),
                format!("COMMENT ON SUBSCRIPTION {name} IS NULL"),
                "comment",
            ),
            (
                13,
                format!(
                    "INSERT INTO pg_shseclabel SELECT oid, 'pg_subscription'::regclass, 'x', 'y' FROM pg_subscription
                     WHERE subname = '{name}'"
                ),
                "DELETE FROM pg_shseclabel WHERE classoid = 'pg_subscription'::regclass".to_owned(),
                "security labels",
            ),
            (
                14,
                // A letter from 16 on, yes or no before.
                format!(
                    "DO $$ BEGIN UPDATE pg_subscription SET substream = CASE substream::text WHEN 't' THEN 'f' WHEN 'p' THEN 'f'
                     WHEN 'true' THEN 'f' ELSE 't' END{} WHERE subname = '{name}'; END $$",
                    if version < 16 { "::boolean" } else { "::\"char\"" }
                ),
                format!(
                    "UPDATE pg_subscription SET substream = '{}' WHERE subname = '{name}'",
                    if version >= 18 { 'p' } else { 'f' }
                ),
                "streaming",
            ),
        ])
        .collect();
        let cases: Vec<(&str, &str, String)> = cases
            .iter()
            .filter(|(since, ..)| *since <= version)
            .map(|(_, change, back, facet)| (&**change, &**back, format!("subscription {name} | {facet}")))
            .collect();
        let cases: Vec<(&str, &str, &str)> = cases.iter().map(|(a, b, c)| (*a, *b, &**c)).collect();
        each_is_found(&database, &Scope::default(), &cases);
        let catalog = read(&database, &Scope::default()).catalog;
        let shown: String = catalog
            .of_kind("subscription")
            .flat_map(|(_, object)| object.facets.iter().map(|(_, value)| value.to_string()))
            .collect();
        assert!(shown.contains("(hidden)") && !shown.contains("secret"), "{shown}");
        for (connection, expected) in [
            ("postgres://u:a@b/c@h/d", "postgres://u:(hidden)@h/d"),
            (
                "postgres://h/d?password=a&sslmode=require",
                "postgres://h/d?password=(hidden)&sslmode=require",
            ),
            ("host=h password=a&b user=u", "host=h password=(hidden) user=u"),
            (
                "host=h password = 'a\\' b' user=u",
                "host=h password=(hidden) user=u",
            ),
        ] {
            let mut session = database.session();
            session
                .run(&format!(
                    "SET allow_system_table_mods = on; UPDATE pg_subscription SET subconninfo = $x${connection}$x$ WHERE subname = '{name}'"
                ))
                .unwrap();
            let catalog = read(&database, &Scope::default()).catalog;
            let (_, object) = catalog.of_kind("subscription").next().unwrap();
            let shown = object
                .facets
                .get("connection")
                .and_then(|value| value.as_text().map(str::to_owned));
            assert_eq!(shown.as_deref(), Some(expected), "{connection}");
        }
        database
            .session()
            .run(&format!(
                "SET allow_system_table_mods = on; UPDATE pg_subscription SET subslotname = NULL WHERE subname = '{name}'; DROP SUBSCRIPTION {name}"
            ))
            .unwrap();
    }
}

#[test]
fn large_objects_are_compared_on_request() {
    let database = support::database("large");
    let owner = database.role("large_owner", "");
    database.session().run("SELECT lo_create(4711)").unwrap();
    let scope = Scope {
        also: vec!["large object".to_owned()],
        ..Scope::default()
    };
    assert_eq!(read(&database, &scope).not_compared, []);
    each_is_found(
        &database,
        &scope,
        &[
            (
                &format!("ALTER LARGE OBJECT 4711 OWNER TO {owner}"),
                "ALTER LARGE OBJECT 4711 OWNER TO CURRENT_USER",
                "large object 4711 | owner",
            ),
            (
                &format!("GRANT SELECT ON LARGE OBJECT 4711 TO {owner}"),
                &format!("REVOKE SELECT ON LARGE OBJECT 4711 FROM {owner}"),
                "large object 4711 | privileges",
            ),
            (
                "COMMENT ON LARGE OBJECT 4711 IS 'x'",
                "COMMENT ON LARGE OBJECT 4711 IS NULL",
                "large object 4711 | comment",
            ),
            (
                "INSERT INTO pg_seclabel VALUES (4711, 'pg_largeobject'::regclass, 0, 'x', 'y')",
                "DELETE FROM pg_seclabel WHERE classoid = 'pg_largeobject'::regclass",
                "large object 4711 | security labels",
            ),
            (
                "SELECT lo_create(4712)",
                "SELECT lo_unlink(4712)",
                "large object 4712 | added",
            ),
        ],
    );
}

#[test]
fn what_belongs_to_the_cluster_is_compared() {
    for major in support::majors() {
        let cluster = support::cluster_of(major);
        let database = support::database_on(cluster, "of_cluster");
        let role = database.role("of_cluster", "");
        let space = support::unique("space");
        let mut session = database.session();
        // Backpatched as a developer's setting to every supported major.
        session
            .run("SET allow_in_place_tablespaces = on")
            .unwrap_or_else(|error| panic!("{}: {error}", cluster.version()));
        session
            .run(&format!("CREATE TABLESPACE {space} LOCATION ''"))
            .unwrap();
        let all = scope(Reach::Cluster, &[&role]);
        let name = format!("tablespace {space}");
        let label = format!(
            "INSERT INTO pg_shseclabel SELECT oid, 'pg_tablespace'::regclass, 'x', 'y' FROM pg_tablespace WHERE spcname = '{space}'"
        );
        let role_label = format!(
            "INSERT INTO pg_shseclabel SELECT oid, 'pg_authid'::regclass, 'x', 'y' FROM pg_roles WHERE rolname = '{role}'"
        );
        let template = |value: bool| {
            format!(
                "UPDATE pg_database SET datistemplate = {value} WHERE datname = '{}'",
                database.name
            )
        };
        let unlabel = "DELETE FROM pg_shseclabel WHERE provider = 'x'".to_owned();
        let mut cases = vec![
            (
                format!("ALTER TABLESPACE {space} OWNER TO {role}"),
                format!("ALTER TABLESPACE {space} OWNER TO postgres"),
                format!("{name} | owner"),
            ),
            (
                format!("ALTER TABLESPACE {space} SET (seq_page_cost = 3)"),
                format!("ALTER TABLESPACE {space} RESET (seq_page_cost)"),
                format!("{name} | options"),
            ),
            (
                format!("GRANT CREATE ON TABLESPACE {space} TO {role}"),
                format!("REVOKE CREATE ON TABLESPACE {space} FROM {role}"),
                format!("{name} | privileges"),
            ),
            (
                format!("COMMENT ON TABLESPACE {space} IS 'x'"),
                format!("COMMENT ON TABLESPACE {space} IS NULL"),
                format!("{name} | comment"),
            ),
            (label, unlabel.clone(), format!("{name} | security labels")),
            (role_label, unlabel, format!("role {role} | security labels")),
            (
                template(true),
                template(false),
                "database current | template".to_owned(),
            ),
        ];
        if cluster.version().major() >= 15 {
            cases.push((
                format!("GRANT SET ON PARAMETER work_mem TO {role}"),
                format!("REVOKE SET ON PARAMETER work_mem FROM {role}"),
                "parameter work_mem | added".to_owned(),
            ));
        }
        let cases: Vec<(&str, &str, &str)> = cases.iter().map(|(a, b, c)| (&**a, &**b, &**c)).collect();
        each_is_found(&database, &all, &cases);
        if cluster.version().major() >= 15 {
            let grant = |what: &str| format!("GRANT {what} ON PARAMETER work_mem TO {role}");
            session.run(&grant("SET")).unwrap();
            let before = read(&database, &all).catalog;
            session.run(&grant("ALTER SYSTEM")).unwrap();
            let after = read(&database, &all).catalog;
            session
                .run(&format!("REVOKE ALL ON PARAMETER work_mem FROM {role}"))
                .unwrap();
            assert_eq!(found(&before, &after), ["parameter work_mem | privileges"]);
        }
        session.run(&format!("DROP TABLESPACE {space}")).unwrap();
    }
}

#[test]
fn what_a_role_may_not_read_is_said_and_the_rest_compared() {
    let database = support::database("refused");
    let role = database.role("powerless", "LOGIN");
    let mut admin = database.session();
    admin
        .run(&format!(
            "CREATE TABLE t (id integer); GRANT CONNECT ON DATABASE {} TO {role}",
            database.name
        ))
        .unwrap();
    let as_role = |scope: &Scope| {
        let mut session = database.session();
        session.run(&format!("SET SESSION AUTHORIZATION {role}")).unwrap();
        introspect::read(&mut session, scope).unwrap()
    };
    let full = read(&database, &Scope::default());
    assert_eq!(full.refused, []);
    // Nothing is there that would be hidden: complete.
    let powerless = as_role(&Scope::default());
    assert_eq!(powerless.refused, []);
    assert_eq!(said(&full.catalog, &powerless.catalog), Vec::<String>::new());
    let name = support::unique("heard");
    admin
        .run(&format!(
            "CREATE SUBSCRIPTION {name} CONNECTION 'host=a' PUBLICATION one WITH (connect = false);
             CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER s;
             REVOKE SELECT ON pg_catalog.pg_policy FROM PUBLIC"
        ))
        .unwrap();
    let refused: Vec<(&str, Option<u64>, String)> = as_role(&Scope::default())
        .refused
        .into_iter()
        .map(|refusal| (refusal.kind.name, refusal.count, refusal.reason))
        .collect();
    admin
        .run(&format!("SET allow_system_table_mods = on; ALTER SUBSCRIPTION {name} SET (slot_name = NONE); DROP SUBSCRIPTION {name}"))
        .unwrap();
    let expected = [
        ("policy", None, "the role may not read pg_policy"),
        ("subscription", Some(1), "the role may not read pg_subscription"),
        ("user mapping", Some(1), "the role may not read pg_user_mapping"),
    ];
    let shown: Vec<_> = refused
        .iter()
        .map(|(kind, count, reason)| (*kind, *count, &**reason))
        .collect();
    assert_eq!(shown, expected);
}

const LEDGER: &str = include_str!("../fixtures/catalog/columns.txt");

/// Every column of every catalog is compared, or stands in the ledger with the reason why it is not.
///
/// A major with a column that nobody has judged fails here: silence about it would look like equality.
#[test]
fn every_column_of_the_catalogs_is_accounted_for() {
    let ledger: BTreeSet<&str> = LEDGER
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            let class = rest.split(':').next().unwrap();
            assert!(
                matches!(class, "derived" | "volatile" | "data" | "not compared"),
                "{line}"
            );
            name
        })
        .collect();
    let mut missing = BTreeSet::new();
    let mut known = BTreeSet::new();
    let scope = Scope {
        also: vec!["large object".to_owned()],
        ..scope(Reach::Cluster, &["r"])
    };
    for cluster in crate::drift::several() {
        let major = cluster.version().major();
        let queries: Vec<String> = kinds::ALL
            .iter()
            .flat_map(|kind| [kind_query(kind, major, &scope), aside_query(kind, major, &scope)])
            .flatten()
            .map(|query| query.sql)
            .collect();
        let sql = "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                   WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
                     AND NOT a.attisdropped";
        let mut session =
            zerodrift::pg::Session::open(&cluster.target("postgres"), "zerodrift test").unwrap();
        for row in session.text_rows(sql).unwrap() {
            let (table, column) = (row[0].as_deref().unwrap(), row[1].as_deref().unwrap());
            let name = format!("{table}.{column}");
            let any = format!("{table}.*");
            known.insert(name.clone());
            known.insert(any.clone());
            known.insert(format!("*.{column}"));
            let listed = [&*name, &*any, &*format!("*.{column}")]
                .iter()
                .any(|name| ledger.contains(name));
            // Rows of pg_authid are read through pg_roles, but for the password.
            let view = if table == "pg_authid" { "pg_roles" } else { table };
            let read = queries
                .iter()
                .any(|sql| (has_word(sql, table) || has_word(sql, view)) && has_word(sql, column));
            if !listed && !read {
                missing.insert(name);
            }
        }
    }
    let list = missing.iter().cloned().collect::<Vec<_>>().join("\n");
    assert!(missing.is_empty(), "neither read nor in the ledger:\n{list}");
    let stale: Vec<_> = ledger.iter().filter(|name| !known.contains(**name)).collect();
    assert!(stale.is_empty(), "no server that was asked has {stale:?}");
}

fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}

#[test]
fn a_gap_is_no_equality_and_a_cut_is_an_error() {
    use crate::support::project::Project;
    let database = support::database("gap");
    let role = database.role("gap_reader", "LOGIN PASSWORD 'x'");
    database
        .session()
        .run(&format!(
            "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER s;
             GRANT CONNECT ON DATABASE {} TO {role}",
            database.name
        ))
        .unwrap();
    let host = database
        .session()
        .text_rows("SHOW unix_socket_directories")
        .unwrap()[0][0]
        .clone()
        .unwrap()
        .replace('/', "%2F");
    let url = |user: &str| format!("postgresql://{user}:x@{host}/{}", database.name);
    let project = Project::with(&[("zerodrift.yaml", "server: 15\n")]);
    let (reader, owner) = (url(&role), url("postgres"));
    let run = project.run(&["schema", "diff", &owner, &reader]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.error);
    let all = format!("{}{}", run.out, run.error);
    assert!(all.contains("not compared: user mappings, 1"), "{all}");
    assert!(!all.contains("No drift"), "{all}");
    let run = project.run(&["schema", "diff", &owner, &reader, "--allow-incomplete"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    assert!(run.out.contains("Not compared: user mappings: 1"), "{}", run.out);
    // A server that goes away while it is read.
    let gone = "postgresql://postgres:x@127.0.0.1:1/x";
    let run = project.run(&["schema", "diff", &owner, gone]);
    assert_eq!(run.code, 3, "{}{}", run.out, run.error);
}

#[test]
fn a_rename_is_shown_beside_the_removal() {
    let database = support::database("renamed");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (a integer, b text); CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT 1 AS x")
        .unwrap();
    let before = read(&database, &Scope::default()).catalog;
    session
        .run("ALTER INDEX i RENAME TO j; ALTER VIEW v RENAME TO w; ALTER TABLE t RENAME b TO c")
        .unwrap();
    let changes = diff::compare(
        &before,
        &read(&database, &Scope::default()).catalog,
        &diff::Options::default(),
    )
    .changes;
    let shown: Vec<_> = changes
        .iter()
        .map(|change| {
            let other = change
                .other_name
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            format!("{} {} {other}", change.object, change.what.as_str())
        })
        .collect();
    assert_eq!(
        shown,
        [
            "column public.t.b removed column public.t.c",
            "column public.t.c added column public.t.b",
            "index public.i removed index public.j",
            "index public.j added index public.i",
            "view public.v removed view public.w",
            "view public.w added view public.v",
        ]
    );
    session
        .run("ALTER TABLE t RENAME TO u; ALTER VIEW w RENAME TO y; CREATE VIEW z AS SELECT 2 AS x")
        .unwrap();
    let changes = diff::compare(
        &before,
        &read(&database, &Scope::default()).catalog,
        &diff::Options::default(),
    )
    .changes;
    let paired = changes
        .iter()
        .filter(|change| change.other_name.is_some())
        .count();
    // The table lost a column's and an index's name as well: it is not the same. The view is, and the new one is not.
    assert_eq!(paired, 2, "{changes:#?}");
}

#[test]
fn a_catalog_that_nobody_knows_is_told_and_compared_as_a_whole() {
    for major in support::majors() {
        let database = support::database_on(support::cluster_of(major), "unknown_catalog");
        let mut session = database.session();
        session
            .run("SET allow_system_table_mods = on; CREATE TABLE pg_catalog.pg_new (oid oid, name name, since timestamptz DEFAULT now())")
            .unwrap();
        session
            .run("INSERT INTO pg_catalog.pg_new VALUES (1, 'one')")
            .unwrap();
        let before = read(&database, &Scope::default());
        let told: Vec<&str> = before
            .diagnostics
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        assert_eq!(
            told,
            ["\"pg_catalog.pg_new\" is not known to this version: 1 rows are not compared one by one"]
        );
        // Oids and instants differ from server to server.
        session
            .run("UPDATE pg_catalog.pg_new SET oid = 2, since = now() + '1 day'")
            .unwrap();
        assert_eq!(
            said(&before.catalog, &read(&database, &Scope::default()).catalog),
            Vec::<String>::new()
        );
        session.run("UPDATE pg_catalog.pg_new SET name = 'two'").unwrap();
        let after = read(&database, &Scope::default()).catalog;
        assert_eq!(
            found(&before.catalog, &after),
            ["unmodelled catalog pg_catalog.pg_new | fingerprint"]
        );
        session
            .run("INSERT INTO pg_catalog.pg_new VALUES (3, 'three')")
            .unwrap();
        let after = read(&database, &Scope::default()).catalog;
        let wanted =
            ["rows", "fingerprint"].map(|facet| format!("unmodelled catalog pg_catalog.pg_new | {facet}"));
        assert_eq!(found(&before.catalog, &after), wanted);
        // A server without it is another server, not a changed schema.
        session
            .run("SET allow_system_table_mods = on; DROP TABLE pg_catalog.pg_new")
            .unwrap();
        let without = read(&database, &Scope::default());
        assert_eq!(said(&before.catalog, &without.catalog), Vec::<String>::new());
        assert_eq!(without.diagnostics, []);
    }
}

#[test]
fn a_column_that_nobody_knows_is_told_and_compared_as_a_whole() {
    for major in support::majors() {
        let database = support::database_on(support::cluster_of(major), "unknown_column");
        let mut session = database.session();
        session
            .run("SET allow_system_table_mods = on; CREATE FUNCTION new(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
                  ALTER TABLE pg_catalog.pg_transform ADD trfnew text DEFAULT 'x'")
            .unwrap();
        let found = read(&database, &Scope::default());
        let told: Vec<&str> = found
            .diagnostics
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        assert_eq!(
            told,
            [
                "\"pg_catalog.pg_transform.trfnew\" is not known to this version: 0 rows are not compared one by one"
            ]
        );
    }
}

/// The list that the program compares a server with is the one of the servers 13 to 18.
#[test]
fn committed_list_of_known_columns_is_current() {
    let known = zerodrift::catalog::known_columns();
    for cluster in crate::drift::several() {
        let mut session =
            zerodrift::pg::Session::open(&cluster.target("postgres"), "zerodrift test").unwrap();
        let sql =
            "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                   WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND a.attnum > 0";
        let missing: Vec<String> = session
            .text_rows(sql)
            .unwrap()
            .into_iter()
            .flatten()
            .flatten()
            .filter(|name| !known.contains(name))
            .collect();
        assert_eq!(
            missing,
            Vec::<String>::new(),
            "add them to src/catalog/known_columns.txt on {}",
            cluster.version()
        );
    }
}

#[test]
fn a_password_is_told_and_never_shown() {
    let database = support::database("password");
    let role = database.role("with_password", "LOGIN");
    let scope = scope(Reach::Cluster, &[&role]);
    let before = read(&database, &scope).catalog;
    let set = |password: &str| {
        database
            .session()
            .run(&format!("ALTER ROLE {role} PASSWORD '{password}'"))
            .unwrap();
        read(&database, &scope).catalog
    };
    let one = set("first-secret");
    let of_roles = |from: &Catalog, to: &Catalog| {
        let mut changes = found(from, to);
        changes.retain(|change| change.starts_with("role "));
        changes
    };
    assert_eq!(
        of_roles(&before, &one),
        [format!("role password {role} | method")]
    );
    let two = set("other-secret");
    assert_eq!(of_roles(&one, &two), [format!("role password {role} | secrets")]);
    let shown = format!("{:?}", said(&one, &two));
    assert!(
        shown.contains("secrets changed: password") && !shown.contains("SCRAM"),
        "{shown}"
    );
    let written: String = zerodrift::snapshot::documents(&two).into_values().collect();
    assert!(!written.contains("secrets"), "{written}");
}

#[test]
fn who_granted_a_membership_is_compared() {
    let database = support::database("grantor");
    let (member, group, admin) = (
        database.role("grantee", ""),
        database.role("granted", ""),
        database.role("grantor", ""),
    );
    let scope = scope(Reach::Cluster, &[&member]);
    let mut session = database.session();
    session
        .run(&format!(
            "GRANT {group} TO {admin} WITH ADMIN OPTION; GRANT {group} TO {member}"
        ))
        .unwrap();
    let before = read(&database, &scope).catalog;
    session
        .run(&format!(
            "REVOKE {group} FROM {member}; SET ROLE {admin}; GRANT {group} TO {member}; RESET ROLE"
        ))
        .unwrap();
    let after = read(&database, &scope).catalog;
    let mut changes = found(&before, &after);
    changes.retain(|change| change.starts_with("role "));
    assert_eq!(changes, [format!("role {member} | member of")]);
    session
        .run(&format!("REVOKE {group} FROM {admin} CASCADE"))
        .unwrap();
}
