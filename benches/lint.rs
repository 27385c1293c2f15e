//! Migrations to measure linters with: `cargo bench --bench lint -- FILES FOLDER`.
//!
//! Writes FILES files of 20 lines into FOLDER, as projects have them: tables, columns, constraints, indexes, backfills,
//! policies, functions, grants, with names that differ from file to file. Then lints them in this process, all cores,
//! three times, and prints the best. `scripts/bench-lint` measures whole programs on the same files.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;
use zerodrift::lint::context::Settings;
use zerodrift::lint::run::{self, About};
use zerodrift::lint::schema::Schema;

/// Statements of one to eight lines; `{n}` is the number of the file, `{k}` changes from place to place.
const STATEMENTS: &[&str] = &[
    "CREATE TABLE app.orders_{n}_{k} (\n    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n    customer_id bigint NOT NULL REFERENCES app.customers (id) ON DELETE CASCADE,\n    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid', 'sent')),\n    total numeric(12, 2) NOT NULL CHECK (total >= 0),\n    created_at timestamptz NOT NULL DEFAULT now()\n);",
    "ALTER TABLE app.invoices_{k} ADD COLUMN reference_{n} varchar(40);",
    "ALTER TABLE app.invoices_{k} ADD COLUMN paid_{n} boolean NOT NULL DEFAULT false;",
    "CREATE INDEX invoices_{n}_{k}_idx ON app.invoices_{k} (customer_id, created_at DESC) WHERE paid_at IS NULL;",
    "CREATE UNIQUE INDEX CONCURRENTLY payments_{n}_{k}_key\n    ON app.payments_{k} (lower(reference), provider);",
    "ALTER TABLE app.payments_{k}\n    ADD CONSTRAINT payments_{n}_customer FOREIGN KEY (customer_id) REFERENCES app.customers (id) NOT VALID;",
    "ALTER TABLE app.payments_{k} VALIDATE CONSTRAINT payments_{n}_customer;",
    "ALTER TABLE app.events_{k} ALTER COLUMN payload SET NOT NULL;",
    "UPDATE app.events_{k}\nSET kind = CASE WHEN payload ? 'kind' THEN payload ->> 'kind' ELSE 'unknown' END\nWHERE id BETWEEN {n} AND {n} + 1000;",
    "INSERT INTO app.settings (name, value) VALUES ('limit_{n}', '{k}'), ('window_{n}', '60') ON CONFLICT (name) DO NOTHING;",
    "ALTER TABLE app.events_{k} ENABLE ROW LEVEL SECURITY;",
    "CREATE POLICY tenant_{n} ON app.events_{k}\n    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);",
    "CREATE OR REPLACE FUNCTION app.touch_{n}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    NEW.updated_at := now();\n    RETURN NEW;\nEND\n$$;",
    "CREATE TRIGGER touch_{n} BEFORE UPDATE ON app.orders_{k} FOR EACH ROW EXECUTE FUNCTION app.touch_{n}();",
    "GRANT SELECT, INSERT, UPDATE ON app.orders_{k} TO app_user;",
    "COMMENT ON COLUMN app.invoices_{k}.reference_{n} IS 'What the customer calls it';",
    "DROP INDEX CONCURRENTLY IF EXISTS app.events_{n}_old_idx;",
    "-- The next statement is cheap: nothing is read.",
    "CREATE VIEW app.open_{n}_{k} AS\n    SELECT o.id, o.total, c.name FROM app.orders_{k} AS o JOIN app.customers AS c ON c.id = o.customer_id\n    WHERE o.state = 'open';",
    "ALTER TABLE app.customers ALTER COLUMN name TYPE text;",
];

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let files: usize = arguments
        .first()
        .and_then(|count| count.parse().ok())
        .unwrap_or(10_000);
    let kept = tempfile::tempdir().unwrap();
    let folder = arguments
        .get(1)
        .map_or_else(|| kept.path().to_path_buf(), PathBuf::from);
    let texts = write(&folder, files);
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let (settings, base) = (Settings::default(), Schema::unknown());
    let best = (0..3)
        .map(|_| {
            let start = Instant::now();
            let found: usize = texts
                .par_iter()
                .map(|(path, text)| {
                    let about = About {
                        transactional: true,
                        ..About::default()
                    };
                    run::alone(&run::migration(0, path, text, about), &base, &settings).len()
                })
                .sum();
            (start.elapsed(), found)
        })
        .min()
        .unwrap();
    println!(
        "{files} files, {:.1} MB, {} findings in {:.2} s: {:.0} files a second on {} threads",
        bytes as f64 / 1e6,
        best.1,
        best.0.as_secs_f64(),
        files as f64 / best.0.as_secs_f64(),
        rayon::current_num_threads()
    );
}

fn write(folder: &Path, files: usize) -> Vec<(PathBuf, String)> {
    std::fs::create_dir_all(folder).unwrap();
    (0..files)
        .map(|n| {
            let text = file(n);
            let path = folder.join(format!("V{n:06}__change.sql"));
            std::fs::write(&path, &text).unwrap();
            (path, text)
        })
        .collect()
}

/// A file of about 20 lines; which statements it has is decided by its number.
fn file(n: usize) -> String {
    let mut text = String::new();
    let mut at = n * 7;
    while text.lines().count() < 18 {
        let statement = STATEMENTS[at % STATEMENTS.len()];
        text += &statement
            .replace("{n}", &n.to_string())
            .replace("{k}", &(at % 97).to_string());
        text.push('\n');
        at += 3 + n % 5;
    }
    text
}
