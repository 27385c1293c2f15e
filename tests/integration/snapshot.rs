//! The snapshot folder: what is written is read back, twice the same bytes, whole or not at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zerodrift::catalog::{Catalog, Reach, Value};
use zerodrift::diff;
use zerodrift::pg::Session;
use zerodrift::snapshot::{self, Meta, SnapshotError};

use crate::{drift, support};

const BASE: &str = include_str!("../fixtures/catalog/base.sql");
const HOSTILE: &str = include_str!("../fixtures/catalog/hostile.sql");

fn built(hint: &str, sql: &str) -> Catalog {
    let cluster = support::cluster();
    drift::roles(cluster);
    let database = support::database_on(cluster, hint);
    Session::open(&database.target, "zerodrift test")
        .unwrap()
        .run(sql)
        .unwrap();
    drift::read(&database.target)
}

fn meta(catalog: &Catalog) -> Meta {
    Meta {
        major: catalog.major,
        reach: Reach::Database,
        ..Meta::default()
    }
}

fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    walkdir::WalkDir::new(dir)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            (
                entry.path().strip_prefix(dir).unwrap().to_path_buf(),
                std::fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

/// No file has the digests of secrets.
fn without_secrets(catalog: &Catalog) -> Catalog {
    let mut catalog = catalog.clone();
    for (id, object) in &mut catalog.objects {
        for facet in id.kind.facets.iter().filter(|facet| facet.is_hidden()) {
            object.facets.set(facet, Value::Null);
        }
    }
    catalog
}

fn comes_back(catalog: &Catalog) {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("schema"), folder.path().join("again"));
    snapshot::write(&one, catalog, &meta(catalog)).unwrap();
    let read = snapshot::read(&one).unwrap_or_else(|error| panic!("{error}"));
    let changes = diff::compare(catalog, &read.catalog, &diff::Options::default()).changes;
    assert!(changes.is_empty(), "{changes:#?}");
    assert!(read.catalog == without_secrets(catalog));
    assert_eq!(read.fingerprint, Some(catalog.fingerprint()));
    assert_eq!(read.foreign, Vec::<PathBuf>::new());
    snapshot::write(&two, &read.catalog, &read.meta).unwrap();
    assert_eq!(files(&one), files(&two));
    let again = snapshot::write(&one, catalog, &meta(catalog)).unwrap();
    assert_eq!(
        (again.added.len(), again.changed.len(), again.removed.len()),
        (0, 0, 0)
    );
}

#[test]
fn one_of_everything_comes_back() {
    comes_back(&built("snapshot_base", BASE));
}

#[test]
fn hostile_names_come_back() {
    let role =
        r#"DO $$ BEGIN CREATE ROLE "hostile = / "" role"; EXCEPTION WHEN duplicate_object THEN NULL; END $$"#;
    let catalog = built("snapshot_hostile", &format!("{role}; {HOSTILE}"));
    let folder = tempfile::tempdir().unwrap();
    snapshot::write(&folder.path().join("schema"), &catalog, &meta(&catalog)).unwrap();
    let mut folded = std::collections::BTreeSet::new();
    for path in files(folder.path()).into_keys() {
        let text = path.to_str().unwrap().to_owned();
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
        assert!(
            folded.insert(text.to_ascii_lowercase()),
            "{text} meets another where case is folded"
        );
    }
    comes_back(&catalog);
}

#[test]
fn a_file_is_reviewable() {
    let catalog = built(
        "snapshot_text",
        "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, note character varying(20) NOT NULL DEFAULT 'a', \
         CONSTRAINT t_pkey PRIMARY KEY (id), CONSTRAINT note_known CHECK (note IN ('a', 'b')));
         ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t TO app_user USING (note = 'a');
         GRANT SELECT, INSERT ON t TO app_user; COMMENT ON TABLE t IS E'One line.\nAnother.';
         CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE plpgsql AS $$\nBEGIN\n    RETURN a;\nEND\n$$;"
            .replace("\\n", "\n")
            .as_str(),
    );
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("schema");
    snapshot::write(&dir, &catalog, &meta(&catalog)).unwrap();
    let table = std::fs::read_to_string(dir.join("public/table/t.yaml")).unwrap();
    let function = std::fs::read_to_string(dir.join("public/function/f(integer).yaml")).unwrap();
    insta::with_settings!({snapshot_path => "../fixtures/catalog", prepend_module_to_snapshot => false}, {
        if catalog.major < 18 {
            insta::assert_snapshot!("table", table);
        }
        insta::assert_snapshot!("function", function);
    });
}

