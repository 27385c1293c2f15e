//! Definitions are found with few questions, and are those that the server would give for each object by itself.
//!
//! [`drift::read`] reads a catalog in all three ways and compares them. So a database with many definitions that are
//! nearly the same is one proof for each pair of them: had two been taken for one, one of the texts would be wrong.

use zerodrift::pg::Session;

use crate::{drift, support};

/// The columns of the tables; orders, holes and names differ from table to table.
const COLUMNS: &[&str] = &[
    "a integer",
    "b integer",
    "c text",
    "d text COLLATE \"C\"",
    "e numeric(10,2)",
    "f timestamptz",
    "g boolean",
    "h integer[]",
    "i jsonb",
    "k bigint",
    "m mood",
    "v varchar(10)",
    "\"select\" integer",
    "\"a\"\"b\" integer",
    "\"💥 \" text",
];

/// Conditions over those columns that are nearly the same: operator, constant, type, collation, typmod, cast, order,
/// nesting, case, scale, function.
const CONDITIONS: &[&str] = &[
    "a > 1",
    "a > 2",
    "b > 1",
    "a >= 1",
    "a > b",
    "b > a",
    "a > 1::bigint",
    "k > 1",
    "NOT a > 1",
    "a > 1 AND b > 1",
    "a > 1 OR b > 1",
    "a > 1 AND (b > 1 AND k > 1)",
    "(a > 1 AND b > 1) AND k > 1",
    "(a > 1 OR b > 1) AND k > 1",
    "a > 1 OR (b > 1 AND k > 1)",
    "a IS NULL",
    "a IS NOT NULL",
    "a IS DISTINCT FROM b",
    "a IS NOT DISTINCT FROM b",
    "a = b",
    "NULLIF(a, b) = 1",
    "COALESCE(a, b) = 1",
    "COALESCE(b, a) = 1",
    "GREATEST(a, b) = 1",
    "LEAST(a, b) = 1",
    "c = 'x'",
    "c = 'X'",
    "c = 'x '",
    "d = 'x'",
    "c = 'x' COLLATE \"C\"",
    "c = 'x' COLLATE \"POSIX\"",
    "c LIKE 'x%'",
    "c ILIKE 'x%'",
    "c ~ 'x'",
    "c ~* 'x'",
    "lower(c) = 'x'",
    "upper(c) = 'x'",
    "v = 'x'",
    "v::text = 'x'",
    "v IN ('x', 'y')",
    "v IN ('y', 'x')",
    "c IN ('x', 'y')",
    "c NOT IN ('x', 'y')",
    "c = ALL (ARRAY['x', 'y'])",
    "e = 1.0",
    "e = 1.00",
    "e = 1",
    "e::numeric(8,1) = 1",
    "e::numeric(8,2) = 1",
    "round(e) = 1",
    "round(e, 1) = 1",
    "f > '2020-01-01 00:00:00+00'",
    "f > '2020-01-01 00:00:00+01'",
    "f > '-infinity'",
    "extract(year FROM f) = 2020",
    "extract(month FROM f) = 2020",
    "f AT TIME ZONE 'UTC' > '2020-01-01'",
    "f AT TIME ZONE 'CET' > '2020-01-01'",
    "f > CURRENT_TIMESTAMP",
    "f > CURRENT_TIMESTAMP(3)",
    "f > now()",
    "g",
    "NOT g",
    "g IS TRUE",
    "g IS NOT TRUE",
    "g IS UNKNOWN",
    "h[1] = 1",
    "h[2] = 1",
    "h[1:2] = '{1,2}'",
    "h = '{1,2}'",
    "h = '{2,1}'",
    "h = '[2:3]={1,2}'",
    "a = ANY (h)",
    "1 = ALL (h)",
    "h::bigint[] = '{1}'",
    "i ->> 'x' = '1'",
    "i -> 'x' = '1'",
    "i #>> '{x,y}' = '1'",
    "i @> '{\"a\": 1}'",
    "i <@ '{\"a\": 1}'",
    "m = 'sad'",
    "m = 'ok'",
    "m > 'sad'",
    "CASE WHEN a > 1 THEN g ELSE NOT g END",
    "CASE WHEN a > 1 THEN g END",
    "CASE a WHEN 1 THEN g WHEN 2 THEN NOT g END",
    "CASE a WHEN 2 THEN g WHEN 1 THEN NOT g END",
    "one.same(a) = 1",
    "two.same(a) = 1",
    "one.same(k) = 1",
    "a OPERATOR(one.===) b",
    "a OPERATOR(two.===) b",
    "current_setting('x.y', true) = c",
    "CURRENT_USER = c",
    "SESSION_USER = c",
    "\"select\" > 1",
    "\"a\"\"b\" > 1",
    "\"💥 \" = 'x'",
    "a BETWEEN 1 AND 2",
    "a BETWEEN SYMMETRIC 1 AND 2",
    "(a, b) = (1, 2)",
    "(a, b) > (1, 2)",
    "c || 'x' = 'y'",
    "c || c = 'y'",
    "c || d COLLATE \"C\" = 'y'",
    "tableoid = 1",
    "ctid = '(0,1)'",
    "'a:b' = c",
    "E'a{b}(c) d\\\\:location 5' = c",
];

