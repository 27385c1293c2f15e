//! Row security: toggled exactly, never a silent no-op.

use std::time::Duration;

use zerodrift::apply::{ApplyError, RolePolicy, Settings, Unguarded, Upgraded};
use zerodrift::model::Outcome;
use zerodrift::pg::Session;

use crate::support::chain::{TestProject, shown, value};
use crate::support::{TestDatabase, database};

/// Eight rows in a table with row security and FORCE, a guard trigger that refuses UPDATE, owned by `role`.
fn events(database: &TestDatabase, role: &str) {
    let mut session = database.session();
    session
        .run(&format!(
            "GRANT ALL ON DATABASE {name} TO {role}; GRANT ALL ON SCHEMA public TO {role};
             CREATE TABLE events (id int PRIMARY KEY, tenant uuid NOT NULL, key text);
             INSERT INTO events SELECT n, gen_random_uuid(), NULL FROM generate_series(1, 8) n;
             CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append-only'; END $$;
             CREATE TRIGGER guard BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION refuse();
             ALTER TABLE events ENABLE ROW LEVEL SECURITY;
             ALTER TABLE events FORCE ROW LEVEL SECURITY;
             CREATE POLICY own ON events USING (tenant = nullif(current_setting('app.tenant', true), '')::uuid);
             ALTER TABLE events OWNER TO {role};",
            name = database.name
        ))
        .unwrap();
}

fn flags(session: &mut Session, table: &str) -> String {
    value(
        session,
        &format!(
            "SELECT relrowsecurity || ' ' || relforcerowsecurity || ' ' ||
                    coalesce((SELECT string_agg(tgname || tgenabled::text, ' ' ORDER BY tgname) FROM pg_trigger
                              WHERE tgrelid = c.oid AND NOT (tgisinternal AND tgparentid = 0)), '')
             FROM pg_class c WHERE oid = '{table}'::regclass"
        ),
    )
}

fn as_role(database: &TestDatabase, role: &str) -> Session {
    Session::open(&database.target.with_user(role), "test").unwrap()
}

fn owner() -> Settings {
    Settings {
        role_policy: RolePolicy::Owner,
        ..Settings::default()
    }
}

fn guarded(directive: &str, sql: &str) -> TestProject {
    TestProject::chain(&[("r1", &format!("--: backfill {directive}\n{sql};\n--: end\n"))])
}

fn run(project: &TestProject, session: &mut Session) -> Result<Upgraded, ApplyError> {
    project.upgrade_with(session, &owner())
}

