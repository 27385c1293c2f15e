//! How long `schema diff` takes on many tables: `cargo bench --bench catalog -- [TABLES [RUNS]]`.
//!
//! Builds a database on a throw-away server (12 columns, a primary key and 3 more indexes, CHECK and foreign key, policy,
//! trigger, grants to 3 roles and 4 comments for each table), takes a snapshot of it and measures in turn: `COPY` of the
//! bare catalogs, `pg_dump -s`, `schema diff` of the snapshot against the database where it is known that they were equal,
//! the same where nothing is known, and with `--no-tree-hash`. Each is a new process with a new backend. Ratios are of one
//! and the same run; memory is the peak of the client.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use zerodrift::pg::{Cluster, ClusterOptions, Session};

const CATALOGS: &[&str] = &[
    "pg_class",
    "pg_attribute",
    "pg_attrdef",
    "pg_index",
    "pg_constraint",
    "pg_policy",
    "pg_trigger",
    "pg_sequence",
    "pg_description",
    "pg_depend",
    "pg_type",
    "pg_proc",
];

const TABLE: &str = "
CREATE TABLE public.t{n} (id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT t{n}_pkey PRIMARY KEY,
    parent_id bigint CONSTRAINT t{n}_parent REFERENCES public.t{above} ON DELETE CASCADE,
    name text NOT NULL, code varchar(20) NOT NULL DEFAULT 'x', amount numeric(12,2) NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'new' CONSTRAINT t{n}_state CHECK (state IN ('new', 'open', 'done')),
    tags text[] NOT NULL DEFAULT '{}', data jsonb NOT NULL DEFAULT '{}', owner_name text NOT NULL DEFAULT CURRENT_USER,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    total numeric GENERATED ALWAYS AS (amount * 2) STORED);
CREATE INDEX t{n}_parent_idx ON public.t{n} (parent_id);
CREATE INDEX t{n}_name_idx ON public.t{n} (lower(name)) WHERE state <> 'done';
CREATE INDEX t{n}_state_idx ON public.t{n} (state, created_at DESC);
ALTER TABLE public.t{n} ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.t{n} USING (owner_name = CURRENT_USER) WITH CHECK (owner_name = CURRENT_USER AND state <> 'done');
CREATE TRIGGER touch BEFORE UPDATE ON public.t{n} FOR EACH ROW EXECUTE FUNCTION public.touch();
GRANT SELECT ON public.t{n} TO bench_reader, bench_auditor;
GRANT SELECT, INSERT, UPDATE ON public.t{n} TO bench_writer;
COMMENT ON TABLE public.t{n} IS 'table number {n}';
COMMENT ON COLUMN public.t{n}.name IS 'what it is called';
COMMENT ON COLUMN public.t{n}.amount IS 'in the currency of the account';
COMMENT ON INDEX public.t{n}_name_idx IS 'open ones by name';
";

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let (tables, runs) = (numbers.next().unwrap_or(1000), numbers.next().unwrap_or(3));
    let cluster = start();
    let target = cluster.create_database("bench", None).unwrap();
    let mut session = Session::open(&target, "zerodrift bench").unwrap();
    build(&mut session, tables);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    std::fs::write(folder.path().join("zerodrift.yaml"), "migrations: migrations\n").unwrap();
    let url = url(&mut session);
    let dump = cluster.bin_dir().join("pg_dump");
    let psql = cluster.bin_dir().join("psql");
    let ours = Path::new(env!("CARGO_BIN_EXE_zerodrift"));
    let cache = folder.path().join("cache");
    let snapshot = folder.path().join("schema");
    let snapshot = snapshot.to_str().unwrap();
    seconds(
        folder.path(),
        ours,
        &["schema", "snapshot", "--out", snapshot, &url],
    );

    let copies: Vec<String> = CATALOGS
        .iter()
        .map(|catalog| format!("COPY (SELECT * FROM pg_catalog.{catalog}) TO STDOUT"))
        .collect();
    println!("{tables} tables, PostgreSQL {}", cluster.version());
    println!(
        "{:<28} {:>8} {:>9} {:>16} {:>14}",
        "", "seconds", "peak MB", "pg_dump / this", "this / COPY"
    );
    for run in 1..=runs {
        println!("run {run}");
        let copy = seconds(folder.path(), &psql, &["-qX", &url, "-c", &copies.join("; ")]);
        let dump = seconds(folder.path(), &dump, &["-s", &url]);
        // Kept by the snapshot and by the runs before.
        let again = seconds(folder.path(), ours, &["schema", "diff", snapshot, &url]);
        let _ = std::fs::rename(cache.join("equal"), cache.join("aside"));
        let diff = seconds(folder.path(), ours, &["schema", "diff", snapshot, &url]);
        let _ = std::fs::remove_dir_all(cache.join("equal"));
        let _ = std::fs::rename(cache.join("aside"), cache.join("equal"));
        let each = seconds(
            folder.path(),
            ours,
            &["schema", "diff", "--no-tree-hash", snapshot, &url],
        );
        for (name, cost) in [
            ("COPY of bare catalogs", &copy),
            ("pg_dump -s", &dump),
            ("schema diff, as before", &again),
            ("schema diff", &diff),
            ("schema diff --no-tree-hash", &each),
        ] {
            println!(
                "{name:<28} {:>8.2} {:>9.0} {:>16.2} {:>14.2}",
                cost.seconds,
                cost.megabytes,
                dump.seconds / cost.seconds,
                cost.seconds / copy.seconds
            );
        }
    }
}