/// Conditions that a policy can have beside those: rows of other tables, whole rows.
const POLICIES: &[&str] = &[
    "EXISTS (SELECT FROM other o WHERE o.a = {t}.a)",
    "EXISTS (SELECT FROM other o WHERE o.b = {t}.a)",
    "a IN (SELECT a FROM other)",
    "{t} IS NOT NULL",
    "{t}.* IS NULL",
    "row_to_json({t}) IS NOT NULL",
];

const DEFAULTS: &[(&str, &str)] = &[
    ("a", "1"),
    ("a", "2"),
    ("k", "1"),
    ("c", "'x'"),
    ("v", "'x'"),
    ("c", "'x'::varchar"),
    ("c", "CURRENT_USER"),
    ("f", "now()"),
    ("f", "clock_timestamp()"),
    ("e", "1.0"),
    ("e", "1.00"),
    ("i", "'{}'"),
    ("h", "'{}'"),
    ("h", "ARRAY[1, 2]"),
    ("h", "ARRAY[2, 1]"),
    ("m", "'sad'"),
    ("m", "'ok'"),
    ("a", "nextval('counter')"),
    ("a", "nextval('other_counter')"),
    ("k", "nextval('counter')"),
];

const INDEXES: &[&str] = &[
    "CREATE INDEX {n} ON {t} (a)",
    "CREATE UNIQUE INDEX {n} ON {t} (a)",
    "CREATE INDEX {n} ON {t} (b)",
    "CREATE INDEX {n} ON {t} (a, b)",
    "CREATE INDEX {n} ON {t} (b, a)",
    "CREATE INDEX {n} ON {t} (a DESC)",
    "CREATE INDEX {n} ON {t} (a NULLS FIRST)",
    "CREATE INDEX {n} ON {t} (a DESC NULLS LAST)",
    "CREATE INDEX {n} ON {t} (a) INCLUDE (b)",
    "CREATE INDEX {n} ON {t} (a) INCLUDE (k, b)",
    "CREATE INDEX {n} ON {t} (a) WITH (fillfactor = 70)",
    "CREATE INDEX {n} ON {t} (c)",
    "CREATE INDEX {n} ON {t} (c text_pattern_ops)",
    "CREATE INDEX {n} ON {t} (c COLLATE \"C\")",
    "CREATE INDEX {n} ON {t} (d)",
    "CREATE INDEX {n} ON {t} (d COLLATE \"default\")",
    "CREATE INDEX {n} ON {t} (v)",
    "CREATE INDEX {n} ON {t} (v varchar_pattern_ops)",
    "CREATE INDEX {n} ON {t} (m)",
    "CREATE INDEX {n} ON {t} (h)",
    "CREATE INDEX {n} ON {t} (\"select\", \"a\"\"b\", \"💥 \")",
    "CREATE INDEX {n} ON {t} USING hash (a)",
    "CREATE INDEX {n} ON {t} USING gin (h)",
    "CREATE INDEX {n} ON {t} USING gin (i)",
    "CREATE INDEX {n} ON {t} USING gin (i jsonb_path_ops)",
    "CREATE INDEX {n} ON {t} USING gin (i) WITH (fastupdate = off)",
    "CREATE INDEX {n} ON {t} USING brin (a)",
    "CREATE INDEX {n} ON {t} USING brin (a) WITH (pages_per_range = 32)",
    "CREATE INDEX {n} ON {t} USING gist (to_tsvector('english', c))",
    "CREATE INDEX {n} ON {t} USING gist (to_tsvector('english', c) tsvector_ops (siglen = 100))",
    "CREATE INDEX {n} ON {t} (lower(c))",
    "CREATE INDEX {n} ON {t} (lower(d))",
    "CREATE INDEX {n} ON {t} (lower(c) COLLATE \"C\")",
    "CREATE INDEX {n} ON {t} (lower(c) text_pattern_ops)",
    "CREATE INDEX {n} ON {t} (lower(c) DESC, a)",
    "CREATE INDEX {n} ON {t} (a, lower(c))",
    "CREATE INDEX {n} ON {t} (a, lower(c)) INCLUDE (b)",
    "CREATE INDEX {n} ON {t} ((a + b))",
    "CREATE INDEX {n} ON {t} ((b + a))",
    "CREATE INDEX {n} ON {t} (a) WHERE b > 1",
    "CREATE INDEX {n} ON {t} (a) WHERE b > 2",
    "CREATE INDEX {n} ON {t} (b) WHERE b > 1",
    "CREATE INDEX \"{n} \"\"Q\" ON {t} (a)",
];

