//! A project with every kind of step: statements outside transactions, batches, guards, verify files.

use super::project::Project;

const TABLES: &str = "/*--- {revision: s1, parents: []} ---*/
CREATE TABLE \"odd \"\"events\" (
    id int PRIMARY KEY,
    tenant int NOT NULL,
    n int NOT NULL,
    note text,
    done boolean
);
INSERT INTO \"odd \"\"events\" SELECT i, i % 3, 0, 'note ' || i FROM generate_series(1, 120) AS i;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append-only'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON \"odd \"\"events\" FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER also BEFORE DELETE ON \"odd \"\"events\" FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE \"odd \"\"events\" DISABLE TRIGGER also;
ALTER TABLE \"odd \"\"events\" ENABLE ROW LEVEL SECURITY;
ALTER TABLE \"odd \"\"events\" FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON \"odd \"\"events\" USING (tenant = NULLIF(current_setting('app.tenant', true), '')::int);
CREATE TABLE plain (id int PRIMARY KEY, a int, b text, n int NOT NULL DEFAULT 0);
INSERT INTO plain SELECT i, i % 7, 'b' || i FROM generate_series(1, 200) AS i;
CREATE INDEX plain_old ON plain (b);
CREATE TABLE part (id int NOT NULL, v int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (100) TO (200);
INSERT INTO part SELECT i, 0 FROM generate_series(0, 199) AS i;
CREATE TABLE ticks (at int);
CREATE PROCEDURE tick() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ticks VALUES (1); COMMIT; END $$;
";

const INDEXES: &str = "/*--- {revision: s2, parents: [s1], transaction: false} ---*/
CREATE INDEX CONCURRENTLY plain_a ON plain (a);
CREATE INDEX CONCURRENTLY ON plain (a DESC, b);
CREATE UNIQUE INDEX CONCURRENTLY \"odd \"\"index\" ON plain (lower(b)) INCLUDE (a) WHERE a > 1;
DROP INDEX CONCURRENTLY plain_old;
REINDEX INDEX CONCURRENTLY plain_a;
REINDEX TABLE CONCURRENTLY plain;
VACUUM (ANALYZE) plain;
";

/// `$DETACH` stands for what detaches a partition on that major version.
const CLUSTER_WIDE: &str = "/*--- {revision: s3, parents: [s2], transaction: false} ---*/
$DETACH
ALTER SYSTEM SET log_autovacuum_min_duration = '77s';
CREATE DATABASE \"sweep one\" TEMPLATE sweep_empty;
CREATE DATABASE \"sweep two\" TEMPLATE sweep_empty;
DROP DATABASE \"sweep two\";
CALL tick();
";

const BACKFILLS: &str = "/*--- {revision: s4, parents: [s3], transaction: false} ---*/
UPDATE plain SET n = n + 1;
BEGIN;
UPDATE plain SET n = n + 10;
CREATE TABLE made (id int);
COMMIT;
--: backfill table=part expect=all
UPDATE part SET v = v + 1;
--: end
--: backfill table=plain expect=all
--: batched key=id size=40
UPDATE plain SET n = n + 100;
--: end
--: backfill table=plain
--: batched key=id size=70
UPDATE plain SET b = b || '!' WHERE b NOT LIKE '%!';
--: end
";

const BACKFILLS_VERIFIED: &str = "SELECT min(n) = 111 AND max(n) = 111 FROM plain;
SELECT count(*) = 200 FROM plain WHERE b LIKE '%!' AND b NOT LIKE '%!!';
";

const GUARDED: &str = "/*--- {revision: s5, parents: [s4]} ---*/
ALTER TABLE \"odd \"\"events\" ADD COLUMN extra int;
--: backfill table=\"odd \"\"events\" triggers=refuse,also expect=all
UPDATE \"odd \"\"events\" SET n = n + 1, extra = id;
--: end
--: backfill table=\"odd \"\"events\" triggers=refuse expect=matching
UPDATE \"odd \"\"events\" SET done = true WHERE tenant = 2;
--: end
ALTER TABLE \"odd \"\"events\" ALTER COLUMN extra SET NOT NULL;
";

const GUARDED_VERIFIED: &str = "SELECT count(*) = 120 FROM \"odd \"\"events\" WHERE n = 1 AND extra = id;
SELECT count(*) = 40 FROM \"odd \"\"events\" WHERE done;
SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = 'odd \"events';
";

const REST: &str = "/*--- {revision: s6, parents: [s5]} ---*/
DROP TABLE made;
CREATE MATERIALIZED VIEW totals AS SELECT a, sum(n) AS n FROM plain GROUP BY a;
COMMENT ON TABLE plain IS 'It''s done; /* all */';
";

/// The step whose effect no catalog tells.
pub const UNTOLD: &str = "s3:6";
/// Whether it took effect.
pub const TOOK_EFFECT: &str = "SELECT (count(*) > 0)::text FROM ticks";
/// What the project makes outside its database; `sweep_empty` has to be there.
pub const OUTSIDE: &[&str] = &[
    "DROP DATABASE IF EXISTS \"sweep one\"",
    "DROP DATABASE IF EXISTS \"sweep two\"",
    "ALTER SYSTEM RESET log_autovacuum_min_duration",
];

/// Writes the project for a server of `major`.
pub fn project(major: u32) -> Project {
    let detach = if major >= 14 {
        "ALTER TABLE part DETACH PARTITION part_1 CONCURRENTLY;"
    } else {
        "ALTER TABLE part DETACH PARTITION part_1;"
    };
    let file = |id: &str| format!("migrations/{id}.sql");
    let project = Project::with(&[
        ("zerodrift.yaml", "{}\n"),
        ("migrations/s4.verify.sql", BACKFILLS_VERIFIED),
        ("migrations/s5.verify.sql", GUARDED_VERIFIED),
    ]);
    let cluster_wide = CLUSTER_WIDE.replace("$DETACH", detach);
    let revisions = [
        ("s1", TABLES),
        ("s2", INDEXES),
        ("s3", &cluster_wide),
        ("s4", BACKFILLS),
        ("s5", GUARDED),
        ("s6", REST),
    ];
    for (id, text) in revisions {
        project.write(&file(id), text);
    }
    project
}