#[test]
fn the_owner_under_force_backfills_every_row() {
    let database = database("rls_owner");
    let role = database.role("rls_owner", "LOGIN");
    events(&database, &role);
    let mut session = as_role(&database, &role);
    let project = guarded(
        "table=events triggers=guard expect=all",
        "UPDATE events SET key = id::text",
    );
    let done = run(&project, &mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(done.applied[0].1.sections[0].touched, 8);
    assert_eq!(done.applied[0].1.sections[0].present, Some(8));
    let mut superuser = database.session();
    assert_eq!(
        value(
            &mut superuser,
            "SELECT count(*) FROM events WHERE key IS NOT NULL"
        ),
        "8"
    );
    assert_eq!(flags(&mut superuser, "events"), "true true guardO");
    assert_eq!(value(&mut session, "SELECT count(*) FROM events"), "0");
    let recorded = value(&mut superuser, "SELECT sections FROM zerodrift.revision");
    assert!(
        recorded.contains("\"touched\": 8") && recorded.contains("\"rls\": \"toggle\""),
        "{recorded}"
    );
}

#[test]
fn without_a_guard_the_error_is_loud_and_measured() {
    let database = database("rls_loud");
    let role = database.role("rls_loud", "LOGIN");
    events(&database, &role);
    let mut session = as_role(&database, &role);
    let project = TestProject::chain(&[(
        "r1",
        "ALTER TABLE events DISABLE TRIGGER guard;\nUPDATE events SET key = id::text;",
    )]);
    let refused = run(&project, &mut session).unwrap_err();
    assert_eq!(refused.outcome(), Outcome::Unfit);
    assert!(
        shown(&refused).contains("touches rows of \"events\", which has row security, without a guard"),
        "{}",
        shown(&refused)
    );
    let relaxed = Settings {
        unguarded: Unguarded::Allow,
        ..owner()
    };
    let error = project.upgrade_with(&mut session, &relaxed).unwrap_err();
    let text = shown(&error);
    assert_eq!(error.outcome(), Outcome::RolledBack, "{text}");
    assert!(text.contains("row-security migrations/r1_step.sql:6:1"), "{text}");
    assert!(
        text.contains(&format!(
            "row security would have hidden rows from role \"{role}\""
        )),
        "{text}"
    );
    assert!(text.contains("SQLSTATE 42501"), "{text}");
    assert!(
        text.contains(&format!(
            "Table \"public.events\": role \"{role}\" sees 0 rows, 8 rows are present."
        )),
        "{text}"
    );
    let mut superuser = database.session();
    assert_eq!(flags(&mut superuser, "events"), "true true guardO");
    assert_eq!(
        value(&mut superuser, "SELECT count(*) FROM events WHERE key IS NULL"),
        "8"
    );
}

#[test]
fn every_way_to_read_is_complete_or_loud_for_a_bound_owner() {
    let statements = [
        "UPDATE events SET key = 'x'",
        "DELETE FROM events",
        "CREATE TABLE copy AS SELECT * FROM events",
        "INSERT INTO target SELECT id FROM events",
        "CREATE MATERIALIZED VIEW seen AS SELECT * FROM events",
        "DO $$ BEGIN DELETE FROM events; END $$",
        "COPY events TO '/dev/null'",
        "ALTER TABLE child ADD FOREIGN KEY (event) REFERENCES events (id)",
        "ALTER TABLE child VALIDATE CONSTRAINT later",
    ];
    for statement in statements {
        let database = database("rls_matrix");
        let role = database.role("rls_matrix", "LOGIN IN ROLE pg_write_server_files");
        events(&database, &role);
        let mut superuser = database.session();
        superuser
            .run(&format!(
                "CREATE TABLE target (id int); CREATE TABLE child (event int); INSERT INTO child VALUES (99);
                 ALTER TABLE child ADD CONSTRAINT later FOREIGN KEY (event) REFERENCES events (id) NOT VALID;
                 ALTER TABLE events DISABLE TRIGGER guard;
                 ALTER TABLE child OWNER TO {role}; ALTER TABLE target OWNER TO {role};"
            ))
            .unwrap();
        let relaxed = Settings {
            unguarded: Unguarded::Allow,
            ..owner()
        };
        let project = TestProject::chain(&[("r1", &format!("{statement};"))]);
        let error = project
            .upgrade_with(&mut as_role(&database, &role), &relaxed)
            .map(|_| statement)
            .unwrap_err();
        assert!(
            shown(&error).contains("SQLSTATE 42501"),
            "{statement}: {}",
            shown(&error)
        );
        assert_eq!(
            value(&mut superuser, "SELECT count(*) FROM events WHERE key IS NULL"),
            "8",
            "{statement}"
        );
    }
}

#[test]
fn a_superuser_and_a_bypassing_role_see_everything() {
    for attributes in ["SUPERUSER LOGIN", "BYPASSRLS LOGIN"] {
        let database = database("rls_bypass");
        let owner = database.role("rls_bypassed", "NOLOGIN");
        let role = database.role("rls_bypass", attributes);
        events(&database, &owner);
        let mut superuser = database.session();
        superuser
            .run(&format!(
                "GRANT ALL ON DATABASE {} TO {role}; GRANT ALL ON SCHEMA public TO {role};
                 GRANT ALL ON events TO {role}; ALTER TABLE events DISABLE TRIGGER guard",
                database.name
            ))
            .unwrap();
        let mut session = as_role(&database, &role);
        let project = guarded(
            "table=events rls=bypass expect=matching",
            "UPDATE events SET key = 'x' WHERE id > 3",
        );
        let done = project
            .upgrade(&mut session)
            .map_err(|error| shown(&error))
            .unwrap();
        assert_eq!(done.applied[0].1.sections[0].touched, 5, "{attributes}");
        assert_eq!(flags(&mut superuser, "events"), "true true guardD");
    }
}

#[test]
fn bypassing_is_not_owning() {
    let database = database("rls_foreign");
    let owner = database.role("rls_foreign_owner", "NOLOGIN");
    let role = database.role("rls_foreign", "BYPASSRLS LOGIN");
    events(&database, &owner);
    database
        .session()
        .run(&format!("GRANT ALL ON DATABASE {} TO {role}; GRANT ALL ON SCHEMA public TO {role}; GRANT ALL ON events TO {role}", database.name))
        .unwrap();
    let project = guarded("table=events triggers=guard", "UPDATE events SET key = 'x'");
    let error = project.upgrade(&mut as_role(&database, &role)).unwrap_err();
    let text = shown(&error);
    assert_eq!(error.outcome(), Outcome::Unfit, "{text}");
    assert!(
        text.contains("toggle-needs-owner") && text.contains("rls=bypass") && text.contains(&owner),
        "{text}"
    );
}

#[test]
fn states_of_partition_trees_come_back_one_by_one() {
    let database = database("rls_tree");
    let mut session = database.session();
    session
        .run(
            "CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
             CREATE TABLE p (id int, key text) PARTITION BY RANGE (id);
             CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
             CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id);
             CREATE TABLE p2a PARTITION OF p2 FOR VALUES FROM (10) TO (15);
             CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20) TO (30);
             CREATE TRIGGER guard BEFORE UPDATE ON p FOR EACH ROW EXECUTE FUNCTION noop();
             CREATE TRIGGER other BEFORE UPDATE ON p FOR EACH ROW EXECUTE FUNCTION noop();
             ALTER TABLE p1 DISABLE TRIGGER guard;
             ALTER TABLE p2a ENABLE ALWAYS TRIGGER guard;
             ALTER TABLE p3 ENABLE REPLICA TRIGGER guard;
             ALTER TABLE p1 DISABLE TRIGGER other;
             ALTER TABLE p ENABLE ROW LEVEL SECURITY;
             ALTER TABLE p2a ENABLE ROW LEVEL SECURITY;
             ALTER TABLE p2a FORCE ROW LEVEL SECURITY;
             INSERT INTO p VALUES (1), (11), (21);
             CREATE TABLE top (id int); CREATE TABLE low () INHERITS (top);
             ALTER TABLE low ENABLE ROW LEVEL SECURITY; INSERT INTO low VALUES (1);",
        )
        .unwrap();
    let tables = ["p", "p1", "p2", "p2a", "p3", "top", "low"];
    let before: Vec<String> = tables.iter().map(|table| flags(&mut session, table)).collect();
    assert_eq!(before[1], "false false guardD otherD");
    let project = TestProject::chain(&[
        (
            "r1",
            "--: backfill table=p triggers=guard expect=all\nUPDATE p SET key = 'x';\n--: end\n",
        ),
        (
            "r2",
            "--: backfill table=top expect=1\nUPDATE top SET id = id + 1;\n--: end\n",
        ),
    ]);
    project
        .upgrade(&mut session)
        .map_err(|error| shown(&error))
        .unwrap();
    let after: Vec<String> = tables.iter().map(|table| flags(&mut session, table)).collect();
    assert_eq!(before, after);
    assert_eq!(value(&mut session, "SELECT count(*) FROM p WHERE key = 'x'"), "3");
}