const CONSTRAINTS: &[&str] = &[
    "UNIQUE (a)",
    "UNIQUE (b)",
    "UNIQUE (a, b)",
    "UNIQUE (b, a)",
    "UNIQUE (a) INCLUDE (b)",
    "UNIQUE (a) INCLUDE (b, k)",
    "UNIQUE (a) DEFERRABLE",
    "UNIQUE (a) DEFERRABLE INITIALLY DEFERRED",
    "UNIQUE (\"select\", \"a\"\"b\")",
    "EXCLUDE USING btree (a WITH =)",
    "EXCLUDE USING btree (a WITH =) WHERE (b > 1)",
    "FOREIGN KEY (a) REFERENCES other",
    "FOREIGN KEY (b) REFERENCES other",
    "FOREIGN KEY (a) REFERENCES other (b)",
    "FOREIGN KEY (a) REFERENCES \"Other 💥\" (\"x\"\"y\")",
    "FOREIGN KEY (a) REFERENCES other ON DELETE CASCADE",
    "FOREIGN KEY (a) REFERENCES other ON UPDATE CASCADE",
    "FOREIGN KEY (a) REFERENCES other ON DELETE SET NULL ON UPDATE RESTRICT",
    "FOREIGN KEY (a, b) REFERENCES other (a, b)",
    "FOREIGN KEY (b, a) REFERENCES other (a, b)",
    "FOREIGN KEY (a, b) REFERENCES other (a, b) MATCH FULL",
    "FOREIGN KEY (a) REFERENCES other DEFERRABLE",
    "FOREIGN KEY (a) REFERENCES other NOT VALID",
    "CHECK (a > 7) NO INHERIT",
    "CHECK (a > 7) NOT VALID",
    "CHECK (a > 7)",
];

