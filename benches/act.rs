//! How long it takes to read SQL into acts: `cargo bench --bench act`.
//!
//! A file of 20 lines is read many times over, as the linter does with 10,000 of them, then files of growing size: the
//! time per megabyte stays the same where cost grows linearly. `split` and `parse` are what stands below reading.
//! Each figure is the best of five runs on one core.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use zerodrift::sql::act;
use zerodrift::sql::parse::{Grammar, Tree};
use zerodrift::sql::split::split;

const FILE: &str = "\
-- Orders get a state and a place for the warehouse to work from.
CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES shop.customers (id) ON DELETE RESTRICT,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid', 'sent')),
    total numeric(12, 2) NOT NULL CHECK (total >= 0),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX CONCURRENTLY orders_customer ON shop.orders (customer_id, created_at DESC) WHERE state <> 'sent';
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.orders FOR SELECT TO web USING (customer_id = current_setting('app.customer')::bigint);
ALTER TABLE shop.customers ADD COLUMN IF NOT EXISTS orders_open integer NOT NULL DEFAULT 0;

UPDATE shop.customers AS c
   SET orders_open = (SELECT count(*) FROM shop.orders AS o WHERE o.customer_id = c.id AND o.state = 'open')
 WHERE c.id BETWEEN 1 AND 1000;

GRANT SELECT, INSERT ON shop.orders TO web;
COMMENT ON TABLE shop.orders IS 'What customers ordered';
";

fn main() {
    println!("{:<28} {:>10} {:>12} {:>12}", "what", "bytes", "µs", "MB/s");
    let reads = |work: &dyn Fn(&str)| best(&|| (0..1_000).for_each(|_| work(FILE))) / 1_000;
    row(
        "split, 20 lines",
        FILE.len(),
        reads(&|text| drop(black_box(split(text)))),
    );
    row(
        "parse, 20 lines",
        FILE.len(),
        reads(&|text| {
            for range in split(text).statements {
                black_box(Tree::parse(&text[range], Grammar::Sql));
            }
        }),
    );
    row(
        "read, 20 lines",
        FILE.len(),
        reads(&|text| drop(black_box(act::read(text)))),
    );
    for copies in [100, 1_000, 10_000] {
        let text = FILE.repeat(copies);
        row(
            "read, many statements",
            text.len(),
            best(&|| drop(black_box(act::read(&text)))),
        );
    }
    for rows in [1_000, 10_000, 100_000] {
        let text = format!(
            "INSERT INTO t VALUES {}(0, 'x')",
            "(1, 'text of a row', now()), ".repeat(rows)
        );
        row(
            "read, one statement",
            text.len(),
            best(&|| drop(black_box(act::read(&text)))),
        );
    }
    for lines in [1_000, 10_000, 100_000] {
        let body = "IF a > b THEN UPDATE t SET x = y WHERE id = a; END IF; ".repeat(lines);
        let text = format!("DO $$ BEGIN {body} END $$");
        row(
            "read, one body",
            text.len(),
            best(&|| drop(black_box(act::read(&text)))),
        );
    }
}

fn best(work: &dyn Fn()) -> Duration {
    let once = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..5).map(|_| once()).min().unwrap()
}

fn row(what: &str, bytes: usize, took: Duration) {
    let megabytes = bytes as f64 / 1e6 / took.as_secs_f64();
    println!(
        "{what:<28} {bytes:>10} {:>12.1} {megabytes:>12.1}",
        took.as_secs_f64() * 1e6
    );
}
