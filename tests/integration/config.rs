//! The configuration file: where it is found, what it refuses and where it points.

use zerodrift::config;

fn load(text: &str) -> Result<config::Project, config::ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("zerodrift.yaml"), text).unwrap();
    config::load(folder.path(), None)
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (case, text, place, message, hint) in [
        (
            "unknown key",
            "server: 15\nmigratons: m\n",
            "2:1",
            "key \"migratons\" is not known here",
            "Did you mean \"migrations\"?",
        ),
        (
            "unknown nested key",
            "roles:\n  migrate: [a]\n",
            "2:3",
            "key \"migrate\"",
            "Did you mean \"migration\"?",
        ),
        (
            "unknown key far from all",
            "tenancy: {zzz: 1}\n",
            "1:11",
            "key \"zzz\"",
            "The keys here are column, exempt, setting.",
        ),
        (
            "unknown key in an entry",
            "seeds:\n  A: {at: x, sqll: y}\n",
            "2:14",
            "key \"sqll\"",
            "Did you mean \"sql\"?",
        ),
        (
            "repeated key",
            "server: 15\nserver: 16\n",
            "2:1",
            "stands here twice",
            "",
        ),
        ("broken YAML", "roles:\n  - a\n b: [\n", "3:2", "YAML", ""),
        ("wrong type", "server: 15\nbranches: 3\n", "2:11", "branches", ""),
        (
            "unsupported server",
            "server: 9\n",
            "1:9",
            "server 9 is not supported",
            "",
        ),
        (
            "duration without unit",
            "apply: {lock-timeout: \"5\"}\n",
            "1:24",
            "not a duration",
            "",
        ),
        (
            "missing seed file",
            "seeds: {A: {at: head, sql: nowhere.sql}}\n",
            "1:28",
            "does not exist",
            "",
        ),
        (
            "unknown dependency of a view",
            "matviews:\n  a: {depends-on: [b]}\n",
            "2:20",
            "depends on \"b\", which the registry does not list",
            "",
        ),
    ] {
        let error = load(text).err().unwrap_or_else(|| panic!("{case}: accepted"));
        let finding = error.finding();
        let location = finding
            .location
            .clone()
            .unwrap_or_else(|| panic!("{case}: no place"));
        assert!(finding.message.contains(message), "{case}: {}", finding.message);
        assert_eq!(
            location.to_string(),
            format!("zerodrift.yaml:{place}"),
            "{case}: {}",
            finding.message
        );
        assert_eq!(finding.hint.unwrap_or_default(), hint, "{case}");
    }
}

#[test]
fn ids_stay_as_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.sql"), "").unwrap();
    let text =
        "seeds:\n  A: {at: 1e10, sql: a.sql}\n  B: {at: 0123, sql: a.sql}\n  C: {at: null, sql: a.sql}\n";
    std::fs::write(folder.path().join("zerodrift.yaml"), text).unwrap();
    let project = config::load(folder.path(), None).unwrap();
    let ids: Vec<&str> = project
        .written
        .seeds
        .iter()
        .map(|(_, seed)| seed.at.as_str())
        .collect();
    assert_eq!(ids, ["1e10", "0123", "null"]);
}

#[test]
fn found_from_below() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("zerodrift.yaml"), "").unwrap();
    let below = folder.path().join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    assert_eq!(config::load(&below, None).unwrap().root, folder.path());
}

#[test]
fn missing_file_says_how_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let finding = config::load(folder.path(), None).err().unwrap().finding();
    assert!(finding.hint.unwrap().contains("zerodrift init"));
}

#[test]
fn byte_order_mark_and_carriage_returns_are_accepted() {
    let project = load("\u{feff}server: [15, 17]\r\nmigrations: m\r\n").unwrap();
    assert_eq!(project.servers(), [15, 17]);
    assert_eq!(project.migrations().to_str(), Some("m"));
}
