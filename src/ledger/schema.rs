//! The tables of the ledger and how they came to be, format by format.

use super::error::LedgerError;
use crate::model::{QualifiedName, quote_literal};
use crate::pg::Session;

/// The schema that holds the ledger. It is never part of a snapshot, a diff or a grant check.
pub const SCHEMA: &str = "zerodrift";

/// The steps that make the ledger, oldest first; the number of steps done is the ledger's format.
///
/// Each runs once per database, in one transaction with the others that are missing.
const FORMATS: &[&str] = &[FORMAT_1, FORMAT_2];

const FORMAT_1: &str = r#"
CREATE SCHEMA zerodrift;
COMMENT ON SCHEMA zerodrift IS 'What zerodrift applied to this database. Not part of the application''s schema.';

CREATE TABLE zerodrift.meta (
    format integer NOT NULL,
    history_table text NOT NULL,
    tool_version text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE zerodrift.meta IS 'One row per format that the ledger has had; the highest is its format.';

CREATE TABLE zerodrift.revision (
    id text PRIMARY KEY,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    version bigint NOT NULL UNIQUE,
    parents text[] NOT NULL,
    depends_on text[] NOT NULL,
    branch text NOT NULL,
    message text NOT NULL,
    checksum text NOT NULL,
    normalised text NOT NULL,
    source text,
    how text NOT NULL CHECK (how IN ('applied', 'stamped')),
    role name NOT NULL DEFAULT current_user,
    tool_version text NOT NULL,
    commit text,
    applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    duration_ms bigint NOT NULL,
    sections jsonb NOT NULL DEFAULT '[]'
);
COMMENT ON TABLE zerodrift.revision IS 'One row per applied revision, never only heads.';
COMMENT ON COLUMN zerodrift.revision.checksum IS 'SHA-256 of the file as it was, byte by byte.';
COMMENT ON COLUMN zerodrift.revision.normalised IS 'SHA-256 of its tokens: equal for edits of white space, comments and line endings.';
COMMENT ON COLUMN zerodrift.revision.source IS 'The file without secrets, to show what an edit changed; null for large files.';
COMMENT ON COLUMN zerodrift.revision.sections IS 'Rows touched and rows present per guarded section.';

CREATE TABLE zerodrift.attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL,
    action text NOT NULL,
    revision text,
    outcome text NOT NULL,
    target text,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    role name NOT NULL DEFAULT current_user,
    session_role name NOT NULL DEFAULT session_user,
    backend_pid integer NOT NULL DEFAULT pg_catalog.pg_backend_pid(),
    application text NOT NULL DEFAULT pg_catalog.current_setting('application_name'),
    client inet DEFAULT pg_catalog.inet_client_addr(),
    server_version text NOT NULL DEFAULT pg_catalog.current_setting('server_version'),
    tool_version text NOT NULL,
    commit text,
    duration_ms bigint,
    sqlstate text,
    error text,
    place text
);
COMMENT ON TABLE zerodrift.attempt IS 'What was tried, append-only: a row per run at its start, a row per revision at its end.';

CREATE TABLE zerodrift.statement (
    revision text NOT NULL,
    number integer NOT NULL,
    checksum text NOT NULL,
    excerpt text NOT NULL,
    backend_pid integer NOT NULL DEFAULT pg_catalog.pg_backend_pid(),
    backend_start timestamptz NOT NULL,
    intended_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    outcome text CHECK (outcome IN ('done', 'failed')),
    finished_at timestamptz,
    rows bigint,
    sqlstate text,
    error text,
    PRIMARY KEY (revision, number)
);
COMMENT ON TABLE zerodrift.statement IS 'Journal of files that run outside a transaction: intent before each statement, outcome after it.';

CREATE TABLE zerodrift.cursor (
    revision text NOT NULL,
    section integer NOT NULL,
    position text[],
    upper text[],
    present bigint,
    rows bigint NOT NULL DEFAULT 0,
    batches bigint NOT NULL DEFAULT 0,
    closing boolean NOT NULL DEFAULT false,
    done boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (revision, section)
);
COMMENT ON TABLE zerodrift.cursor IS 'How far a batched backfill has come: committed together with each batch.';
"#;

const FORMAT_2: &str = r#"
ALTER TABLE zerodrift.attempt ADD COLUMN statement text, ADD COLUMN before jsonb;
COMMENT ON COLUMN zerodrift.attempt.statement IS 'The statement that failed, on one line and without secrets.';
COMMENT ON COLUMN zerodrift.attempt.before IS 'What an accepted edit replaced: checksum, normalised, source.';

ALTER TABLE zerodrift.statement ADD COLUMN before jsonb, ADD COLUMN settled text;
COMMENT ON COLUMN zerodrift.statement.before IS 'What the catalog showed before the statement, to tell after a crash whether it took effect.';
COMMENT ON COLUMN zerodrift.statement.settled IS 'How a step in doubt was settled: what the catalog showed, or the word of a user.';

ALTER TABLE zerodrift.cursor
    ADD COLUMN size bigint,
    ADD COLUMN walked bigint NOT NULL DEFAULT 0,
    ADD COLUMN repeats boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN zerodrift.cursor.size IS 'Rows of the next batch where the size follows a target duration.';
COMMENT ON COLUMN zerodrift.cursor.walked IS 'Rows passed by in this pass, touched or not.';
COMMENT ON COLUMN zerodrift.cursor.repeats IS 'Whether the condition still selected a row that a batch had changed.';
"#;

/// The newest format that this program knows.
pub fn newest_format() -> i32 {
    FORMATS.len() as i32
}

/// Returns the SQL that brings a ledger from one format to another, without a transaction around it.
///
/// The history table is created even if only it is missing.
pub fn script(history: &QualifiedName, from: i32, to: i32) -> String {
    let mut sql = super::refinery::create_table(history);
    sql.push_str("\n;\n");
    let (from, to) = (from.max(0) as usize, to.max(0) as usize);
    for (done, step) in FORMATS.iter().enumerate().take(to).skip(from) {
        sql.push_str(step);
        sql.push_str(&format!(
            "INSERT INTO zerodrift.meta (format, history_table, tool_version) VALUES ({}, {}, {});\n",
            done + 1,
            quote_literal(&history.quoted()),
            quote_literal(env!("CARGO_PKG_VERSION")),
        ));
    }
    sql
}

/// Creates what is missing, in one transaction. The caller holds the migrator lock.
///
/// `format` is what the ledger has now, 0 for none.
pub fn create(session: &mut Session, history: &QualifiedName, format: i32) -> Result<(), LedgerError> {
    if format > newest_format() {
        return Err(LedgerError::Newer {
            found: format,
            known: newest_format(),
        });
    }
    let created = session.run(&creation(history, format)).map(|_| ());
    created.map_err(|error| {
        // Whatever was begun is given up; the connection may be gone, which the error already says.
        let _ = session.run("ROLLBACK");
        LedgerError::Database {
            doing: if format == 0 { "create" } else { "upgrade" },
            error,
        }
    })
}

/// Returns the statements that [`create`] runs.
pub fn creation(history: &QualifiedName, format: i32) -> String {
    format!(
        "BEGIN;\nSET LOCAL lock_timeout = '5s';\n{}COMMIT;",
        script(history, format, newest_format())
    )
}
