//! Tests across all forms.

use super::read;
use crate::sql::act::routine::BodyKind;
use crate::sql::act::{Act, Action, Body, Uses};

/// The one act of a text.
#[track_caller]
fn one(sql: &str) -> Act {
    let mut acts = read(sql);
    assert_eq!(acts.len(), 1, "{sql}: {acts:?}");
    acts.remove(0)
}

/// The names of a statement's uses: reads, by text, calls, types.
fn uses(uses: &Uses) -> String {
    let names = |list: &[(crate::sql::WrittenName, crate::sql::act::Span)]| {
        let names: Vec<String> = list.iter().map(|(name, _)| name.to_string()).collect();
        names.join(" ")
    };
    let calls: Vec<String> = uses
        .calls
        .iter()
        .map(|(name, count, _)| format!("{name}/{count}"))
        .collect();
    format!(
        "{} | {} | {} | {}",
        names(&uses.reads),
        names(&uses.by_text),
        calls.join(" "),
        names(&uses.types)
    )
}

#[test]
fn names_are_noted_where_they_stand() {
    for (sql, expected) in [
        ("SELECT * FROM a, s.\"B\" b, a c", "a s.B |  |  | "),
        (
            "WITH w AS (SELECT * FROM a), v AS (SELECT * FROM w) SELECT * FROM v, w, s.w",
            "a s.w |  |  | ",
        ),
        (
            "WITH RECURSIVE w AS (SELECT 1 UNION SELECT * FROM w) SELECT * FROM w",
            " |  |  | ",
        ),
        ("WITH w AS (SELECT * FROM w) SELECT 1 FROM x", "w x |  |  | "),
        (
            "SELECT (WITH w AS (SELECT 1) SELECT * FROM w) FROM w",
            "w |  |  | ",
        ),
        (
            "WITH w AS (SELECT 1) SELECT * FROM w UNION SELECT * FROM w, b",
            "b |  |  | ",
        ),
        (
            "INSERT INTO t SELECT f(a, 1) FROM u WHERE EXISTS (TABLE v)",
            "u v |  | f/2 | ",
        ),
        (
            "UPDATE t SET a = (SELECT max(x) FROM u) FROM v WHERE t.a = s.g()",
            "u v |  | max/1 s.g/0 | ",
        ),
        (
            "DELETE FROM t USING u WHERE a IN (SELECT 1 FROM v) RETURNING h(b)",
            "u v |  | h/1 | ",
        ),
        (
            "SELECT 'a.b'::regclass, nextval('q'), setval('s.r', 1), 'x'::text",
            " | a.b q s.r | nextval/1 setval/2 | regclass text",
        ),
        (
            "SELECT coalesce(a, now()), current_date, CAST(b AS s.ty), c::int[]",
            " |  | now/0 | s.ty",
        ),
        (
            "CREATE TABLE t (a s.ty DEFAULT f(), b uuid, c serial, d varchar(5), CHECK (g(a)))",
            " |  | f/0 g/1 | s.ty uuid",
        ),
        (
            "CREATE VIEW v AS SELECT * FROM a JOIN b USING (x) LEFT JOIN LATERAL f(b.x) y ON true",
            "a b |  | f/1 | ",
        ),
        ("CREATE INDEX ON t (lower(a)) WHERE g(b)", " |  | lower/1 g/1 | "),
        (
            "CREATE POLICY p ON t USING (a IN (SELECT b FROM u WHERE c = current_setting('x')))",
            "u |  | current_setting/1 | ",
        ),
        (
            "CREATE FUNCTION f() RETURNS s.ty LANGUAGE sql AS 'SELECT * FROM a WHERE b = g()'",
            "a |  | g/0 | s.ty",
        ),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1 FROM a; DELETE FROM b USING c; END",
            "a c |  |  | ",
        ),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN (SELECT max(x) FROM a)",
            "a |  | max/1 | ",
        ),
        (
            "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM 1 FROM a; END'",
            " |  |  | void",
        ),
        (
            "CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO log SELECT f() FROM a",
            "a log |  | f/0 | ",
        ),
        ("CREATE STATISTICS s ON a, (lower(b)) FROM t", "t |  | lower/1 | "),
        ("EXPLAIN ANALYZE SELECT * FROM a WHERE f(1)", "a |  | f/1 | "),
        ("PREPARE p (s.ty) AS SELECT * FROM a", "a |  |  | s.ty"),
        ("DECLARE c CURSOR FOR SELECT * FROM a", "a |  |  | "),
        ("COPY (SELECT * FROM a) TO STDOUT", "a |  |  | "),
        ("COPY a TO STDOUT", "a |  |  | "),
        ("COPY a FROM STDIN", " |  |  | "),
        (
            "ALTER TABLE t ADD a int DEFAULT f(), ALTER b TYPE s.ty USING g(b)",
            " |  | f/0 g/1 | s.ty",
        ),
        ("CALL p(f(1), (SELECT 2 FROM a))", "a |  | f/1 | "),
        (
            "MERGE INTO t USING u ON true WHEN MATCHED THEN UPDATE SET a = f() WHEN NOT MATCHED THEN INSERT VALUES (g(1))",
            "u |  | f/0 g/1 | ",
        ),
    ] {
        assert_eq!(uses(&one(sql).uses), expected, "{sql}");
    }
}

