//! How long it takes to load and check many revisions: `cargo bench --bench graph`.
//!
//! Writes chains and diamonds of 1,000, 10,000 and 100,000 small files into a temporary folder and measures, warm: reading
//! all headers, building the graph, checking it, drawing it. Each figure is the median of five runs, in milliseconds;
//! the last column is the whole per revision, which stays the same where cost grows linearly.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use zerodrift::graph::{self, Graph, Policy};
use zerodrift::load::{self, Layout};
use zerodrift::model::Level;
use zerodrift::report::drawings;

const RUNS: usize = 5;

fn main() {
    let shapes: [(&str, Parents); 3] = [("chain", chain), ("diamonds", diamonds), ("branches", branches)];
    println!(
        "{:<10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>13}",
        "shape", "revisions", "load", "build", "check", "draw", "all but draw", "µs per revision"
    );
    for (shape, parents) in shapes {
        for count in [1_000, 10_000, 100_000] {
            measure(shape, parents, count);
        }
    }
}

/// Returns the parents of the revision with this number.
type Parents = fn(usize) -> Vec<usize>;

fn chain(number: usize) -> Vec<usize> {
    number.checked_sub(1).into_iter().collect()
}

/// 0 is followed by 1 and 2, which 3 joins, and so on.
fn diamonds(number: usize) -> Vec<usize> {
    match number % 3 {
        _ if number == 0 => vec![],
        0 => vec![number - 2, number - 1],
        1 => vec![number - 1],
        _ => vec![number - 2],
    }
}

/// Ten lines that begin at the root and are joined by the last revision of each thousand.
fn branches(number: usize) -> Vec<usize> {
    match number % 1000 {
        _ if number == 0 => vec![],
        999 => (number - 10..number).collect(),
        0 => vec![number - 1],
        place if place <= 10 => vec![number / 1000 * 1000],
        _ => vec![number - 10],
    }
}

fn measure(shape: &str, parents: Parents, count: usize) {
    let folder = tempfile::tempdir().unwrap();
    generate(folder.path(), parents, count);
    let layout = Layout {
        root: folder.path().to_path_buf(),
        migrations: "migrations".into(),
        branches: None,
    };
    let mut times: [Vec<Duration>; 4] = Default::default();
    for _ in 0..RUNS {
        let mut lap = Lap(Instant::now());
        let loaded = load::load(&layout).unwrap();
        times[0].push(lap.next());
        let (graph, found) = Graph::new(loaded.revisions);
        times[1].push(lap.next());
        let checked = graph::check(&graph, &Policy::default());
        times[2].push(lap.next());
        let drawing = drawings::text::draw(&graph);
        times[3].push(lap.next());
        assert_eq!((loaded.findings.len(), found.len(), graph.len()), (0, 0, count));
        assert!(checked.iter().all(|finding| finding.level == Level::Info));
        assert!(drawing.lines().count() >= count);
    }
    let [load, build, check, draw] = times.map(median);
    let all = load + build + check;
    println!(
        "{shape:<10} {count:>9} {load:>9.1} {build:>9.1} {check:>9.1} {draw:>9.1} {all:>12.1} {:>15.2}",
        all * 1000.0 / count as f64
    );
}

fn generate(root: &Path, parents: Parents, count: usize) {
    let id = |number: usize| format!("{}", 202_000_000_000 + number);
    for number in 0..count {
        let folder = root.join(format!("migrations/{:03}_branch", number * 10 / count));
        fs::create_dir_all(&folder).unwrap();
        let parents: Vec<String> = parents(number).into_iter().map(id).collect();
        let mut text = format!(
            "/*---\nrevision: {}\nparents: [{}]\n",
            id(number),
            parents.join(", ")
        );
        if number == 0 {
            text.push_str("labels: [everything]\n");
        }
        writeln!(
            text,
            "message: Add column number {number} to the table of things\n---*/\n"
        )
        .unwrap();
        writeln!(text, "ALTER TABLE things ADD COLUMN c{number} integer;").unwrap();
        fs::write(
            folder.join(format!("{}_add_column_{number}.sql", id(number))),
            text,
        )
        .unwrap();
    }
}

struct Lap(Instant);

impl Lap {
    fn next(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.0, now))
    }
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1000.0
}
