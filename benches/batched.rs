//! Batched backfills against one UPDATE, and what they cost others: `cargo bench --bench batched -- [ROWS [RUNS]]`.
//!
//! On a throw-away server with `fsync` on: a table of ROWS rows, changed in turn by one UPDATE through psql and by a batched
//! backfill without pauses, each on a fresh copy. Then `pgbench` works on other tables, first beside an idle migrator, then
//! beside the backfill: the 99th percentile of its latencies, and the longest time that a batch held its locks.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use zerodrift::pg::{Cluster, ClusterOptions, Session};

/// How long pgbench is watched beside an idle migrator.
const WATCHED: Duration = Duration::from_secs(20);

struct Bench {
    cluster: Cluster,
    rows: usize,
}

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let (rows, runs) = (numbers.next().unwrap_or(1_000_000), numbers.next().unwrap_or(3));
    let settings = [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("shared_buffers", "256MB"),
        ("max_wal_size", "4GB"),
        ("max_connections", "20"),
        ("autovacuum", "off"),
    ];
    let cluster = Cluster::start(&ClusterOptions {
        // One with pgbench: the fetched servers have none.
        bin_dir: with_pgbench(),
        settings: settings
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        on_disk: true,
        ..ClusterOptions::default()
    });
    let bench = Bench {
        cluster: cluster.unwrap_or_else(|error| panic!("{error}")),
        rows,
    };
    let version = bench.cluster.version();
    println!(
        "{rows} rows, PostgreSQL {version}\n{:>14} {:>14} {:>7}",
        "UPDATE, rows/s", "batched, rows/s", "ratio"
    );
    let mut ratios = Vec::new();
    for run in 0..runs {
        let (single, batched) = (bench.single(run), bench.batched(run));
        ratios.push(batched / single);
        println!("{single:>14.0} {batched:>14.0} {:>7.2}", batched / single);
    }
    println!("median ratio {:.2}, goal 0.80", median(&mut ratios));
    println!(
        "{:>12} {:>15} {:>10} {:>14}",
        "p99 idle, ms", "p99 beside, ms", "added, ms", "longest, ms"
    );
    let mut added = Vec::new();
    for run in 0..runs {
        let (idle, beside, longest) = bench.latency(run);
        added.push(beside - idle);
        println!(
            "{idle:>12.1} {beside:>15.1} {:>10.1} {longest:>14.0}",
            beside - idle
        );
    }
    println!("median added {:.1} ms, goal below 20 ms", median(&mut added));
}

impl Bench {
    /// Makes a database with the table, and returns its name and a session.
    fn database(&self, hint: &str, run: usize) -> (String, Session) {
        let name = format!("{hint}_{run}");
        let target = self.cluster.create_database(&name, None).unwrap();
        let mut session = Session::open(&target, "zerodrift bench").unwrap();
        let fill = format!(
            "CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0, region text, filler text);
             INSERT INTO t (id, filler) SELECT i, pg_catalog.md5(i::text) FROM pg_catalog.generate_series(1, {}) AS i;",
            self.rows
        );
        session.run(&fill).unwrap();
        session.run("VACUUM ANALYZE t").unwrap();
        session.run("CHECKPOINT").unwrap();
        (name, session)
    }

    fn single(&self, run: usize) -> f64 {
        let (name, mut session) = self.database("single", run);
        let begun = Instant::now();
        session
            .run("UPDATE t SET region = 'eu', n = n + 1 WHERE region IS NULL")
            .unwrap();
        let took = begun.elapsed();
        drop(session);
        self.cluster.drop_database(&name).unwrap();
        self.rows as f64 / took.as_secs_f64()
    }

    fn batched(&self, run: usize) -> f64 {
        let (name, mut session) = self.database("batched", run);
        let folder = project();
        let begun = Instant::now();
        let status = self.migrator(folder.path(), &name).wait().unwrap();
        let took = begun.elapsed();
        assert!(status.success(), "the backfill failed");
        let rows = session
            .text_rows("SELECT count(*)::text FROM t WHERE n = 1")
            .unwrap();
        assert_eq!(rows[0][0].as_deref(), Some(self.rows.to_string().as_str()));
        drop(session);
        self.cluster.drop_database(&name).unwrap();
        self.rows as f64 / took.as_secs_f64()
    }

