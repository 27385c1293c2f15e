//! The model of the schema: what every server brings, and the same schema from a snapshot and from migrations.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use zerodrift::lint::schema::replay::{Place, replay};
use zerodrift::lint::schema::{Grants, Log, Origin, Relation, RelationKind, Schema, TableConstraintKind};
use zerodrift::sql::act;
use zerodrift::{load, snapshot};

use crate::support;

const MAJORS: [u32; 6] = [13, 14, 15, 16, 17, 18];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What the grammar calls like a function and pg_proc does not list.
const KEY_WORDS: &[(&str, char)] = &[
    ("coalesce", 'i'),
    ("current_catalog", 's'),
    ("current_date", 's'),
    ("current_role", 's'),
    ("current_time", 's'),
    ("current_timestamp", 's'),
    ("greatest", 'i'),
    ("grouping", 's'),
    ("json_array", 's'),
    ("json_arrayagg", 's'),
    ("json_exists", 's'),
    ("json_objectagg", 's'),
    ("json_query", 's'),
    ("json_scalar", 's'),
    ("json_serialize", 's'),
    ("json_table", 's'),
    ("json_value", 's'),
    ("least", 'i'),
    ("localtime", 's'),
    ("localtimestamp", 's'),
    ("merge_action", 's'),
    ("nullif", 'i'),
    ("system_user", 's'),
    ("treat", 's'),
    ("trim", 's'),
    ("user", 's'),
    ("xmlconcat", 's'),
    ("xmlelement", 's'),
    ("xmlforest", 's'),
    ("xmlparse", 's'),
    ("xmlpi", 's'),
    ("xmlroot", 's'),
    ("xmlserialize", 's'),
];

const FUNCTIONS: &str = "
    SELECT p.proname,
           CASE max(CASE p.provolatile WHEN 'v' THEN 2 WHEN 's' THEN 1 ELSE 0 END) WHEN 2 THEN 'v' WHEN 1 THEN 's' ELSE 'i' END
      FROM pg_catalog.pg_proc p
     WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
     GROUP BY p.proname ORDER BY p.proname";

/// Types that can be named: no arrays, and none that stand for the rows of a relation.
const TYPES: &str = "
    SELECT t.typname
      FROM pg_catalog.pg_type t
     WHERE t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND t.typtype <> 'c' AND t.typname !~ '^_'
     ORDER BY t.typname";

/// How volatile a letter is.
fn rank(letter: char) -> usize {
    "isv".find(letter).unwrap()
}

#[test]
fn builtin_names_are_those_of_servers() {
    let bless = std::env::var_os("ZERODRIFT_BLESS").is_some();
    let mut functions: BTreeMap<String, char> = KEY_WORDS
        .iter()
        .map(|(name, letter)| ((*name).to_owned(), *letter))
        .collect();
    let mut types = BTreeSet::new();
    let mut majors = BTreeSet::new();
    for major in support::majors() {
        let database = support::database_on(support::cluster_of(major), "builtin_names");
        let mut session = database.session();
        majors.insert(session.server().major());
        for row in session.text_rows(FUNCTIONS).unwrap() {
            let letter = row[1].as_ref().unwrap().chars().next().unwrap();
            let worst = functions.entry(row[0].clone().unwrap()).or_insert(letter);
            if rank(*worst) < rank(letter) {
                *worst = letter;
            }
        }
        for row in session.text_rows(TYPES).unwrap() {
            types.insert(row[0].clone().unwrap());
        }
    }
    let all = MAJORS.iter().all(|major| majors.contains(major));
    let folder = root().join("src/lint/schema");
    let (of_functions, of_types) = (
        folder.join("builtin_functions.txt"),
        folder.join("builtin_types.txt"),
    );
    if bless && all {
        let mut text = String::new();
        for (name, letter) in &functions {
            let _ = writeln!(text, "{name} {letter}");
        }
        std::fs::write(&of_functions, text).unwrap();
        std::fs::write(
            &of_types,
            types.iter().map(|name| format!("{name}\n")).collect::<String>(),
        )
        .unwrap();
    }
    let written = std::fs::read_to_string(&of_functions).unwrap();
    let written: BTreeMap<String, char> = written
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, letter)| (name.to_owned(), letter.chars().next().unwrap()))
        .collect();
    let wrong: Vec<String> = functions
        .iter()
        .filter(|(name, letter)| {
            written
                .get(*name)
                .is_none_or(|known| rank(*known) < rank(**letter))
        })
        .map(|(name, letter)| format!("{name} {letter}, written {:?}", written.get(name)))
        .collect();
    assert!(wrong.is_empty(), "builtin_functions.txt: {wrong:#?}");
    let written_types = std::fs::read_to_string(&of_types).unwrap();
    let written_types: BTreeSet<String> = written_types.lines().map(str::to_owned).collect();
    let missing: Vec<_> = types.difference(&written_types).collect();
    assert!(missing.is_empty(), "builtin_types.txt: {missing:?}");
    if all {
        assert!(
            written == functions,
            "builtin_functions.txt has more than servers"
        );
        assert!(written_types == types, "builtin_types.txt has more than servers");
    }
}