#[test]
fn deferred_constraints_are_checked_before_the_restore() {
    let database = database("rls_deferred");
    let mut session = database.session();
    session
        .run(
            "CREATE TABLE parent (id int PRIMARY KEY);
             CREATE TABLE child (id int, parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
             ALTER TABLE child ENABLE ROW LEVEL SECURITY;
             INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1);",
        )
        .unwrap();
    let good = TestProject::chain(&[(
        "r1",
        "--: backfill table=child\nUPDATE child SET parent = 2;\nINSERT INTO parent VALUES (2);\n--: end\n",
    )]);
    good.upgrade(&mut session).map_err(|error| shown(&error)).unwrap();
    assert_eq!(flags(&mut session, "child").split(' ').next(), Some("true"));
    let bad = TestProject::chain(&[
        (
            "r1",
            "--: backfill table=child\nUPDATE child SET parent = 2;\nINSERT INTO parent VALUES (2);\n--: end\n",
        ),
        (
            "r2",
            "--: backfill table=child\nUPDATE child SET parent = 9;\n--: end\n",
        ),
    ]);
    let error = bad.upgrade(&mut session).unwrap_err();
    let text = shown(&error);
    assert!(
        text.contains("could not check the deferred constraints of the backfill"),
        "{text}"
    );
    assert!(
        text.contains("SQLSTATE 23503") && text.contains("r2_step.sql:5:1"),
        "{text}"
    );
    assert_eq!(value(&mut session, "SELECT parent FROM child"), "2");
}