#[test]
fn vanished_objects_go_and_strangers_stay() {
    let mut catalog = built(
        "snapshot_gone",
        "CREATE TABLE a (id integer); CREATE TABLE b (id integer)",
    );
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("schema");
    snapshot::write(&dir, &catalog, &meta(&catalog)).unwrap();
    std::fs::write(dir.join("README.md"), "ours").unwrap();
    catalog.objects.retain(|id, _| &*id.root().name != "b");
    let written = snapshot::write(&dir, &catalog, &meta(&catalog)).unwrap();
    assert_eq!(written.removed, vec![PathBuf::from("public/table/b.yaml")]);
    assert_eq!(written.changed, vec![PathBuf::from("snapshot.yaml")]);
    assert_eq!(written.foreign, vec![PathBuf::from("README.md")]);
    assert!(!dir.join("public/table/b.yaml").exists() && dir.join("README.md").exists());
    assert!(dir.join("public/table/a.yaml").exists());
}

#[test]
fn a_writer_killed_between_its_renames_loses_nothing() {
    let catalog = built("snapshot_killed", "CREATE TABLE a (id integer)");
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("schema");
    snapshot::write(&dir, &catalog, &meta(&catalog)).unwrap();
    std::fs::rename(&dir, folder.path().join(".schema.old")).unwrap();
    assert!(snapshot::read(&dir).unwrap().catalog == catalog);
}

#[test]
fn mistakes_have_a_place() {
    let cases = [
        (
            "kind: table\nschema: public\nname: t\nowner: [a\n",
            "public/table/t.yaml",
            5,
        ),
        (
            "kind: table\nschema: public\nname: t\nrow securiti: true\n",
            "nearest facet is \"row security\"",
            4,
        ),
        (
            "kind: table\nschema: public\nname: t\nrow security: maybe\n",
            "neither true nor false",
            4,
        ),
        ("kind: tabel\nname: t\n", "not a kind of object", 1),
        ("kind: table\nschema: public\n", "\"name\" is missing", 1),
        (
            "kind: table\nschema: public\nname: t\nname: u\n",
            "stands here twice",
            4,
        ),
        (
            "kind: table\nschema: public\nname: t\ncolumns:\n  - name: a\n    typ: integer\n",
            "\"type\"",
            6,
        ),
    ];
    for (text, expected, line) in cases {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("public/table/t.yaml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        std::fs::write(
            folder.path().join("snapshot.yaml"),
            "format: 1\nserver major: 15\n",
        )
        .unwrap();
        let error = snapshot::read(folder.path()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.location().unwrap().line, line, "{error}");
    }
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("snapshot.yaml"), "format: 2\nshape: round\n").unwrap();
    let error = snapshot::read(folder.path()).unwrap_err();
    assert!(
        matches!(
            error,
            SnapshotError::Newer {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_folder_without_snapshot_says_so() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        snapshot::read(folder.path()).unwrap_err(),
        SnapshotError::Missing { .. }
    ));
}

/// Checks a value against the part of JSON Schema that ours uses; returns what is wrong.
fn violation(
    value: &serde_json::Value,
    schema: &serde_json::Value,
    all: &serde_json::Value,
) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return violation(value, all.pointer(&reference[1..]).unwrap(), all);
    }
    if let Some(any) = schema["oneOf"].as_array() {
        let matching = any
            .iter()
            .filter(|one| violation(value, one, all).is_none())
            .count();
        return (matching != 1).then(|| format!("{matching} kinds match {value}"));
    }
    if let Some(constant) = schema.get("const") {
        return (value != constant).then(|| format!("{value} is not {constant}"));
    }
    let is_type = match schema["type"].as_str().unwrap() {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "array" => value.is_array(),
        _ => value.is_object(),
    };
    if !is_type {
        return Some(format!("{value} is not {}", schema["type"]));
    }
    if let Some(items) = value.as_array() {
        return items
            .iter()
            .find_map(|item| violation(item, &schema["items"], all));
    }
    let entries = value.as_object()?;
    let known = schema["properties"].as_object();
    let lacking = schema["required"].as_array().into_iter().flatten();
    let lacking = lacking
        .filter_map(|key| key.as_str())
        .find(|key| !entries.contains_key(*key));
    lacking.map(|key| format!("{key} is missing")).or_else(|| {
        entries
            .iter()
            .find_map(|(key, value)| match known.and_then(|known| known.get(key)) {
                Some(schema) => violation(value, schema, all).map(|wrong| format!("{key}: {wrong}")),
                None if schema["additionalProperties"].is_object() => {
                    violation(value, &schema["additionalProperties"], all)
                }
                None => Some(format!("{key} is not known")),
            })
    })
}