/// Replays every migration of a project.
fn replayed(root: &Path) -> Schema {
    let layout = load::Layout {
        root: root.to_path_buf(),
        migrations: "migrations".into(),
        branches: None,
    };
    let (graph, _) = load::load_graph(&layout).unwrap();
    let mut schema = Schema::empty();
    let mut log = Log::default();
    for (number, revision) in graph.revisions().enumerate() {
        let text = std::fs::read_to_string(root.join(&revision.path)).unwrap();
        for (statement, act) in act::read(&text).iter().enumerate() {
            let origin = Origin::Made {
                migration: number as u32,
                transaction: number as u32,
                statement: statement as u32,
            };
            let place = Place {
                origin,
                conditional: false,
                in_body: false,
            };
            replay(&mut schema, act, place, &mut log);
        }
    }
    schema
}

/// Writes down what both ways know of a schema, one fact a line.
fn facts(schema: &Schema) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    for relation in schema.relations() {
        facts.insert(format!("{} {}", relation.kind.as_str(), relation.key));
        of_relation(schema, relation, &mut facts);
    }
    for sequence in schema.sequences() {
        facts.insert(format!(
            "sequence {} of {:?}, owner {:?}, grants {}",
            sequence.key,
            sequence.owned_by,
            sequence.owner,
            granted(&sequence.grants)
        ));
    }
    for routine in schema.all_routines() {
        let statements = routine.body.as_ref().map(|body| body.statements.len());
        let arguments: Vec<String> = routine.arguments.iter().map(|written| written.normal()).collect();
        facts.insert(format!(
            "routine {}({}) {} {:?} definer {} trigger {} settings {:?} statements {statements:?}",
            routine.key,
            arguments.join(", "),
            routine.language,
            routine.volatility,
            routine.security_definer,
            routine.is_trigger,
            routine.settings
        ));
    }
    facts
}

fn granted(grants: &Grants) -> String {
    format!("{:?}", grants.granted)
}

fn of_relation(schema: &Schema, relation: &Relation, facts: &mut BTreeSet<String>) {
    let key = &relation.key;
    let is_view = matches!(relation.kind, RelationKind::View | RelationKind::MaterializedView);
    for (at, column) in relation.columns.iter().enumerate() {
        // Of a view only the names: a type is known where the query says it.
        let shape = match (is_view, &column.data_type) {
            (false, Some(data_type)) => format!(
                "{} {:?} not null {}",
                data_type.name, data_type.modifiers, column.not_null
            ),
            _ => String::new(),
        };
        facts.insert(format!(
            "column {at} {key}.{} {shape} generated {} identity {}",
            column.name,
            column.generated.is_some(),
            column.identity
        ));
    }
    for constraint in &relation.constraints {
        let kind = match &constraint.kind {
            TableConstraintKind::Check(_) => "CHECK".to_owned(),
            TableConstraintKind::PrimaryKey(columns) => format!("PRIMARY KEY {columns:?}"),
            TableConstraintKind::Unique(columns) => format!("UNIQUE {columns:?}"),
            TableConstraintKind::Exclude => "EXCLUDE".to_owned(),
            TableConstraintKind::ForeignKey {
                columns,
                table,
                referenced,
                on_delete,
                on_update,
            } => format!("FOREIGN KEY {columns:?} {table} {referenced:?} {on_delete:?} {on_update:?}"),
        };
        facts.insert(format!(
            "constraint {} on {key}: {kind} valid {} deferred {}",
            constraint.name, constraint.valid, constraint.initially_deferred
        ));
    }
    for index in schema.indexes_of(relation) {
        facts.insert(format!(
            "index {} on {key}: unique {} primary {} {} {:?} partial {}",
            index.key.name,
            index.unique,
            index.primary,
            index.method,
            index.plain_columns(),
            index.condition.is_some()
        ));
    }
    for trigger in &relation.triggers {
        let events: BTreeSet<_> = trigger.events.iter().collect();
        facts.insert(format!(
            "trigger {} on {key}: {} {events:?} row {} {} {:?}",
            trigger.name, trigger.timing, trigger.for_each_row, trigger.function, trigger.state
        ));
    }
    for policy in &relation.policies {
        facts.insert(format!(
            "policy {} on {key}: permissive {} {} {:?} using {} check {}",
            policy.name,
            policy.permissive,
            policy.command,
            policy.roles,
            policy.using.is_some(),
            policy.with_check.is_some()
        ));
    }
    facts.insert(format!(
        "flags of {key}: row security {} forced {} unlogged {} owner {:?} partition {:?} populated {}",
        relation.row_security,
        relation.forced,
        relation.unlogged,
        relation.owner,
        relation.partition,
        relation.populated
    ));
    facts.insert(format!("grants on {key}: {}", granted(&relation.grants)));
    facts.insert(format!(
        "reads of {key}: {:?}",
        relation.reads.iter().collect::<BTreeSet<_>>()
    ));
    facts.insert(format!("comment on {key}: {:?}", relation.comment));
}