    fn migrator(&self, project: &Path, database: &str) -> Child {
        Command::new(env!("CARGO_BIN_EXE_zerodrift"))
            .args(["upgrade", "-q", "--database-url", &self.url(database)])
            .current_dir(project)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn url(&self, database: &str) -> String {
        let shown = self.cluster.target(database).to_string();
        let (user, rest) = shown.split_once('@').unwrap();
        let (folder, name) = rest.rsplit_once('/').unwrap();
        format!("postgresql:///{name}?host={folder}&user={user}")
    }

    /// The 99th percentile of pgbench's latencies beside an idle migrator and beside the backfill, and the longest that a
    /// transaction of the migrator that changes rows was seen, in milliseconds.
    fn latency(&self, run: usize) -> (f64, f64, f64) {
        let (name, mut session) = self.database("latency", run);
        self.pgbench(&name, &["-i", "-q", "-s", "5"]).wait().unwrap();
        session.run("CHECKPOINT").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("log");
        let mut pgbench = self.pgbench(
            &name,
            &[
                "-n",
                "-c",
                "4",
                "-R",
                "100",
                "-T",
                "100000",
                "-l",
                "--log-prefix",
                prefix.to_str().unwrap(),
            ],
        );
        std::thread::sleep(Duration::from_secs(3));
        let idle_from = now();
        std::thread::sleep(WATCHED);
        let from = now();
        let migrations = project();
        let mut migrator = self.migrator(migrations.path(), &name);
        let mut longest = 0.0f64;
        while migrator.try_wait().unwrap().is_none() {
            let sql = "SELECT COALESCE(max(EXTRACT(epoch FROM clock_timestamp() - xact_start)) * 1000, 0)::text
                       FROM pg_stat_activity AS a
                       WHERE application_name = 'zerodrift upgrade' AND xact_start IS NOT NULL
                         AND EXISTS (SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.relation = 't'::regclass
                                     AND l.mode = 'RowExclusiveLock')";
            let seen = session.text_rows(sql).unwrap();
            longest = longest.max(seen[0][0].as_deref().unwrap().parse().unwrap());
            std::thread::sleep(Duration::from_millis(10));
        }
        let to = now();
        pgbench.kill().unwrap();
        pgbench.wait().unwrap();
        let latencies = latencies(folder.path());
        let within = |from: f64, to: f64| {
            p99(latencies
                .iter()
                .filter(|(at, _)| (from..to).contains(at))
                .map(|(_, took)| *took))
        };
        let result = (within(idle_from, from), within(from, to), longest);
        drop(session);
        self.cluster.drop_database(&name).unwrap();
        result
    }

    fn pgbench(&self, database: &str, arguments: &[&str]) -> Child {
        Command::new(self.cluster.bin_dir().join("pgbench"))
            .args(arguments)
            .arg(self.url(database))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("pgbench is needed: {error}"))
    }
}

/// The newest installed server that has pgbench beside it.
fn with_pgbench() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("pgbench").exists() && folder.join("postgres").exists())
        .collect();
    folders.sort();
    folders.pop()
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    std::fs::write(folder.path().join("zerodrift.yaml"), "{}\n").unwrap();
    let sql = "/*--- {revision: b1, transaction: false} ---*/\n--: backfill table=t\n--: batched key=id\n\
               UPDATE t SET region = 'eu', n = n + 1 WHERE region IS NULL;\n--: end\n";
    std::fs::write(folder.path().join("migrations/b1.sql"), sql).unwrap();
    folder
}

fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs_f64()
}

/// Reads pgbench's logs: client, transaction, microseconds, script, seconds, microseconds of the end, lag.
fn latencies(folder: &Path) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines() {
            let fields: Vec<f64> = line.split(' ').filter_map(|field| field.parse().ok()).collect();
            // The last line of a killed pgbench may be cut.
            if let [_, _, took, _, seconds, micros, ..] = fields[..] {
                found.push((seconds + micros / 1e6, took / 1e3));
            }
        }
    }
    found
}

fn p99(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() * 99 / 100).copied().unwrap_or(f64::NAN)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