/// What came later: from this major on.
const LATER: &[(u32, &str)] = &[
    (15, "ALTER TABLE {t} ADD UNIQUE NULLS NOT DISTINCT (a, k)"),
    (15, "CREATE UNIQUE INDEX ON {t} (k, a) NULLS NOT DISTINCT"),
    (
        15,
        "ALTER TABLE {t} ADD FOREIGN KEY (a, b) REFERENCES other (a, b) ON DELETE SET NULL (b)",
    ),
    (
        15,
        "ALTER TABLE {t} ADD FOREIGN KEY (a, b) REFERENCES other (a, b) ON DELETE SET NULL (a)",
    ),
    (
        15,
        "ALTER TABLE {t} ADD FOREIGN KEY (a, b) REFERENCES other (a, b) ON DELETE SET DEFAULT (a)",
    ),
    (18, "ALTER TABLE {t} ADD CHECK (a > 8) NOT ENFORCED"),
    (
        18,
        "ALTER TABLE {t} ADD FOREIGN KEY (a) REFERENCES other NOT ENFORCED",
    ),
    (
        18,
        "ALTER TABLE {t} ADD COLUMN w integer GENERATED ALWAYS AS (a + 1) VIRTUAL",
    ),
];

const TRIGGERS: &[&str] = &[
    "TRIGGER {n} BEFORE INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION fire()",
    "TRIGGER {n} AFTER INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION fire()",
    "TRIGGER {n} AFTER INSERT ON {t} EXECUTE FUNCTION fire()",
    "TRIGGER {n} AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON {t} EXECUTE FUNCTION fire()",
    "TRIGGER {n} BEFORE UPDATE OF a ON {t} FOR EACH ROW EXECUTE FUNCTION fire()",
    "TRIGGER {n} BEFORE UPDATE OF a, \"a\"\"b\" ON {t} FOR EACH ROW EXECUTE FUNCTION fire()",
    "TRIGGER {n} BEFORE UPDATE OF b OR DELETE ON {t} FOR EACH ROW EXECUTE FUNCTION fire()",
    "TRIGGER {n} BEFORE UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION fire('x')",
    "TRIGGER {n} BEFORE UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION fire('y', 'z')",
    "TRIGGER {n} BEFORE UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION one.fire()",
    "TRIGGER {n} BEFORE UPDATE ON {t} FOR EACH ROW WHEN (OLD.a > NEW.a) EXECUTE FUNCTION fire()",
    "TRIGGER {n} BEFORE UPDATE ON {t} FOR EACH ROW WHEN (NEW.a > OLD.a) EXECUTE FUNCTION fire()",
    "TRIGGER {n} BEFORE UPDATE ON {t} FOR EACH ROW WHEN (OLD.a > NEW.b) EXECUTE FUNCTION fire()",
    "TRIGGER {n} AFTER UPDATE ON {t} FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION fire()",
    "TRIGGER {n} AFTER INSERT ON {t} REFERENCING NEW TABLE AS came EXECUTE FUNCTION fire()",
    "TRIGGER {n} AFTER INSERT ON {t} REFERENCING NEW TABLE AS \"C \" EXECUTE FUNCTION fire()",
    "TRIGGER {n} AFTER UPDATE ON {t} REFERENCING NEW TABLE AS came OLD TABLE AS went EXECUTE FUNCTION fire()",
    "CONSTRAINT TRIGGER {n} AFTER INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION fire()",
    "CONSTRAINT TRIGGER {n} AFTER INSERT ON {t} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fire()",
    "CONSTRAINT TRIGGER {n} AFTER INSERT ON {t} FROM other FOR EACH ROW EXECUTE FUNCTION fire()",
];