/// Starts a server of the newest major that came with `psql` and `pg_dump`: not every package has them.
fn start() -> Cluster {
    let starts = (13..=18).rev().filter_map(|major| {
        let locks = ("max_locks_per_transaction".to_owned(), "4096".to_owned());
        // The default of PostgreSQL; throw-away servers have less.
        let buffers = ("shared_buffers".to_owned(), "128MB".to_owned());
        Cluster::start(&ClusterOptions {
            major: Some(major),
            settings: vec![locks, buffers],
            ..ClusterOptions::default()
        })
        .ok()
    });
    let has = |cluster: &Cluster, program: &str| cluster.bin_dir().join(program).is_file();
    starts
        .into_iter()
        .find(|cluster| has(cluster, "psql") && has(cluster, "pg_dump"))
        .expect("some installed PostgreSQL has psql and pg_dump")
}

fn build(session: &mut Session, tables: usize) {
    session
        .run(
            "CREATE ROLE bench_reader; CREATE ROLE bench_writer; CREATE ROLE bench_auditor;
             CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql
             AS 'BEGIN NEW.updated_at := now(); RETURN NEW; END'",
        )
        .unwrap();
    for first in (1..=tables).step_by(100) {
        let sql: String = (first..(first + 100).min(tables + 1))
            .map(|n| {
                let above = n.saturating_sub(1).max(1);
                TABLE
                    .replace("{n}", &n.to_string())
                    .replace("{above}", &above.to_string())
            })
            .collect();
        session.run(&sql).unwrap();
    }
    session.run("VACUUM ANALYZE").unwrap();
}

/// Returns the URL of the session's database, for programs of their own.
fn url(session: &mut Session) -> String {
    let rows = session
        .text_rows("SELECT current_setting('unix_socket_directories'), current_setting('port')")
        .unwrap();
    let [Some(folder), Some(port)] = rows[0].as_slice() else {
        panic!("settings are not null")
    };
    format!("postgresql:///bench?host={folder}&port={port}&user=postgres")
}

/// What one run of a program took.
struct Cost {
    seconds: f64,
    megabytes: f64,
}

fn seconds(folder: &Path, program: &Path, arguments: &[&str]) -> Cost {
    let start = Instant::now();
    // It is waited for below, where its memory is told too.
    #[allow(clippy::zombie_processes)]
    let child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("ZERODRIFT_CACHE", folder.join("cache"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let (status, kilobytes) = ended(child.id());
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(status, 0, "{} failed", program.display());
    Cost {
        seconds,
        megabytes: kilobytes as f64 / 1024.0,
    }
}

/// Waits for a child; returns its status and the most memory that it had, in kilobytes as Linux counts.
fn ended(child: u32) -> (i32, i64) {
    let mut status = 0;
    // SAFETY: a zeroed rusage is a value of its type, and both places outlive the call, which only writes to them.
    #[allow(unsafe_code)]
    let (waited, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        let waited = libc::wait4(child as libc::pid_t, &raw mut status, 0, &raw mut usage);
        (waited, usage)
    };
    assert_eq!(
        waited, child as libc::pid_t,
        "the child was waited for by nobody else"
    );
    (status, usage.ru_maxrss)
}
