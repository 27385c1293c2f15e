//! Who migrates × what the statement does: every row is reached, or the error is loud. Never a silent part.

use std::os::unix::fs::PermissionsExt;

use zerodrift::apply::{RolePolicy, Settings, Unguarded};
use zerodrift::model::Outcome;
use zerodrift::pg::{Cluster, Session};

use crate::support::chain::{TestProject, shown, value};
use crate::support::{TestDatabase, cluster_of, database_on, majors};

/// Who runs the statement, whether the tables FORCE row security, and what is expected where it works for everybody.
const ROLES: [(&str, bool, Expected); 5] = [
    ("superuser", true, Expected::Complete),
    ("bypass", true, Expected::Complete),
    ("owner", false, Expected::Complete),
    ("owner", true, Expected::Loud),
    ("plain", false, Expected::Loud),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// All rows.
    Complete,
    /// An error, and nothing changed.
    Loud,
}

/// A statement with the query that says, as superuser, what it reached, and what that is if it reached everything and
/// if it changed nothing.
struct Form {
    name: &'static str,
    sql: &'static str,
    reached: &'static str,
    all: &'static str,
    nothing: &'static str,
}

/// The rows hold an orphan and a value over the limit that only tenant 2 has: where the constraint is checked against
/// every row, that is an error.
const FORMS: [Form; 12] = [
    form(
        "update",
        "UPDATE item SET v = v + 100",
        "SELECT count(*) FROM item WHERE v > 100",
        "10",
        "0",
    ),
    form(
        "delete",
        "DELETE FROM item",
        "SELECT count(*) FROM item",
        "0",
        "10",
    ),
    form(
        "insert-select",
        "INSERT INTO sink SELECT * FROM item",
        "SELECT count(*) FROM sink",
        "10",
        "0",
    ),
    form(
        "create-table-as",
        "CREATE TABLE made AS SELECT * FROM item",
        "SELECT count(*) FROM made",
        "10",
        "0",
    ),
    form(
        "create-matview",
        "CREATE MATERIALIZED VIEW made AS SELECT * FROM item",
        "SELECT count(*) FROM made",
        "10",
        "0",
    ),
    form(
        "refresh-matview",
        "REFRESH MATERIALIZED VIEW view",
        "SELECT count(*) FROM view",
        "10",
        "1",
    ),
    form(
        "do-block",
        "DO $$ BEGIN UPDATE item SET v = v + 100 WHERE id <= 5; EXECUTE 'UPDATE item SET v = v + 100 WHERE id > 5'; END $$",
        "SELECT count(*) FROM item WHERE v > 100",
        "10",
        "0",
    ),
    form(
        "copy",
        "COPY (SELECT * FROM item) TO '$FILE'",
        "SELECT CASE WHEN pg_stat_file('$FILE', true) IS NULL THEN 0 ELSE
            (SELECT count(*) FROM regexp_matches(pg_read_file('$FILE'), E'\\n', 'g')) END",
        "10",
        "0",
    ),
    form(
        "copy-table",
        "COPY item TO '$FILE'",
        "SELECT CASE WHEN pg_stat_file('$FILE', true) IS NULL THEN 0 ELSE
            (SELECT count(*) FROM regexp_matches(pg_read_file('$FILE'), E'\\n', 'g')) END",
        "10",
        "0",
    ),
    // These three are complete where they are refused because of the row that only tenant 2 has.
    form(
        "foreign-key-add",
        "ALTER TABLE item ADD CONSTRAINT added FOREIGN KEY (parent) REFERENCES parent",
        "SELECT count(*) FROM pg_constraint WHERE conname = 'added'",
        "23503",
        "0",
    ),
    form(
        "foreign-key-validate",
        "ALTER TABLE item VALIDATE CONSTRAINT later",
        "SELECT count(*) FROM pg_constraint WHERE conname = 'later' AND convalidated",
        "23503",
        "0",
    ),
    form(
        "check-add",
        "ALTER TABLE item ADD CONSTRAINT added CHECK (v < 9)",
        "SELECT count(*) FROM pg_constraint WHERE conname = 'added'",
        "23514",
        "0",
    ),
];

const fn form(
    name: &'static str,
    sql: &'static str,
    reached: &'static str,
    all: &'static str,
    nothing: &'static str,
) -> Form {
    Form {
        name,
        sql,
        reached,
        all,
        nothing,
    }
}

/// Ten rows, of which the policy shows three; a parent that one of the others does not have.
const TABLES: &str = "
    CREATE TABLE parent (id int PRIMARY KEY);
    CREATE TABLE item (id int PRIMARY KEY, tenant int NOT NULL, v int, parent int);
    CREATE TABLE sink (LIKE item);
    INSERT INTO parent SELECT n FROM generate_series(1, 9) n;
    INSERT INTO item SELECT n, CASE WHEN n <= 3 THEN 1 ELSE 2 END, n, n FROM generate_series(1, 10) n;
    ALTER TABLE item ADD CONSTRAINT later FOREIGN KEY (parent) REFERENCES parent NOT VALID;
    CREATE MATERIALIZED VIEW view AS SELECT * FROM item WHERE id = 1;
    DROP MATERIALIZED VIEW view;
    CREATE TABLE chosen (many bool);
    INSERT INTO chosen VALUES (false);
    CREATE MATERIALIZED VIEW view AS SELECT * FROM item WHERE id = 1 OR (SELECT many FROM chosen);
    UPDATE chosen SET many = true;
    CREATE POLICY own ON item USING (tenant = 1);
    ALTER TABLE item ENABLE ROW LEVEL SECURITY;";