#[test]
fn reads_are_found_through_views_and_opened_too() {
    let database = database("rls_reads");
    let role = database.role("rls_reads", "LOGIN");
    events(&database, &role);
    let mut superuser = database.session();
    superuser
        .run(&format!(
            "CREATE TABLE summary (id int, key text); ALTER TABLE summary OWNER TO {role};
             CREATE VIEW shown AS SELECT id, key FROM events; ALTER VIEW shown OWNER TO {role};"
        ))
        .unwrap();
    let project = guarded(
        "table=summary expect=8",
        "INSERT INTO summary SELECT id, key FROM shown",
    );
    run(&project, &mut as_role(&database, &role))
        .map_err(|error| shown(&error))
        .unwrap();
    assert_eq!(flags(&mut superuser, "events"), "true true guardO");
}

#[test]
fn expectations_hold_or_roll_back() {
    let cases: [(&str, &str, Option<&str>); 13] = [
        ("expect=all", "UPDATE t SET a = 1", None),
        (
            "expect=all",
            "UPDATE t SET a = 1 WHERE id < 3",
            Some("touched 2 rows, expected all 5"),
        ),
        ("expect=matching", "UPDATE t SET a = 1 WHERE id < 3", None),
        (
            "expect=matching",
            "DELETE FROM t AS x WHERE x.id = 1 RETURNING id",
            None,
        ),
        (
            "expect=matching",
            "UPDATE t SET a = 1 WHERE random() < 2",
            Some("function random() of the condition is volatile"),
        ),
        (
            "expect=matching",
            "UPDATE skipping SET a = 1 WHERE id < 3",
            Some("touched 0 rows, expected 2 that match its condition"),
        ),
        (
            "expect=>0",
            "UPDATE t SET a = 1 WHERE id = 99",
            Some("touched 0 rows, expected at least one"),
        ),
        ("expect=>0", "UPDATE empty SET a = 1", None),
        ("expect=2", "UPDATE t SET a = 1 WHERE id < 3", None),
        (
            "expect=3",
            "UPDATE t SET a = 1 WHERE id < 3",
            Some("touched 2 rows, expected exactly 3"),
        ),
        ("expect=0", "UPDATE t SET a = 1 WHERE id = 99", None),
        ("expect=any", "UPDATE t SET a = 1 WHERE id = 99", None),
        ("rls=bypass expect=all", "UPDATE t SET a = 1", None),
    ];
    for (directive, sql, expected) in cases {
        let database = database("rls_expect");
        let mut session = database.session();
        session
            .run(
                "CREATE TABLE t (id int, a int); INSERT INTO t SELECT generate_series(1, 5);
                 CREATE TABLE empty (a int);
                 CREATE TABLE skipping (id int, a int); INSERT INTO skipping SELECT generate_series(1, 5);
                 CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
                 CREATE TRIGGER skip BEFORE UPDATE ON skipping FOR EACH ROW EXECUTE FUNCTION skip();",
            )
            .unwrap();
        let table = sql
            .split_whitespace()
            .nth(if sql.starts_with("DELETE") { 2 } else { 1 })
            .unwrap();
        let project = guarded(&format!("table={table} {directive}"), sql);
        match (project.upgrade(&mut session), expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) => {
                assert_eq!(error.outcome(), Outcome::Unverified, "{}", shown(&error));
                assert!(
                    shown(&error).contains(expected),
                    "{directive} {sql}: {}",
                    shown(&error)
                );
                assert_eq!(value(&mut session, "SELECT count(*) FROM t WHERE a IS NULL"), "5");
            }
            (result, _) => panic!("{directive} {sql}: {:?}", result.map_err(|error| shown(&error))),
        }
    }
}

#[test]
fn nothing_touched_is_a_warning_in_output_and_ledger() {
    let database = database("rls_nothing");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (id int); INSERT INTO t VALUES (1)")
        .unwrap();
    let project = guarded("table=t", "UPDATE t SET id = 2 WHERE id = 99");
    let done = project.upgrade(&mut session).unwrap();
    assert_eq!(done.findings[0].rule, "backfill-touched-nothing");
    let recorded = value(&mut session, "SELECT sections FROM zerodrift.revision");
    assert!(recorded.contains("0 rows touched in table"), "{recorded}");
}

#[test]
fn a_failing_section_leaves_everything_as_it_was() {
    let database = database("rls_error");
    let mut session = database.session();
    session
        .run("CREATE TABLE t (id int); INSERT INTO t VALUES (0); ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY")
        .unwrap();
    let project = guarded("table=t", "UPDATE t SET id = 1 / id");
    let error = project.upgrade(&mut session).unwrap_err();
    assert!(shown(&error).contains("division by zero"), "{}", shown(&error));
    assert_eq!(flags(&mut session, "t"), "true true ");
}

