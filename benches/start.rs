//! How long a throw-away server takes to start, to make one more database and to stop:
//! `cargo bench --bench start -- [MAJOR…]`.
//!
//! Warm: the seed of the server is in the cache. Each figure is the median of 15 starts, with the worst beside it.
#![allow(missing_docs, clippy::print_stdout)]

use std::time::{Duration, Instant};

use zerodrift::pg::{Cluster, ClusterOptions, PgError};

const STARTS: usize = 15;

fn main() -> Result<(), PgError> {
    let mut majors: Vec<Option<u32>> = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok())
        .map(Some)
        .collect();
    if majors.is_empty() {
        majors.push(None);
    }
    println!(
        "{:<10} {:>10} {:>12} {:>10}   (median, worst)",
        "server", "start", "database", "stop"
    );
    for major in majors {
        measure(&ClusterOptions {
            major,
            ..ClusterOptions::default()
        })?;
    }
    Ok(())
}

fn measure(options: &ClusterOptions) -> Result<(), PgError> {
    let version = Cluster::start(options)?.version();
    let (mut starts, mut databases, mut stops) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begin = Instant::now();
        let cluster = Cluster::start(options)?;
        let started = Instant::now();
        cluster.create_database("one_more", None)?;
        let created = Instant::now();
        drop(cluster);
        starts.push(started - begin);
        databases.push(created - started);
        stops.push(created.elapsed());
    }
    let [starts, databases, stops] = [starts, databases, stops].map(shown);
    println!(
        "{:<10} {starts:>10} {databases:>12} {stops:>10}",
        version.to_string()
    );
    Ok(())
}

fn shown(mut times: Vec<Duration>) -> String {
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    format!(
        "{:.0}, {:.0} ms",
        milliseconds(times[STARTS / 2]),
        milliseconds(times[STARTS - 1])
    )
}