struct Case {
    database: TestDatabase,
    session: Session,
    file: String,
    _folder: tempfile::TempDir,
}

/// Makes a database of its own for a role.
fn case(cluster: &'static Cluster, who: &str, force: bool) -> Case {
    let database = database_on(cluster, "matrix");
    let owner = database.role("matrix_owner", "LOGIN");
    let role = match who {
        "superuser" => "postgres".to_owned(),
        "bypass" => database.role("matrix_bypass", &format!("LOGIN BYPASSRLS IN ROLE {owner}")),
        "plain" => {
            // Attributes are not inherited: to be a member of a role that bypasses row security does not count.
            let group = database.role("matrix_group", "BYPASSRLS");
            database.role("matrix_plain", &format!("LOGIN IN ROLE {group}"))
        }
        _ => owner.clone(),
    };
    let mut session = database.session();
    let force = if force {
        "ALTER TABLE item FORCE ROW LEVEL SECURITY;"
    } else {
        ""
    };
    session
        .run(&format!(
            "{TABLES} {force}
             ALTER TABLE item OWNER TO {owner}; ALTER TABLE parent OWNER TO {owner}; ALTER TABLE sink OWNER TO {owner};
             ALTER TABLE chosen OWNER TO {owner};
             ALTER MATERIALIZED VIEW view OWNER TO {view};
             GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};
             GRANT ALL ON SCHEMA public TO {role}; GRANT ALL ON DATABASE {name} TO {role};
             GRANT pg_write_server_files TO {role};",
            view = if who == "plain" { &owner } else { &role },
            name = database.name,
        ))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let file = folder.path().join("rows").display().to_string();
    let session = Session::open(&database.target.with_user(&role), "matrix").unwrap();
    Case {
        database,
        session,
        file,
        _folder: folder,
    }
}

/// Asks as superuser what a statement reached. What it would have made may not be there.
fn reached(case: &Case, form: &Form) -> String {
    let mut session = case.database.session();
    if form.reached.ends_with("FROM made") && value(&mut session, "SELECT to_regclass('made') IS NULL") == "t"
    {
        return form.nothing.to_owned();
    }
    value(&mut session, &form.reached.replace("$FILE", &case.file))
}

/// As lax as a user may be: any role, no guards.
fn lax() -> Settings {
    Settings {
        role_policy: RolePolicy::Owner,
        unguarded: Unguarded::Allow,
        ..Settings::default()
    }
}

#[test]
fn every_row_or_a_loud_error() {
    let mut outcomes = Vec::new();
    for major in majors() {
        let cluster = cluster_of(major);
        for (who, force, expected) in ROLES {
            for form in &FORMS {
                let mut case = case(cluster, who, force);
                let place = format!("{}: {who}, force {force}, {}", cluster.version(), form.name);
                let sql = form.sql.replace("$FILE", &case.file);
                let project = TestProject::chain(&[("m1", &format!("{sql};"))]);
                let result = project.upgrade_with(&mut case.session, &lax());
                let reached = reached(&case, form);
                let complete = match &result {
                    Ok(_) => {
                        assert_eq!(reached, form.all, "{place}: a part of the rows, and success");
                        true
                    }
                    Err(error) => {
                        let text = shown(error);
                        assert_eq!(error.outcome(), Outcome::RolledBack, "{place}: {text}");
                        let file_remains = form.name.starts_with("copy");
                        assert!(reached == form.nothing || file_remains, "{place}: {reached}");
                        text.contains(&format!("SQLSTATE {}.", form.all))
                    }
                };
                // A check reads the table itself: it sees every row, whoever adds it.
                let reads_itself = form.name == "check-add" && who == "owner";
                assert_eq!(
                    complete,
                    expected == Expected::Complete || reads_itself,
                    "{place}: {}",
                    result.map_or_else(|error| shown(&error), |_| "done".to_owned())
                );
                outcomes.push(complete);
            }
        }
    }
    let complete = outcomes.iter().filter(|complete| **complete).count();
    println!(
        "{} cases: {complete} complete, {} loud",
        outcomes.len(),
        outcomes.len() - complete
    );
}

/// By default such a role is refused before anything runs.
#[test]
fn roles_that_row_security_binds_are_refused_by_default() {
    for major in majors() {
        let cluster = cluster_of(major);
        for (who, force, _) in ROLES.iter().filter(|(who, ..)| matches!(*who, "owner" | "plain")) {
            let mut case = case(cluster, who, *force);
            let project = TestProject::chain(&[("m1", "UPDATE item SET v = v + 100;")]);
            let error = project.upgrade(&mut case.session).unwrap_err();
            assert_eq!(error.outcome(), Outcome::Unfit);
            assert!(
                shown(&error).contains("is neither superuser nor BYPASSRLS"),
                "{}",
                shown(&error)
            );
        }
    }
}