#[test]
fn every_file_is_as_the_json_schema_says() {
    let schema: serde_json::Value = serde_json::from_str(&snapshot::json_schema()).unwrap();
    for (hint, sql) in [("schema_base", BASE)] {
        for (path, text) in snapshot::documents(&built(hint, sql)) {
            let document: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
            let document = serde_json::to_value(document).unwrap();
            assert_eq!(violation(&document, &schema, &schema), None, "{}", path.display());
        }
    }
    let wrong = serde_json::json!({ "kind": "schema", "name": "a", "colour": "red" });
    assert!(violation(&wrong, &schema, &schema).is_some());
}

#[test]
fn what_could_not_be_read_stays_in_the_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let meta = Meta {
        not_read: vec!["user mapping".to_owned()],
        ..Meta::default()
    };
    snapshot::write(folder.path(), &Catalog::new(15), &meta).unwrap();
    assert_eq!(
        snapshot::read(folder.path()).unwrap().meta.not_read,
        meta.not_read
    );
}

/// Takes equal files out of both sides, and says what is left to compare: the same changes as between whole catalogs.
fn only_what_differs(dir: &Path, live: &Catalog) -> (usize, Vec<String>) {
    let parts = snapshot::open(dir).unwrap().differing(live.clone()).unwrap();
    let said = |from: &Catalog, to: &Catalog| -> Vec<String> {
        let diff = diff::compare(from, to, &diff::Options::default());
        diff.findings()
            .iter()
            .map(|finding| format!("{finding:?}"))
            .collect()
    };
    let whole = snapshot::read(dir).unwrap().catalog;
    let changes = said(&parts.snapshot.catalog, &parts.catalog);
    assert_eq!(changes, said(&whole, live));
    assert_eq!(
        parts.snapshot.catalog.fingerprint_with(&parts.equal),
        whole.fingerprint()
    );
    assert_eq!(parts.catalog.fingerprint_with(&parts.equal), live.fingerprint());
    assert!(
        parts
            .equal
            .objects
            .keys()
            .all(|id| parts.catalog.get(id).is_none())
    );
    (parts.catalog.objects.len(), changes)
}

#[test]
fn files_as_they_would_be_written_are_not_parsed() {
    let catalog = built("unparsed", BASE);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("schema");
    snapshot::write(&dir, &catalog, &meta(&catalog)).unwrap();
    assert_eq!(only_what_differs(&dir, &catalog), (0, Vec::new()));

    // Other bytes of the same meaning are read, and equal.
    let table = dir.join("app/table/events.yaml");
    let text = std::fs::read_to_string(&table).unwrap();
    std::fs::write(&table, format!("# a note\n{text}")).unwrap();
    let (left, changes) = only_what_differs(&dir, &catalog);
    assert!(left > 5 && changes.is_empty(), "{left}, {changes:?}");

    // Another value, a file less, an object less in the database.
    std::fs::write(&table, text.replace("not null: true", "not null: false")).unwrap();
    std::fs::remove_file(dir.join("app/table/tenants.yaml")).unwrap();
    let mut live = catalog.clone();
    live.objects.retain(|id, _| id.root().kind.name != "sequence");
    let (_, changes) = only_what_differs(&dir, &live);
    assert!(changes.len() > 3, "{changes:?}");

    // A copy under another name describes twice what the equal file describes.
    std::fs::write(&table, &text).unwrap();
    std::fs::write(dir.join("app/table/copy.yaml"), &text).unwrap();
    let error = snapshot::open(&dir).unwrap().differing(catalog).unwrap_err();
    assert!(error.to_string().contains("described twice"), "{error}");
}