const AROUND: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE SCHEMA one; CREATE SCHEMA two;
CREATE FUNCTION one.same(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION one.same(bigint) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION two.same(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE OPERATOR one.=== (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR two.=== (FUNCTION = int4ne, LEFTARG = integer, RIGHTARG = integer);
CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION one.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE SEQUENCE counter; CREATE SEQUENCE other_counter;
CREATE TABLE other (a integer PRIMARY KEY, b integer UNIQUE, UNIQUE (a, b), UNIQUE (b, a));
CREATE TABLE \"Other 💥\" (\"x\"\"y\" integer PRIMARY KEY);
";

/// The same columns five times: as they are, backwards, behind a hole, with two names exchanged, under hostile names.
fn tables() -> String {
    let forwards = COLUMNS.join(", ");
    let backwards = COLUMNS.iter().rev().copied().collect::<Vec<_>>().join(", ");
    format!(
        "CREATE TABLE t1 ({forwards});
         CREATE TABLE t2 ({backwards});
         CREATE TABLE t3 (gone integer, {forwards});
         ALTER TABLE t3 DROP COLUMN gone;
         CREATE TABLE t4 ({forwards});
         CREATE TABLE \"t \"\"5\nÜ\" ({backwards});\n"
    )
}

const TABLES: &[&str] = &["t1", "t2", "t3", "t4", "\"t \"\"5\nÜ\""];

fn statements(major: u32) -> String {
    let mut sql = format!("{AROUND}{}", tables());
    for table in TABLES {
        let mut add = |number: usize, sort: &str, text: &str| {
            let name = format!(
                "{sort}{number}_{}",
                table.len() + usize::from(table.as_bytes()[1])
            );
            sql += &text.replace("{t}", table).replace("{n}", &name);
            sql += ";\n";
        };
        for (number, condition) in CONDITIONS.iter().enumerate() {
            if !condition.contains("ctid") {
                add(
                    number,
                    "c",
                    &format!("ALTER TABLE {{t}} ADD CONSTRAINT {{n}} CHECK ({condition})"),
                );
            }
            add(
                number,
                "p",
                &format!("CREATE POLICY {{n}} ON {{t}} USING ({condition})"),
            );
            add(
                number,
                "q",
                &format!("CREATE POLICY {{n}} ON {{t}} FOR INSERT WITH CHECK ({condition})"),
            );
        }
        for (number, condition) in POLICIES.iter().enumerate() {
            add(
                number,
                "r",
                &format!("CREATE POLICY {{n}} ON {{t}} USING ({condition})"),
            );
        }
        for (number, (column, default)) in DEFAULTS.iter().enumerate() {
            let kind = COLUMNS
                .iter()
                .find(|text| text.starts_with(&format!("{column} ")))
                .unwrap();
            let kind = kind.split_once(' ').unwrap().1;
            add(
                number,
                "d",
                &format!("ALTER TABLE {{t}} ADD COLUMN {{n}} {kind} DEFAULT {default}"),
            );
        }
        for (number, expression) in ["a + b", "b + a", "a * 2", "length(c)", "length(d)"]
            .iter()
            .enumerate()
        {
            add(
                number,
                "g",
                &format!(
                    "ALTER TABLE {{t}} ADD COLUMN {{n}} integer GENERATED ALWAYS AS ({expression}) STORED"
                ),
            );
        }
        for (number, index) in INDEXES.iter().enumerate() {
            add(number, "i", index);
        }
        for (number, constraint) in CONSTRAINTS.iter().enumerate() {
            add(
                number,
                "k",
                &format!("ALTER TABLE {{t}} ADD CONSTRAINT {{n}} {constraint}"),
            );
        }
        for (number, trigger) in TRIGGERS.iter().enumerate() {
            add(number, "t", &format!("CREATE {trigger}"));
        }
        for (number, (_, later)) in LATER.iter().enumerate().filter(|(_, (since, _))| *since <= major) {
            add(number, "l", later);
        }
    }
    // Names that were given after the definitions, and in another order.
    sql + "ALTER TABLE t4 RENAME a TO a_; ALTER TABLE t4 RENAME b TO a; ALTER TABLE t4 RENAME a_ TO b;
           ALTER TABLE t4 RENAME c TO \"Upper case\";
           CREATE TABLE parts (a integer, b text, CONSTRAINT above CHECK (a > 1)) PARTITION BY RANGE (a);
           CREATE TABLE part (x integer, b text, a integer, CONSTRAINT above CHECK (a > 1));
           ALTER TABLE part DROP COLUMN x;
           CREATE INDEX parts_a ON parts (a); CREATE INDEX parts_lower ON parts (lower(b)) WHERE a > 1;
           ALTER TABLE parts ATTACH PARTITION part FOR VALUES FROM (0) TO (9);
           ALTER TABLE parts ADD PRIMARY KEY (a);
           CREATE TABLE refers (a integer REFERENCES parts);
           CREATE MATERIALIZED VIEW seen AS SELECT a, lower(b) AS b FROM parts;
           CREATE INDEX seen_a ON seen (a); CREATE INDEX seen_b ON seen (lower(b)); "
}

#[test]
fn nearly_equal_definitions_stay_apart() {
    for major in support::majors() {
        let cluster = support::cluster_of(major);
        let database = support::database_on(cluster, "definitions");
        let mut session = Session::open(&database.target, "zerodrift test").unwrap();
        let sql = statements(cluster.version().major());
        for statement in sql.split(";\n") {
            session
                .run(statement)
                .unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        let catalog = drift::read(&database.target);
        assert!(
            catalog.of_kind("index").count() > 200,
            "{}",
            catalog.of_kind("index").count()
        );
        assert!(catalog.of_kind("constraint").count() > 600);
    }
}

/// A catalog of which pg_attribute alone is larger than what is read in one message: two sessions read it.
#[test]
fn two_sessions_read_what_one_would() {
    let database = support::database("large_catalog");
    let mut session = database.session();
    let columns: Vec<String> = (0..1100)
        .map(|number| format!("column_{number} integer"))
        .collect();
    for number in 0..60 {
        let sql = format!(
            "CREATE TABLE wide_{number} ({}, made integer GENERATED ALWAYS AS (column_{number} + 1) STORED,
                 plain integer DEFAULT {number}, CHECK (column_{number} > 1));
             CREATE INDEX ON wide_{number} (column_{number}); CREATE INDEX ON wide_{number} ((column_1 + {number}));
             CREATE INDEX ON wide_{number} (column_2) WHERE column_{number} > {number};
             CREATE POLICY own ON wide_{number} USING (column_{number} > 1) WITH CHECK (column_2 > {number})",
            columns.join(", ")
        );
        session.run(&sql).unwrap();
    }
    let size = "SELECT pg_catalog.pg_relation_size('pg_catalog.pg_attribute') > 8 * 1024 * 1024";
    assert_eq!(session.text_rows(size).unwrap()[0][0].as_deref(), Some("t"));
    let both = drift::read(&database.target);
    assert_eq!(both.of_kind("column").count(), 66_120);
    assert_eq!(both.of_kind("index").count(), 180);
    assert_eq!(both.of_kind("policy").count(), 60);

    // A role that may have one session only reads alone.
    let role = database.role("one_session", "LOGIN CONNECTION LIMIT 1");
    let url = database.url().replace("user=postgres", &format!("user={role}"));
    let target = zerodrift::pg::Target::parse(&url).unwrap();
    let scope = zerodrift::catalog::Scope::default();
    let mut session = Session::open(&target, "zerodrift test").unwrap();
    let alone = zerodrift::introspect::read(&mut session, &scope).unwrap();
    let tables = |catalog: &zerodrift::catalog::Catalog| -> Vec<String> {
        let below = |id: &zerodrift::catalog::ObjectId| id.root().kind.name == "table";
        let entries = catalog.objects.iter().filter(|(id, _)| below(id));
        entries.map(|(id, object)| format!("{id} {object:?}")).collect()
    };
    assert!(tables(&both) == tables(&alone.catalog));
}
