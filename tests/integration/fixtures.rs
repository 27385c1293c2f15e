//! The broken variants of the reference project: each is reported in the words that its defect asks for.

use crate::support::project::{Project, findings};

#[test]
fn reference_project_is_clean() {
    let (code, document) = Project::reference().json(&["lint"]);
    assert_eq!(findings(&document), []);
    assert_eq!(code, 0);
}

#[test]
fn three_heads_are_named_with_labels_and_the_merge_to_run() {
    let project = Project::fixture("three_heads");
    let run = project.run(&["lint"]);
    assert_eq!(run.code, 1, "{}", run.out);
    for part in [
        "expected 1 head, found 3",
        "e9b7435efea6",
        "202512091100",
        "202512171700",
        "celery_foundation",
        "skeldir_foundation",
        "zerodrift merge",
    ] {
        assert!(run.out.contains(part), "{part} is missing in:\n{}", run.out);
    }
}

#[test]
fn second_root_is_named_with_the_first() {
    let (code, document) = Project::fixture("two_roots").json(&["lint"]);
    assert_eq!(code, 1);
    let found = findings(&document);
    let (_, _, message) = found
        .iter()
        .find(|(rule, ..)| rule == "several-roots")
        .expect("several-roots");
    assert!(message.contains("2 roots"), "{message}");
    let text = document.to_string();
    assert!(
        text.contains("baseline") && text.contains("202512120900"),
        "{text}"
    );
}

#[test]
fn undeclared_dependency_has_one_root_and_one_head() {
    // The graph alone is whole; the missing edge shows in the SQL only.
    let (code, document) = Project::fixture("undeclared_dependency").json(&["lint"]);
    let found = findings(&document);
    assert_eq!((code, found.len()), (1, 1), "{found:?}");
    let (rule, object, message) = &found[0];
    assert_eq!((&**rule, &**object), ("undeclared-dependency", "public.tenants"));
    assert!(
        message.contains("202512151300") && message.contains("202511131115"),
        "{message}"
    );
}

#[test]
fn folder_outside_the_configuration_is_reported_with_its_revision() {
    let (code, document) = Project::fixture("folder_not_configured").json(&["lint"]);
    assert_eq!(code, 1);
    let found = findings(&document);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "revision-outside-branches");
    let text = document["findings"].to_string();
    for part in ["202511171000", "005_webhook_secrets", "202512081510"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

/// The findings of one rule in a rehearsal, as objects.
fn rehearsed(fixture: &str, rule: &str) -> (i32, Vec<String>, Vec<(String, String, String)>) {
    let (code, document) = Project::fixture(fixture).json(&["rehearse"]);
    let all = findings(&document);
    let mut objects: Vec<String> = all
        .iter()
        .filter(|finding| finding.0 == rule)
        .map(|finding| finding.1.clone())
        .collect();
    objects.sort();
    (code, objects, all)
}

#[test]
fn registry_of_two_views_misses_three_by_name() {
    let (code, objects, all) = rehearsed("registry_lists_two_views", "matview-missing-from-registry");
    assert_eq!(code, 1);
    assert_eq!(
        objects,
        [
            "public.mv_allocation_summary",
            "public.mv_realtime_revenue",
            "public.mv_reconciliation_status"
        ]
    );
    assert_eq!(all.len(), 3, "{all:?}");
}

#[test]
fn views_owned_by_postgres_are_reported_one_by_one() {
    let (code, objects, all) = rehearsed("matviews_owned_by_postgres", "matview-owner");
    assert_eq!(code, 1);
    assert_eq!(objects.len(), 5, "{all:?}");
    assert!(
        all.iter().any(|(_, _, message)| message
            == "owner of materialized view \"public.mv_allocation_summary\" is \"postgres\", expected \"app_user\""),
        "{all:?}"
    );
}

#[test]
fn views_that_no_revision_brings_back_break_the_contract() {
    let (code, objects, all) = rehearsed("views_dropped_never_restored", "matview-missing-from-database");
    assert_eq!(code, 1);
    assert_eq!(
        objects,
        ["public.mv_realtime_revenue", "public.mv_reconciliation_status"],
        "{all:?}"
    );
}

#[test]
fn stale_snapshot_is_reported_per_object_and_direction() {
    let (code, _, all) = rehearsed("stale_snapshot", "");
    assert_eq!(code, 1);
    let (mut only_in_database, mut only_in_snapshot, mut differs) = (vec![], vec![], vec![]);
    for (rule, object, message) in &all {
        assert_eq!(rule, "drift", "{message}");
        let said = message.strip_prefix(object.as_str()).unwrap();
        if said.starts_with(": added") {
            only_in_database.push(object.as_str());
        } else if said.starts_with(": removed") {
            only_in_snapshot.push(object.as_str());
        } else {
            assert!(said.contains(" changed"), "{message}");
            differs.push(object.as_str());
        }
    }
    for list in [&mut only_in_database, &mut only_in_snapshot, &mut differs] {
        list.sort_unstable();
    }
    assert_eq!(
        only_in_database,
        [
            "column public.explanation_cache.ci_validation_test",
            "function public.fn_block_worker_ingestion_mutation()",
            "materialized view public.mv_realtime_revenue",
            "materialized view public.mv_reconciliation_status",
            "sequence public.celery_taskmeta_id_seq",
            "sequence public.celery_tasksetmeta_id_seq",
            "sequence public.kombu_message_id_seq",
            "sequence public.kombu_queue_id_seq",
            "sequence public.message_id_sequence",
            "sequence public.queue_id_sequence",
            "sequence public.task_id_sequence",
            "sequence public.taskset_id_sequence",
            "table public.attribution_recompute_jobs",
            "table public.celery_taskmeta",
            "table public.celery_tasksetmeta",
            "table public.kombu_message",
            "table public.kombu_queue",
            "table public.worker_failed_jobs",
            "trigger trg_block_worker_mutation_dead_events on table public.dead_events",
            "trigger trg_block_worker_mutation_events on table public.attribution_events",
        ]
    );
    assert_eq!(
        only_in_snapshot,
        [
            "column public.pii_audit_findings.tenant_id",
            "constraint pii_audit_findings_tenant_id_fkey on table public.pii_audit_findings",
        ]
    );
    // Row security is switched and forced on one table; each strict policy differs in USING and in WITH CHECK.
    let policies = differs
        .iter()
        .filter(|object| object.starts_with("policy tenant_isolation_policy on"));
    assert_eq!(
        (policies.count(), differs.len()),
        (2 * 14, 2 * 14 + 2),
        "{differs:?}"
    );
    assert!(
        all.iter().any(|(_, _, message)| message
            == "table public.pii_audit_findings: force row security changed from yes to no"),
        "{all:?}"
    );
}

#[test]
fn recorded_graph_ends_existing_databases_elsewhere_in_three_points() {
    let (code, document) = Project::fixture("x2_recorded").json(&["rehearse"]);
    assert_eq!(code, 1);
    let mut drifted: Vec<(String, String)> = findings(&document)
        .into_iter()
        .filter(|finding| finding.0 == "not-converged")
        .map(|finding| (finding.1, finding.2))
        .collect();
    drifted.sort();
    let text = format!("{drifted:#?}");
    assert_eq!(drifted.len(), 3, "{text}");
    for part in [
        "allocation_ratio",
        "model_version",
        "idx_attribution_allocations_event_model_channel",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}
