//! Comparisons that are remembered: where nothing has changed nothing is read, and whatever has changed is found.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zerodrift::model::Checksum;

use crate::support::project::{Project, Run};
use crate::support::{self, TestDatabase};

struct Bench {
    database: TestDatabase,
    project: Project,
    cache: tempfile::TempDir,
}

impl Bench {
    fn new(hint: &str) -> Self {
        Bench {
            database: support::large_database(hint),
            project: Project::with(&[
                ("zerodrift.yaml", "migrations: migrations\n"),
                ("migrations/.keep", ""),
            ]),
            cache: tempfile::tempdir().unwrap(),
        }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let cache = self.cache.path().to_str().unwrap();
        self.project.run_with(arguments, &[("ZERODRIFT_CACHE", cache)])
    }

    fn snapshot(&self) {
        self.run(&["schema", "snapshot", "--out", "schema", &self.database.url()])
            .expect(0, &["added"]);
    }

    fn diff(&self, arguments: &[&str]) -> Run {
        let url = self.database.url();
        self.run(&[&["schema", "diff", "schema", &url, "--no-attribution"], arguments].concat())
    }

    fn kept(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.cache.path().join("equal")) else {
            return Vec::new();
        };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Changes what is kept so that its use is seen: it counts another number of objects.
    fn mark(&self) {
        let kept = self.kept();
        assert_eq!(kept.len(), 1, "{kept:?}");
        let text = fs::read_to_string(&kept[0]).unwrap();
        let (_, content) = text.split_once('\n').unwrap();
        let start = content.find("\"objects\":").unwrap() + 10;
        let end = start + content[start..].find(',').unwrap();
        let content = format!("{}4711{}", &content[..start], &content[end..]);
        fs::write(&kept[0], format!("{}\n{content}", Checksum::of(&content))).unwrap();
    }

    fn change(&self, sql: &str) {
        self.database.session().run(sql).unwrap();
    }
}

const REMEMBERED: &str = "4711 objects are equal";

/// Others on the server may make a role or a setting at any moment, which makes the checksum another; a second run then
/// remembers the new one.
fn remembered(bench: &Bench, arguments: &[&str]) -> Run {
    for _ in 0..8 {
        if bench.kept().len() == 1 {
            bench.mark();
        }
        let run = bench.diff(arguments);
        if run.out.contains(REMEMBERED) {
            return run;
        }
    }
    panic!("never remembered: {}", bench.diff(arguments).said());
}

#[test]
fn what_has_not_changed_is_not_read() {
    let bench = Bench::new("remembered");
    bench.snapshot();
    // The snapshot itself is remembered, and its fingerprint.
    remembered(&bench, &[]).expect(0, &["No drift", REMEMBERED]);
    let plain = bench.diff(&["--no-tree-hash"]);
    plain.expect(0, &["No drift"]);
    assert!(!plain.out.contains(REMEMBERED), "{}", plain.out);
    // Found by comparing: the first time it is noted, the second time a checksum is taken.
    fs::remove_dir_all(bench.cache.path().join("equal")).unwrap();
    bench.diff(&[]).expect(0, &["No drift"]);
    bench.diff(&[]).expect(0, &["No drift"]);
    remembered(&bench, &[]).expect(0, &["No drift", REMEMBERED]);
    // The other direction is the same comparison.
    let url = bench.database.url();
    bench
        .run(&["schema", "diff", &url, "schema", "--no-attribution"])
        .expect(0, &["No drift"]);
}

#[test]
fn whatever_changes_is_found_all_the_same() {
    let bench = Bench::new("unremembered");
    bench.snapshot();
    for (change, back, found) in [
        (
            "ALTER TABLE wide_7 ALTER column_3 SET DEFAULT 1",
            "ALTER TABLE wide_7 ALTER column_3 DROP DEFAULT",
            "default",
        ),
        (
            "COMMENT ON COLUMN wide_7.column_3 IS 'x'",
            "COMMENT ON COLUMN wide_7.column_3 IS NULL",
            "comment",
        ),
        (
            "ALTER TABLE wide_7 ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE wide_7 DISABLE ROW LEVEL SECURITY",
            "row security",
        ),
        (
            "GRANT SELECT ON wide_7 TO PUBLIC",
            "REVOKE SELECT ON wide_7 FROM PUBLIC",
            "privileges",
        ),
        ("CREATE INDEX odd ON wide_7 (column_3)", "DROP INDEX odd", "odd"),
    ] {
        remembered(&bench, &[]);
        bench.change(change);
        bench.diff(&[]).expect(1, &[found]);
        assert_eq!(
            bench.kept(),
            Vec::<PathBuf>::new(),
            "what is not equal is not looked at twice"
        );
        bench.change(back);
    }
    remembered(&bench, &[]);
    let file = "schema/public/table/wide_9.yaml";
    let text = bench.project.read(file);
    bench
        .project
        .write(file, text.replace("name: column_5\n", "name: column_x\n"));
    bench.diff(&[]).expect(1, &["column_x"]);
    bench.project.write(file, &text);
    remembered(&bench, &[]);
    bench.project.remove(file);
    bench.diff(&[]).expect(1, &["wide_9"]);
    bench.project.write(file, &text);
    remembered(&bench, &[]);
    bench.project.write(
        "schema/public/table/more.yaml",
        text.replace("name: wide_9\n", "name: more\n"),
    );
    bench.diff(&[]).expect(1, &["public.more"]);
}

#[test]
fn what_is_damaged_or_open_to_others_is_not_believed() {
    let bench = Bench::new("damaged");
    bench.snapshot();
    let spoil = |how: &dyn Fn(&Path)| {
        remembered(&bench, &[]);
        bench.mark();
        how(&bench.kept()[0]);
        let run = bench.diff(&[]);
        run.expect(0, &["No drift"]);
        assert!(!run.out.contains(REMEMBERED), "{}", run.out);
    };
    spoil(&|file| fs::write(file, "").unwrap());
    spoil(&|file| {
        let text = fs::read_to_string(file).unwrap();
        fs::write(file, text.replace("4711", "4712")).unwrap();
    });
    spoil(&|file| fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap());
    spoil(&|file| fs::set_permissions(file.parent().unwrap(), fs::Permissions::from_mode(0o777)).unwrap());
}
