//! The reference project as it was before its guards, under the rules on row security, triggers and views.

use std::collections::BTreeSet;
use std::path::Path;

use zerodrift::lint::context::Settings;
use zerodrift::lint::run::{self, About, Input};
use zerodrift::lint::schema::Schema;
use zerodrift::load;
use zerodrift::model::Level;

/// What the project's configuration says, as far as these rules ask.
fn settings() -> Settings {
    Settings {
        servers: vec![15],
        runtime_roles: vec!["app_user".to_owned()],
        tenant_column: Some("tenant_id".to_owned()),
        tenant_setting: Some("app.current_tenant_id".to_owned()),
        exempt: vec!["worker_failed_jobs".to_owned(), "celery_task_failures".to_owned()],
        ..Settings::default()
    }
}

/// Lints the project with its files changed, and returns revision and rule of the findings of some rules.
fn found(
    settings: Settings,
    least: Level,
    rules: &[&str],
    change: impl Fn(&str, String) -> String,
) -> BTreeSet<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let layout = load::Layout {
        root: root.to_path_buf(),
        migrations: "migrations".into(),
        branches: None,
    };
    let (graph, _) = load::load_graph(&layout).unwrap();
    let mut migrations = Vec::new();
    let mut prerequisites = Vec::new();
    for (at, revision) in graph.revisions().enumerate() {
        let about = About {
            revision: Some(revision.id.clone()),
            transactional: revision.transaction,
            has_down: true,
            is_merge: revision.is_merge(),
            ..About::default()
        };
        let text = std::fs::read_to_string(root.join(&revision.path)).unwrap();
        let text = change(revision.id.as_ref(), text);
        migrations.push(run::migration(at as u32, &revision.path, &text, about));
        let before = revision.prerequisites().filter_map(|id| graph.position(id));
        prerequisites.push(before.map(|at| at as u32).collect());
    }
    let input = Input {
        reported: vec![true; migrations.len()],
        migrations,
        prerequisites,
        base: Schema::empty(),
        settings,
    };
    run::together(&input)
        .into_iter()
        .filter(|found| found.problem.level.unwrap_or(found.rule.level) >= least)
        .filter(|found| rules.contains(&found.rule.name))
        .map(|found| {
            let revision = graph.at(found.migration as usize).unwrap();
            (revision.id.to_string(), found.rule.name.to_owned())
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    expected
        .iter()
        .map(|(revision, rule)| ((*revision).to_owned(), (*rule).to_owned()))
        .collect()
}

const HIDDEN: [&str; 4] = [
    "backfill-under-row-security",
    "foreign-key-validated-under-row-security",
    "guard-trigger-in-the-way",
    "read-under-row-security",
];

/// Takes the guarded sections away, the statements in them stay.
fn unguarded(_: &str, text: String) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("--:"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn guarded_project_is_silent() {
    let nothing = found(settings(), Level::Warning, &HIDDEN, |_, text| text);
    assert_eq!(nothing, BTreeSet::new());
}

#[test]
fn every_unguarded_backfill_is_found() {
    let errors = found(settings(), Level::Error, &HIDDEN, unguarded);
    let expected = pairs(&[
        ("202511141302", "read-under-row-security"),
        ("202511141311", "backfill-under-row-security"),
        ("202511141311", "read-under-row-security"),
        ("202511151410", "backfill-under-row-security"),
        ("202511151410", "guard-trigger-in-the-way"),
        ("202511151420", "backfill-under-row-security"),
        ("202511151430", "backfill-under-row-security"),
        ("202511151430", "guard-trigger-in-the-way"),
        ("202511151440", "backfill-under-row-security"),
        ("202511161130", "backfill-under-row-security"),
        ("202511161130", "guard-trigger-in-the-way"),
        ("202511161130", "read-under-row-security"),
        ("202511171200", "backfill-under-row-security"),
        ("202511171300", "read-under-row-security"),
    ]);
    assert_eq!(errors, expected);
}

#[test]
fn foreign_key_of_an_owner_is_found() {
    let owner = Settings {
        bypasses_row_security: false,
        ..settings()
    };
    let rule = ["foreign-key-validated-under-row-security"];
    let errors = found(owner, Level::Error, &rule, unguarded);
    let expected = pairs(&[
        ("202511141311", rule[0]),
        ("202511161100", rule[0]),
        ("202511161130", rule[0]),
    ]);
    assert_eq!(errors, expected);
}

#[test]
fn trigger_alone_stops_a_guarded_backfill() {
    let without = |_: &str, text: String| {
        text.replace(" triggers=trg_events_prevent_mutation", "")
            .replace(" triggers=trg_ledger_prevent_mutation", "")
    };
    let errors = found(settings(), Level::Error, &HIDDEN, without);
    let expected = pairs(&[
        ("202511151410", "guard-trigger-in-the-way"),
        ("202511151430", "guard-trigger-in-the-way"),
        ("202511161130", "guard-trigger-in-the-way"),
    ]);
    assert_eq!(errors, expected);
}

#[test]
fn strict_policies_are_found() {
    let strict = |revision: &str, text: String| match revision {
        "202511131120" | "202511171300" | "202511171520" | "202512081510" => {
            text.replace("'app.current_tenant_id', true)", "'app.current_tenant_id')")
        }
        _ => text,
    };
    let rule = "policy-reads-setting-strictly";
    let expected = pairs(&[
        ("202511131120", rule),
        ("202511171300", rule),
        ("202511171520", rule),
        ("202512081510", rule),
    ]);
    assert_eq!(found(settings(), Level::Warning, &[rule], strict), expected);
    assert_eq!(
        found(settings(), Level::Warning, &[rule], |_, text| text),
        BTreeSet::new()
    );
}

#[test]
fn guard_that_skips_is_found() {
    let skipping = |_: &str, text: String| {
        text.replace(
            "        IF TG_OP = 'DELETE' THEN\n            RETURN OLD;\n        END IF;\n        RETURN NEW;\n    END IF;\n    RAISE",
            "        RETURN NULL;\n    END IF;\n    RAISE",
        )
    };
    let rule = "guard-function-skips-row";
    let expected = pairs(&[("202511141201", rule), ("202511141301", rule)]);
    assert_eq!(found(settings(), Level::Warning, &[rule], skipping), expected);
    assert_eq!(
        found(settings(), Level::Warning, &[rule], |_, text| text),
        BTreeSet::new()
    );
}

#[test]
fn weaknesses_of_functions_and_views_are_found() {
    let rules = [
        "security-definer-without-search-path",
        "owner-bound-by-row-security",
        "owner-cannot-read-sources",
        "matview-key-not-guaranteed",
        "matview-key-nullable",
        "matview-recreated-loses-indexes",
    ];
    let expected = pairs(&[
        ("202511131119", "matview-key-not-guaranteed"),
        ("202511161110", "matview-key-nullable"),
        ("202511161110", "matview-recreated-loses-indexes"),
        ("202511171300", "security-definer-without-search-path"),
        ("202511171530", "security-definer-without-search-path"),
        ("202512191900", "owner-bound-by-row-security"),
        ("202512201000", "matview-key-not-guaranteed"),
        ("202512201000", "owner-bound-by-row-security"),
    ]);
    assert_eq!(found(settings(), Level::Info, &rules, |_, text| text), expected);
}

#[test]
fn owner_without_grants_is_found() {
    let ungranted = |revision: &str, text: String| match revision {
        "202512191900" => text.replace("    TO app_user;", "    TO app_ro;"),
        _ => text,
    };
    let rule = "owner-cannot-read-sources";
    let expected = pairs(&[("202512191900", rule)]);
    assert_eq!(found(settings(), Level::Error, &[rule], ungranted), expected);
}