#[test]
fn snapshot_and_migrations_make_the_same_schema() {
    let root = root();
    let read = snapshot::read(&root.join("schema")).unwrap_or_else(|error| panic!("{error}"));
    let from_snapshot = Schema::from_catalog(&read.catalog, &["postgres".to_owned()], true);
    let (snapshot, migrations) = (facts(&from_snapshot), facts(&replayed(&root)));
    assert!(snapshot.len() > 300, "{} facts", snapshot.len());
    let only_snapshot: Vec<_> = snapshot.difference(&migrations).collect();
    // Made in a DO block under a condition that does not hold; what may not run is taken for done.
    let only_migrations: Vec<_> = migrations
        .difference(&snapshot)
        .filter(|fact| !fact.starts_with("index idx_attribution_allocations_event_model_channel "))
        .collect();
    assert!(
        only_snapshot.is_empty() && only_migrations.is_empty(),
        "only in the snapshot: {only_snapshot:#?}\nonly in the migrations: {only_migrations:#?}"
    );
}

/// Everything that a snapshot can hold finds its place in the model.
#[test]
fn a_catalog_keeps_partitions_types_and_views_over_views() {
    let database = support::database("schema_model");
    let mut session = database.session();
    session
        .run(
            "CREATE TYPE mood AS ENUM ('it''s', 'ok');
             CREATE DOMAIN positive AS int DEFAULT 1 CHECK (VALUE > 0);
             CREATE TYPE pair AS (a int, b text);
             CREATE TABLE p (id int NOT NULL, k int, m mood DEFAULT 'ok')
                 PARTITION BY RANGE (id);
             CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);
             CREATE TABLE p_rest PARTITION OF p DEFAULT;
             ALTER TABLE p ADD CONSTRAINT p_check CHECK (k > 0) NOT VALID;
             CREATE TABLE base (\"Odd \"\"name\" int PRIMARY KEY, v positive, g int GENERATED ALWAYS AS (v * 2) STORED,
                 i int GENERATED ALWAYS AS IDENTITY);
             CREATE TABLE child (more int) INHERITS (base);
             CREATE VIEW a_second AS SELECT 1 AS one;
             CREATE VIEW z_first AS SELECT id FROM p;
             CREATE OR REPLACE VIEW a_second AS SELECT id AS one FROM z_first;
             CREATE FUNCTION f(int, text DEFAULT 'x') RETURNS int LANGUAGE sql STABLE SECURITY DEFINER
                 SET search_path = public, pg_temp AS 'SELECT $1';
             CREATE PROCEDURE w() LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.p; END';
             CREATE SEQUENCE s OWNED BY base.v;",
        )
        .unwrap();
    let read = zerodrift::introspect::read(&mut session, &zerodrift::catalog::Scope::default()).unwrap();
    let schema = Schema::from_catalog(&read.catalog, &[], true);
    let facts = facts(&schema);
    for expected in [
        "partitioned table public.p",
        "column 2 public.p1.m public.mood [] not null false generated false identity false",
        "constraint p_check on public.p: CHECK valid false deferred false",
        "column 0 public.base.Odd \"name int4 [] not null true generated false identity false",
        "column 1 public.base.v public.positive [] not null false generated false identity false",
        "column 2 public.base.g int4 [] not null false generated true identity false",
        "column 3 public.base.i int4 [] not null true generated false identity true",
        "view public.a_second",
        "reads of public.a_second: {Key { schema: \"public\", name: \"z_first\" }}",
        "routine public.f(int4, text) sql Stable definer true trigger false settings {\"search_path\": \"public, pg_temp\"} statements Some(1)",
        "routine public.w() plpgsql Volatile definer false trigger false settings {} statements Some(1)",
    ] {
        assert!(facts.contains(expected), "{expected}\nin {facts:#?}");
    }
    let relation = |name: &str| {
        let name = zerodrift::sql::WrittenName::parse(name).unwrap();
        schema.relation(&name).known().unwrap().clone()
    };
    assert_eq!(relation("p").children.len(), 2);
    assert_eq!(&*relation("p_rest").partition.as_ref().unwrap().bound, "DEFAULT");
    assert_eq!(relation("child").inherits.len(), 1);
    assert!(relation("base").may_have_rows);
}