#[test]
fn wrong_directives_are_refused_before_anything_runs() {
    let cases = [
        (
            "--: backfill table=nothing\nSELECT 1;\n--: end",
            "table \"nothing\" of the backfill does not exist",
        ),
        (
            "--: backfill table=t triggers=nothing\nSELECT 1;\n--: end",
            "trigger \"nothing\" of table \"t\" does not exist",
        ),
        (
            "--: backfill table=t reads=nothing\nSELECT 1;\n--: end",
            "table \"nothing\" of the backfill does not exist",
        ),
        (
            "--: backfill table=t expect=all\nSELECT 1;\n--: end",
            "the section has 0",
        ),
        (
            "--: backfill table=t\nALTER TABLE t DISABLE ROW LEVEL SECURITY;\n--: end",
            "switches row security or a trigger itself",
        ),
        (
            "--: backfill table=t\nBEGIN; UPDATE t SET id = 1; COMMIT;\n--: end",
            "transaction control inside a backfill",
        ),
        (
            "--: backfill tabel=t\nSELECT 1;\n--: end",
            "\"backfill\" has no key \"tabel\"",
        ),
    ];
    let database = database("rls_directive");
    let mut session = database.session();
    session.run("CREATE TABLE t (id int)").unwrap();
    for (sql, expected) in cases {
        let project = TestProject::chain(&[("r1", sql)]);
        let error = project.upgrade(&mut session).unwrap_err();
        assert!(shown(&error).contains(expected), "{sql}: {}", shown(&error));
        assert!(
            shown(&error).contains("r1_step.sql:5:") || shown(&error).contains("r1_step.sql:6:"),
            "{}",
            shown(&error)
        );
    }
}

#[test]
fn other_sessions_never_see_the_table_open() {
    let database = database("rls_reader");
    let role = database.role("rls_reader", "LOGIN");
    events(&database, &role);
    database
        .session()
        .run("ALTER TABLE events DISABLE TRIGGER guard")
        .unwrap();
    let project = guarded(
        "table=events expect=all",
        "UPDATE events SET key = 'x';\nSELECT pg_sleep(0.3)",
    );
    std::thread::scope(|scope| {
        let migrator = scope.spawn(|| {
            project
                .upgrade(&mut database.session())
                .map_err(|error| shown(&error))
                .unwrap()
        });
        let mut reader = as_role(&database, &role);
        while !migrator.is_finished() {
            assert_eq!(value(&mut reader, "SELECT count(*) FROM events"), "0");
            std::thread::sleep(Duration::from_millis(5));
        }
    });
}

#[test]
fn a_section_that_switches_another_trigger_is_rolled_back() {
    let database = database("rls_other_trigger");
    let mut session = database.session();
    session
        .run(
            "CREATE TABLE t (id int); INSERT INTO t VALUES (1);
             CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
             CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
             CREATE TRIGGER b BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();",
        )
        .unwrap();
    let project = TestProject::chain(&[(
        "x1",
        "--: backfill table=t triggers=a\nUPDATE t SET id = 2;\nDO $$ BEGIN ALTER TABLE t DISABLE TRIGGER b; END $$;\n--: end",
    )]);
    let error = project.upgrade(&mut session).unwrap_err();
    assert!(shown(&error).contains("guard-not-restored"), "{}", shown(&error));
    assert_eq!(flags(&mut session, "t"), "false false aO bO");
}

#[test]
fn a_verify_file_with_a_backfill_is_refused() {
    let database = database("rls_verify_section");
    let mut session = database.session();
    session.run("CREATE TABLE t (id int)").unwrap();
    let project = TestProject::chain(&[("x1", "SELECT 1;")]);
    project.file(
        "x1_step.verify.sql",
        "--: backfill table=t rls=bypass\nSELECT false;\n--: end\n",
    );
    let error = project.upgrade(&mut session).unwrap_err();
    assert!(
        shown(&error).contains("verify file has a backfill"),
        "{}",
        shown(&error)
    );
}

#[test]
fn a_role_that_may_not_see_the_ledger_is_told_what_it_lacks() {
    let database = database("rls_ledger_hidden");
    let project = TestProject::chain(&[("x1", "SELECT 1;")]);
    project.upgrade(&mut database.session()).unwrap();
    let role = database.role("rls_plain", "LOGIN");
    let mut session = Session::open(&database.target.clone().with_user(&role), "zerodrift test").unwrap();
    let error = project.upgrade(&mut session).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unfit);
    assert!(
        shown(&error).contains("is neither superuser nor BYPASSRLS"),
        "{}",
        shown(&error)
    );
}