#[track_caller]
fn body(sql: &str) -> Body {
    match one(sql).action {
        Action::Do(body) => *body,
        Action::CreateRoutine(routine) => routine.body.expect("a body"),
        other => panic!("{sql}: {other:?}"),
    }
}

/// The statements of a body: what, its text, and the letters of conditional, in a loop, caught.
fn outline(sql: &str) -> String {
    let body = body(sql);
    assert_eq!(body.broken, None, "{sql}");
    let at = |span: &crate::sql::act::Span| &sql[span.start as usize..span.end as usize];
    let lines = body.statements.iter().map(|statement| {
        let what = match &statement.kind {
            BodyKind::Sql(act) => format!("sql {}", at(&act.span)),
            BodyKind::Dynamic(act) => format!("dynamic {}", at(&act.span)),
            BodyKind::Opaque { prefix, .. } => format!("opaque {prefix}"),
            BodyKind::Raise { exception, .. } => format!("raise {exception}"),
            BodyKind::Return { span, .. } => at(span).trim_end_matches(';').to_owned(),
            BodyKind::Expression(expr) => format!("expr {}", at(&expr.span)),
            BodyKind::Transaction(span) => at(span).to_owned(),
        };
        let mut marks = String::new();
        marks.extend(statement.conditional.then_some('?'));
        marks.extend(statement.in_loop.then_some('*'));
        marks.extend(statement.caught.then_some('!'));
        let conditions: Vec<&str> = statement
            .conditions
            .iter()
            .map(|condition| at(&condition.span))
            .collect();
        format!("{what} {marks}[{}]", conditions.join("; "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn bodies_are_flattened() {
    let sql = "DO $$ DECLARE x int := f(1); r record; BEGIN
        SELECT a INTO STRICT x FROM t WHERE b = 1;
        IF x > 1 THEN UPDATE t SET a = 2; ELSIF x = 1 THEN DELETE FROM t; ELSE TRUNCATE t; END IF;
        FOR r IN SELECT * FROM u LOOP INSERT INTO v VALUES (r.a) RETURNING b INTO x; END LOOP;
        WHILE x < 5 LOOP x := x + 1; END LOOP;
        BEGIN PERFORM g(x); EXCEPTION WHEN others THEN RAISE NOTICE 'no'; END;
        RAISE EXCEPTION 'stop %', x;
        EXECUTE 'DROP TABLE ' || 'old';
        EXECUTE format('ALTER TABLE %I.%I ADD COLUMN %s int', 's', 'T t', 'c');
        EXECUTE format('CREATE TABLE %I (a int)', x);
        EXECUTE 'DROP VIEW ' || x || ' CASCADE';
        COMMIT;
        RETURN;
    END $$";
    let expected = "\
expr f(1) []
sql SELECT a INTO STRICT x FROM t WHERE b = 1 []
sql UPDATE t SET a = 2 ?[x > 1]
sql DELETE FROM t ?[x > 1; x = 1]
sql TRUNCATE t ?[x > 1; x = 1]
sql SELECT * FROM u []
sql INSERT INTO v VALUES (r.a) RETURNING b ?*[]
expr x + 1 ?*[x < 5]
expr g(x) ![]
raise false ?![]
raise true []
dynamic DROP TABLE ' || 'old []
dynamic ALTER TABLE %I.%I ADD COLUMN %s int []
opaque CREATE TABLE  []
opaque DROP VIEW  []
COMMIT; []
RETURN []";
    assert_eq!(outline(sql), expected);
}

#[test]
fn bodies_in_any_quotes_point_into_the_file() {
    for (sql, expected) in [
        (
            "DO 'BEGIN UPDATE t SET a = ''x''; DELETE FROM u; END'",
            "sql UPDATE t SET a = ''x'' []\nsql DELETE FROM u []",
        ),
        (
            "DO E'BEGIN\\n UPDATE t SET a = \\'x\\';\\n DELETE FROM u; END'",
            "sql UPDATE t SET a = \\'x\\' []\nsql DELETE FROM u []",
        ),
        (
            "DO $a$ BEGIN EXECUTE $b$ DROP TABLE é; SELECT 1 $b$; END $a$",
            "dynamic DROP TABLE é []\ndynamic SELECT 1 []",
        ),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT ''é'' FROM t'",
            "sql SELECT 1 []\nsql SELECT ''é'' FROM t []",
        ),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; INSERT INTO t VALUES (1); END",
            "sql SELECT 1 []\nsql INSERT INTO t VALUES (1) []",
        ),
    ] {
        assert_eq!(outline(sql), expected, "{sql}");
    }
}

#[test]
fn broken_bodies_say_where() {
    let sql = "DO $$ BEGIN UPDATE t SET; DELETE FROM u; END $$";
    let body = body(sql);
    let (_, at) = body.broken.expect("broken");
    assert_eq!(&sql[at.start as usize..at.end as usize], ";");
    assert!(body.statements.iter().any(
        |statement| matches!(&statement.kind, BodyKind::Sql(act) if matches!(act.action, Action::Dml(_)))
    ));
}

#[test]
fn files_of_psql_are_tolerated() {
    let sql = "\\restrict x\nSELECT 1;\nCOPY t (a) FROM stdin;\n1\t;'\n\\N\tCREATE\n\\.\n\nSELECT :a, :'b';\n\\connect d\nSELECT '\\x' \\gset\n\\echo 'a;b'\nSELECT 2";
    let shown: Vec<String> = read(sql)
        .into_iter()
        .map(|act| {
            let text = &sql[act.span.start as usize..act.span.end as usize];
            match act.action {
                Action::PsqlCommand(_) => format!("psql {text}"),
                Action::Broken { message, .. } => format!("broken {message}"),
                _ => text.to_owned(),
            }
        })
        .collect();
    let expected = [
        "psql \\restrict x",
        "SELECT 1",
        "COPY t (a) FROM stdin",
        "SELECT :a, :'b'",
        "psql \\connect d",
        "SELECT '\\x'",
        "psql \\gset",
        "psql \\echo 'a;b'",
        "SELECT 2",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn deep_and_endless_text_is_refused_or_read() {
    let nested = |depth: usize| format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(matches!(one(&nested(3_000)).action, Action::Select(_)));
    assert!(matches!(one(&nested(10_000)).action, Action::Broken { .. }));
    for sql in [
        format!("SELECT {}1", "- ".repeat(3_000)),
        format!("SELECT {}true", "NOT ".repeat(3_000)),
        format!("SELECT 1{}", " + 1".repeat(20_000)),
        format!("SELECT 'a'{}", " || 'a'".repeat(3_000)),
        format!("SELECT 'a'{}", " || 'a'".repeat(20_000)),
        format!("SELECT 1 FROM a{}", " CROSS JOIN a".repeat(3_000)),
        format!("SELECT 1 FROM a{}", " JOIN a ON true".repeat(20_000)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(20_000)),
        format!("SELECT 1 WHERE true{}", " AND a = 1".repeat(20_000)),
        format!("SELECT 1{}", "::int".repeat(20_000)),
        format!("SELECT a{}", "[1]".repeat(20_000)),
        format!("SELECT a{}", " IS NULL".repeat(20_000)),
        format!(
            "SELECT {} 1 {}",
            "CASE WHEN true THEN ".repeat(2_000),
            "END ".repeat(2_000)
        ),
        format!(
            "DO $$ BEGIN {} NULL; {} END $$",
            "IF a THEN ".repeat(2_000),
            "END IF; ".repeat(2_000)
        ),
        "SELECT \0 1".to_owned(),
        "SELECT 'open".to_owned(),
    ] {
        one(&sql);
    }
}

#[test]
fn broken_text_does_not_hide_the_rest() {
    let acts = read("SELECT 1; SELECT FROM WHERE; CREATE TABLE t (a int); SELECT 1 SELECT 2; SELECT 'x");
    let broken: Vec<bool> = acts
        .iter()
        .map(|act| matches!(act.action, Action::Broken { .. }))
        .collect();
    assert_eq!(broken, [false, true, false, true, true], "{acts:?}");
}

#[test]
fn an_open_quote_ends_with_its_line() {
    let sql = "INSERT INTO t VALUES ('it's');\nCREATE TABLE a (\n  b text DEFAULT 'x\n);\nDROP TABLE c;\nDO $$ BEGIN\nDROP TABLE d;\n";
    let shown: Vec<(bool, &str)> = read(sql)
        .iter()
        .map(|act| {
            let text = &sql[act.span.start as usize..act.span.end as usize];
            (matches!(act.action, Action::Broken { .. }), text)
        })
        .collect();
    assert_eq!(
        shown,
        [
            (
                true,
                "INSERT INTO t VALUES ('it's');\nCREATE TABLE a (\n  b text DEFAULT 'x\n)"
            ),
            (false, "DROP TABLE c"),
            (true, "DO $$ BEGIN\nDROP TABLE d;\n"),
        ]
    );
    let open = read("SELECT 'x;\nSELECT 1;\nCREATE TABLE t (a int);\nSELECT \"y;\nDROP TABLE t;\n");
    let broken: Vec<bool> = open
        .iter()
        .map(|act| matches!(act.action, Action::Broken { .. }))
        .collect();
    assert_eq!(broken, [true, false, true, false], "{open:?}");
}

#[test]
fn definitions_name_types_and_functions() {
    let named = |sql: &str| uses(&one(sql).uses);
    assert_eq!(
        named("CREATE OPERATOR a.+ (LEFTARG = a.t, RIGHTARG = int, PROCEDURE = a.plus, COMMUTATOR = +)"),
        uses(&one("SELECT a.plus(NULL::a.t)").uses).replace("plus/1", "plus/0")
    );
    let nothing = uses(&Uses::default());
    for sql in [
        "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, stopwords = english)",
        "CREATE COLLATION c (provider = icu, locale = 'de')",
    ] {
        assert_eq!(named(sql), nothing, "{sql}");
    }
}

#[test]
fn names_are_cut_off_as_the_server_does() {
    let long = "a".repeat(62) + "é" + "z";
    let Action::Drop(drop) = one(&format!("DROP INDEX \"{long}\"")).action else {
        panic!("no DROP");
    };
    assert_eq!(drop.objects[0].name.name, "a".repeat(62));
}

#[test]
fn settings_of_functions_and_roles_are_read_in_every_spelling() {
    for sql in [
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET TIME ZONE 'UTC' AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET TIME ZONE LOCAL AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET NAMES 'utf8' AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET ROLE postgres AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET SESSION AUTHORIZATION postgres AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET XML OPTION DOCUMENT AS 'SELECT 1'",
        "ALTER FUNCTION f() SET TIME ZONE 'UTC'",
        "ALTER FUNCTION f() RESET TIME ZONE",
        "ALTER ROLE ALL SET TIME ZONE 'UTC'",
        "ALTER DATABASE d SET TIME ZONE 'UTC'",
        "ALTER ROLE r RESET TIME ZONE",
        "ALTER ROLE r SET SCHEMA 'public'",
    ] {
        let act = one(sql);
        assert!(!matches!(act.action, Action::Broken { .. }), "{sql}: {act:?}");
    }
    let sql =
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET SCHEMA 'pg_catalog' AS 'SELECT 1'";
    let Action::CreateRoutine(routine) = one(sql).action else {
        panic!("no CREATE FUNCTION");
    };
    assert_eq!(&*routine.settings[0].0, "search_path");
}

#[test]
fn key_words_are_names_where_the_server_takes_them_for_names() {
    for sql in [
        "SELECT t.left, t.right FROM t",
        "CREATE TABLE t (a int, exclude integer DEFAULT 0 NOT NULL, EXCLUDE USING gist (a WITH =))",
        "ALTER TABLE t ADD exclude boolean DEFAULT false",
        "WITH update AS (UPDATE t SET a = 1 RETURNING a), insert AS MATERIALIZED (SELECT 1) SELECT 1 FROM update",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.left := OLD.right; RETURN NEW; END $$",
    ] {
        let act = one(sql);
        assert!(!matches!(act.action, Action::Broken { .. }), "{sql}: {act:?}");
        if let Action::CreateRoutine(routine) = &act.action {
            let body = routine.body.as_ref().expect("a body");
            assert_eq!(body.broken, None, "{sql}");
        }
    }
    let Action::CreateTable(table) = one("CREATE TABLE t (a int, exclude integer NOT NULL)").action else {
        panic!("no CREATE TABLE");
    };
    assert_eq!(&*table.columns[1].name, "exclude");
    for sql in [
        "SELECT left FROM",
        "CREATE TABLE t (exclude)",
        "SELECT t.left FROM left",
    ] {
        assert!(matches!(one(sql).action, Action::Broken { .. }), "{sql}");
    }
}
