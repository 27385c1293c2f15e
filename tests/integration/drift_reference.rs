//! Drift of the reference project, through the program: the head and a restored dump of it are silent; every change
//! by hand is named with its object and facet.

use serde_json::Value;
use zerodrift::pg::{Session, Target};

use crate::support::project::{Project, findings, repository};
use crate::support::reference::{Reference, reference};
use crate::support::url;

/// Runs statements as superuser.
fn run(target: &Target, sql: &str) {
    let mut session = Session::open(target, "zerodrift test").unwrap();
    session.run(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[track_caller]
fn assert_silent(reference: &Reference, target: &Target) {
    let run = reference.project.run(&["schema", "diff", &url(target)]);
    run.expect(0, &["No drift from"]);
    assert!(!run.said().contains("Not compared"), "{}", run.said());
    let quiet = reference.project.run(&["schema", "diff", &url(target), "-q"]);
    assert_eq!((quiet.code, quiet.said().as_str()), (0, ""));
    let (code, document) = reference.project.json(&["schema", "diff", &url(target)]);
    assert_eq!((code, &document["data"]["changes"]), (0, &Value::Array(vec![])));
    let fingerprints = ["from", "to"].map(|side| document["data"][side]["fingerprint"].clone());
    assert_eq!(fingerprints[0], fingerprints[1]);
}

#[test]
fn head_is_equal_to_the_committed_snapshot() {
    let reference = reference();
    assert_silent(reference, &reference.at_head());
}

#[test]
fn restored_dump_of_the_head_is_silent() {
    let reference = reference();
    let database = reference.empty();
    let target = url(&database);
    let upgrade = |to: &str| reference.project.run(&["upgrade", to, "--database-url", &target]);
    upgrade("202511151400").expect(0, &["applied 202511151400"]);
    let seed = std::fs::read_to_string(repository().join("seeds/x1.sql")).unwrap();
    run(&database, &seed);
    upgrade("head").expect(0, &["applied 202512201000"]);
    assert_silent(reference, &database);

    let Some(restored) = reference.dump_and_restore(&database) else {
        return;
    };
    let mut session = Session::open(&restored, "zerodrift test").unwrap();
    let rows = session
        .text_rows("SELECT count(*) FROM public.attribution_events")
        .unwrap();
    assert_eq!(rows, [[Some("1".to_owned())]], "the dump holds rows");
    assert_silent(reference, &restored);
    // Dumped once more, expressions are printed from what was read back.
    let Some(again) = reference.dump_and_restore(&restored) else {
        return;
    };
    assert_silent(reference, &again);
}

/// Statement, object as findings name it, and facet (or `added`, `removed`).
const BY_HAND: &[(&str, &str, &str)] = &[
    (
        "ALTER TABLE revenue_ledger DISABLE ROW LEVEL SECURITY",
        "table public.revenue_ledger",
        "row security",
    ),
    (
        "ALTER TABLE attribution_events NO FORCE ROW LEVEL SECURITY",
        "table public.attribution_events",
        "force row security",
    ),
    (
        "ALTER POLICY tenant_isolation_policy ON dead_events USING (true)",
        "policy tenant_isolation_policy on table public.dead_events",
        "using",
    ),
    (
        "ALTER POLICY tenant_isolation_policy ON investigations TO app_user",
        "policy tenant_isolation_policy on table public.investigations",
        "roles",
    ),
    (
        "DROP POLICY tenant_isolation_policy ON llm_api_calls",
        "policy tenant_isolation_policy on table public.llm_api_calls",
        "removed",
    ),
    (
        "GRANT UPDATE ON attribution_events TO app_rw",
        "table public.attribution_events",
        "privileges",
    ),
    (
        "GRANT SELECT (api_key_hash) ON tenants TO app_ro",
        "column public.tenants.api_key_hash",
        "privileges",
    ),
    (
        "ALTER TABLE attribution_events ALTER COLUMN currency SET DEFAULT 'EUR'",
        "column public.attribution_events.currency",
        "default",
    ),
    (
        "ALTER TABLE attribution_events ALTER COLUMN session_id DROP NOT NULL",
        "column public.attribution_events.session_id",
        "not null",
    ),
    (
        "ALTER TABLE explanation_cache ALTER COLUMN cache_hit_count TYPE bigint",
        "column public.explanation_cache.cache_hit_count",
        "type",
    ),
    (
        "ALTER TABLE budget_optimization_jobs ADD COLUMN extra int",
        "column public.budget_optimization_jobs.extra",
        "added",
    ),
    (
        "ALTER TABLE attribution_events DROP CONSTRAINT ck_attribution_events_retry_count_positive,
         ADD CONSTRAINT ck_attribution_events_retry_count_positive CHECK (retry_count > 0)",
        "constraint ck_attribution_events_retry_count_positive on table public.attribution_events",
        "definition",
    ),
    (
        "DROP INDEX idx_events_tenant_timestamp",
        "index public.idx_events_tenant_timestamp",
        "removed",
    ),
    (
        "DROP INDEX idx_attribution_events_tenant_occurred_at;
         CREATE INDEX idx_attribution_events_tenant_occurred_at ON attribution_events (tenant_id, occurred_at)",
        "index public.idx_attribution_events_tenant_occurred_at",
        "definition",
    ),
    (
        "ALTER TABLE attribution_events DISABLE TRIGGER trg_events_prevent_mutation",
        "trigger trg_events_prevent_mutation on table public.attribution_events",
        "enabled",
    ),
    (
        "CREATE OR REPLACE FUNCTION fn_events_prevent_mutation() RETURNS trigger LANGUAGE plpgsql
         AS $$ BEGIN RETURN NEW; END $$",
        "function public.fn_events_prevent_mutation()",
        "body",
    ),
    (
        "ALTER FUNCTION fn_detect_pii_keys(jsonb) SECURITY DEFINER",
        "function public.fn_detect_pii_keys(jsonb)",
        "security definer",
    ),
    (
        "ALTER MATERIALIZED VIEW mv_realtime_revenue OWNER TO postgres",
        "materialized view public.mv_realtime_revenue",
        "owner",
    ),
    (
        "DROP INDEX idx_mv_allocation_summary_key",
        "index public.idx_mv_allocation_summary_key",
        "removed",
    ),
    (
        "CREATE VIEW tenant_names AS SELECT id, name FROM tenants",
        "view public.tenant_names",
        "added",
    ),
    (
        "ALTER SEQUENCE queue_id_sequence INCREMENT BY 10",
        "sequence public.queue_id_sequence",
        "increment",
    ),
    (
        "COMMENT ON TABLE revenue_ledger IS 'anything'",
        "table public.revenue_ledger",
        "comment",
    ),
    ("CREATE TYPE mood AS ENUM ('fair', 'foul')", "enum type public.mood", "added"),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT SELECT ON TABLES TO PUBLIC",
        "default privileges postgres for tables",
        "added",
    ),
    (
        "ALTER TABLE channel_taxonomy OWNER TO app_rw",
        "table public.channel_taxonomy",
        "owner",
    ),
    (
        "ALTER TABLE llm_monthly_costs SET UNLOGGED",
        "table public.llm_monthly_costs",
        "persistence",
    ),
    ("GRANT CREATE ON SCHEMA public TO app_user", "schema public", "privileges"),
    ("CREATE EXTENSION btree_gist", "extension btree_gist", "added"),
];

/// Object and facet of every change, as the program's JSON has them.
fn changes(project: &Project, target: &Target) -> (i32, Vec<(String, String)>) {
    let (code, document) = project.json(&["schema", "diff", &url(target)]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let changes = document["data"]["changes"].as_array().unwrap();
    let named: Vec<(String, String)> = changes
        .iter()
        .map(|change| {
            let facet = &change["facet"];
            let what = if facet.is_null() { &change["what"] } else { facet };
            (text(&change["object"]), text(what))
        })
        .collect();
    assert_eq!(
        findings(&document).len(),
        changes.iter().filter(|change| change["level"] != "info").count()
    );
    (code, named)
}

#[test]
fn every_change_by_hand_is_named_alone() {
    let reference = reference();
    let mut wrong = Vec::new();
    for (sql, object, facet) in BY_HAND {
        let database = reference.at_head();
        run(&database, sql);
        let (code, found) = changes(&reference.project, &database);
        if code != 1 || found != [((*object).to_owned(), (*facet).to_owned())] {
            wrong.push(format!("{object}, {facet}: exit {code}, found {found:?}"));
        }
        reference.cluster.drop_database(database.database()).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_changes_by_hand_at_once() {
    let reference = reference();
    let database = reference.at_head();
    for (sql, ..) in BY_HAND {
        run(&database, sql);
    }
    let (code, found) = changes(&reference.project, &database);
    assert_eq!(code, 1);
    let missing: Vec<_> = BY_HAND
        .iter()
        .filter(|(_, object, facet)| !found.contains(&((*object).to_owned(), (*facet).to_owned())))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(found.len(), BY_HAND.len());
    let run = reference.project.run(&["schema", "diff", &url(&database)]);
    run.expect(
        1,
        &[
            &format!("{} differences from", BY_HAND.len()),
            "table public.revenue_ledger: row security changed from yes to no",
            "Invariant: immutable-ledger",
            "+ app_rw: UPDATE",
            "\n      + BEGIN RETURN NEW; END",
        ],
    );
}
