//! `upgrade` beside psql and other tools: `cargo bench --bench upgrade -- [MIGRATIONS [RUNS [ONLY…]]]`.
//!
//! On a throw-away server whose files lie on disk, with `fsync` on: MIGRATIONS files with one CREATE TABLE each are applied
//! to a fresh database, then applied again when nothing is left to do. The tools take turns, run after run. The floor is
//! psql, with one transaction per migration that also writes one row of a table like a ledger.
//!
//! A tool that is not in PATH is named and left out. ONLY names the tools that take part beside psql.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod tools;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tools::{Corpus, TOOLS, Tool};
use zerodrift::pg::{Cluster, ClusterOptions, Session};

/// How often the run without anything to do is measured after each apply; their median counts.
const AGAIN: usize = 5;

/// What a run of a tool took.
struct Took {
    tool: usize,
    apply: Duration,
    again: Option<Duration>,
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let mut number = |default: usize| arguments.next().map_or(default, |text| text.parse().unwrap());
    let (migrations, runs) = (number(1000), number(9));
    let only: Vec<String> = arguments.collect();
    let is_wanted =
        |tool: &Tool| only.is_empty() || tool.name == "psql" || only.contains(&tool.name.to_owned());
    let (found, missing): (Vec<&Tool>, Vec<&Tool>) = TOOLS
        .iter()
        .filter(|tool| is_wanted(tool))
        .partition(|tool| tool.is_there());
    for tool in &missing {
        println!("left out: {} is not in PATH ({})", tool.program, tool.install);
    }
    assert!(
        found.iter().any(|tool| tool.name == "psql"),
        "psql is the floor: it must be in PATH"
    );
    let cluster = server();
    println!(
        "{migrations} migrations, {runs} runs, PostgreSQL {}, fsync on",
        cluster.version()
    );
    let corpus = Corpus { migrations };
    let folders: Vec<tempfile::TempDir> = found
        .iter()
        .map(|tool| {
            let folder = tempfile::tempdir().unwrap();
            (tool.prepare)(&corpus, folder.path());
            folder
        })
        .collect();
    let mut all = Vec::new();
    for run in 0..runs {
        for (index, tool) in found.iter().enumerate() {
            let database = format!("run_{run}_{index}");
            cluster.create_database(&database, None).unwrap();
            let took = measure(&cluster, &database, tool, folders[index].path(), &corpus);
            cluster.drop_database(&database).unwrap();
            println!(
                "run {run} {:<16} {:>7.2} s {}",
                tool.name,
                took.0.as_secs_f64(),
                took.1.map_or(String::new(), |again| format!(
                    "{:>8.1} ms",
                    again.as_secs_f64() * 1000.0
                ))
            );
            all.push(Took {
                tool: index,
                apply: took.0,
                again: took.1,
            });
        }
    }
    table(&found, &all);
}

/// A server as an administrator leaves it, where durability is concerned.
fn server() -> Cluster {
    let settings = [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("wal_level", "replica"),
        ("max_wal_size", "4GB"),
        ("shared_buffers", "256MB"),
        ("max_connections", "20"),
    ];
    let cluster = Cluster::start(&ClusterOptions {
        settings: settings
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        on_disk: true,
        ..ClusterOptions::default()
    });
    cluster.unwrap_or_else(|error| panic!("{error}"))
}

fn measure(
    cluster: &Cluster,
    database: &str,
    tool: &Tool,
    folder: &std::path::Path,
    corpus: &Corpus,
) -> (Duration, Option<Duration>) {
    let mut session = Session::open(&cluster.target(database), "zerodrift bench").unwrap();
    // No tool pays for what the one before it left to write.
    session.run("CHECKPOINT").unwrap();
    let shown = cluster.target(database).to_string();
    let (_, rest) = shown.split_once('@').unwrap();
    let (socket, _) = rest.rsplit_once('/').unwrap();
    let run = || {
        let mut command = Command::new(tool.program);
        (tool.arguments)(&mut command, socket, database);
        let begun = Instant::now();
        let output = command.current_dir(folder).stdin(Stdio::null()).output().unwrap();
        let took = begun.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} failed:\n{said}", tool.name);
        took
    };
    let apply = run();
    let tables = "SELECT pg_catalog.count(*)::text FROM pg_catalog.pg_class WHERE relname ~ '^t[0-9]{6}$'";
    let made = session.text_rows(tables).unwrap();
    assert_eq!(
        made[0][0].as_deref(),
        Some(corpus.migrations.to_string().as_str()),
        "{}",
        tool.name
    );
    let again = tool
        .can_repeat
        .then(|| median((0..AGAIN).map(|_| run()).collect()));
    (apply, again)
}

fn table(tools: &[&Tool], all: &[Took]) {
    let of = |index: usize| all.iter().filter(move |took| took.tool == index);
    let applied = |index: usize| median(of(index).map(|took| took.apply).collect()).as_secs_f64();
    let floor = tools
        .iter()
        .position(|tool| tool.name == "psql")
        .map_or(f64::NAN, applied);
    println!(
        "\n{:<16} {:>9} {:>7} {:>12}   version",
        "tool", "apply, s", "ratio", "no-op, ms"
    );
    for (index, tool) in tools.iter().enumerate() {
        let again: Vec<Duration> = of(index).filter_map(|took| took.again).collect();
        let again = if again.is_empty() {
            "-".to_owned()
        } else {
            format!("{:.1}", median(again).as_secs_f64() * 1000.0)
        };
        let apply = applied(index);
        println!(
            "{:<16} {apply:>9.2} {:>7.2} {again:>12}   {}",
            tool.name,
            apply / floor,
            tool.version()
        );
    }
}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort();
    values[values.len() / 2]
}