/// `row_security = off` does not reach into a function with its own `SET row_security`.
#[test]
fn functions_that_switch_row_security_are_found_before() {
    for major in majors() {
        let cluster = cluster_of(major);
        for (who, definer, refused) in [
            ("owner", "", true),
            ("superuser", "", false),
            ("superuser", "SECURITY DEFINER", true),
        ] {
            let mut case = case(cluster, who, true);
            let owner = value(
                &mut case.database.session(),
                "SELECT relowner::regrole FROM pg_class WHERE relname = 'item'",
            );
            case.database
                .session()
                .run(&format!(
                    "CREATE FUNCTION raise_all() RETURNS int LANGUAGE plpgsql SET row_security = on {definer} AS $$
                     DECLARE n int; BEGIN UPDATE item SET v = v + 100; GET DIAGNOSTICS n = ROW_COUNT; RETURN n; END $$;
                     ALTER FUNCTION raise_all() OWNER TO {owner};
                     CREATE FUNCTION raise_on_change() RETURNS trigger LANGUAGE plpgsql SET row_security = on {definer} AS $$
                     BEGIN UPDATE item SET v = v + 100; RETURN NULL; END $$;
                     ALTER FUNCTION raise_on_change() OWNER TO {owner};
                     CREATE TRIGGER raising AFTER INSERT ON sink FOR EACH STATEMENT EXECUTE FUNCTION raise_on_change();"
                ))
                .unwrap();
            if refused {
                // What would happen otherwise: three rows of ten, and no error.
                let silent = value(
                    &mut case.session,
                    "BEGIN; SET LOCAL row_security = off; SELECT raise_all(); ROLLBACK",
                );
                assert_eq!(silent, "3");
            }
            for sql in [
                "SELECT raise_all();",
                "DO $$ BEGIN PERFORM raise_all(); END $$;",
                "INSERT INTO sink VALUES (11, 1, 1, 1);",
            ] {
                let project = TestProject::chain(&[("m1", sql)]);
                let result = project.upgrade_with(
                    &mut case.session,
                    &Settings {
                        dry_run: !refused,
                        ..lax()
                    },
                );
                match result {
                    Ok(_) => assert!(!refused, "{who} {definer}: {sql}"),
                    Err(error) => {
                        let text = shown(&error);
                        assert!(refused, "{who} {definer}: {sql}: {text}");
                        assert_eq!(error.outcome(), Outcome::Unfit, "{text}");
                        assert!(
                            text.contains("which switches row security on")
                                && text.contains("function-switches-row-security migrations/m1_step.sql:"),
                            "{text}"
                        );
                    }
                }
            }
            let other = TestProject::chain(&[("m1", "SELECT 1;")]);
            assert!(other.upgrade_with(&mut case.session, &lax()).is_ok());
        }
    }
}

/// A role that is switched inside the file would be bound where ours is not.
#[test]
fn roles_switched_inside_a_file_are_found_before_or_rolled_back() {
    for major in majors() {
        let cluster = cluster_of(major);
        let mut case = case(cluster, "superuser", true);
        let owner = value(
            &mut case.database.session(),
            "SELECT relowner::regrole FROM pg_class WHERE relname = 'item'",
        );
        let before = [
            format!("SET ROLE {owner}; UPDATE item SET v = v + 100; RESET ROLE;"),
            format!("SET LOCAL ROLE {owner}; UPDATE item SET v = v + 100;"),
            format!("SET SESSION AUTHORIZATION {owner}; UPDATE item SET v = v + 100;"),
            format!("SELECT set_config('role', '{owner}', true); UPDATE item SET v = v + 100;"),
            format!("DO $$ BEGIN SET LOCAL ROLE {owner}; UPDATE item SET v = v + 100; END $$;"),
            "SET row_security = on; UPDATE item SET v = v + 100;".to_owned(),
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET row_security = on AS 'SELECT 1';".to_owned(),
        ];
        for sql in &before {
            let error = TestProject::chain(&[("m1", sql)])
                .upgrade(&mut case.session)
                .unwrap_err();
            assert_eq!(error.outcome(), Outcome::Findings, "{sql}: {}", shown(&error));
            assert!(shown(&error).contains("session-switched"), "{}", shown(&error));
        }
        // What is built when it runs is seen by the server, or by the check before the commit.
        let built = format!(
            "DO $$ BEGIN EXECUTE 'SET LOCAL ' || 'ROLE {owner}'; UPDATE item SET v = v + 100; END $$;"
        );
        let error = TestProject::chain(&[("m1", &built)])
            .upgrade(&mut case.session)
            .unwrap_err();
        assert!(
            matches!(error.outcome(), Outcome::RolledBack | Outcome::Findings),
            "{}",
            shown(&error)
        );
        assert_eq!(
            value(
                &mut case.database.session(),
                "SELECT count(*) FROM item WHERE v > 100"
            ),
            "0"
        );
    }
}
