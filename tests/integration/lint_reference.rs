//! The reference project under the linter: as it is mended, and with each recorded defect put back.

use std::path::{Path, PathBuf};
use std::process::Command;

use zerodrift::lint::context::Settings;
use zerodrift::lint::run::{self, About, Input};
use zerodrift::lint::schema::Schema;
use zerodrift::load;

/// How a text is changed back.
enum Edit {
    /// One passage becomes another; it has to be there.
    Replace(&'static str, &'static str),
    /// The directives of guarded backfills go.
    WithoutGuards,
}

/// A defect, as REFERENCE.md names it.
struct Defect {
    id: &'static str,
    edits: &'static [(&'static str, Edit)],
    /// Whether the migrating role is bound by row security.
    as_owner: bool,
    /// Revision, rule and object of a finding that says it.
    wanted: &'static [(&'static str, &'static str, &'static str)],
}

use Edit::{Replace, WithoutGuards};

/// Each defect with what the linter has to say; those of the graph alone are told by `graph`.
const DEFECTS: &[Defect] = &[
    Defect {
        id: "D3",
        edits: &[("202512120900", Replace("parents: [202511131121]", "parents: []"))],
        as_owner: false,
        wanted: &[("202512151300", "undeclared-dependency", "public.tenants")],
    },
    Defect {
        id: "D4",
        edits: &[("202511151410", WithoutGuards)],
        as_owner: true,
        wanted: &[(
            "202511151410",
            "backfill-under-row-security",
            "attribution_events",
        )],
    },
    Defect {
        id: "D8",
        edits: &[(
            "202511151410",
            Replace(" triggers=trg_events_prevent_mutation", ""),
        )],
        as_owner: false,
        wanted: &[("202511151410", "guard-trigger-in-the-way", "attribution_events")],
    },
    Defect {
        id: "D9",
        edits: &[(
            "202511131120",
            Replace(
                "ON public.attribution_events\n    USING (tenant_id = current_setting('app.current_tenant_id', true)::uuid)",
                "ON public.attribution_events\n    USING (tenant_id = current_setting('app.current_tenant_id')::uuid)",
            ),
        )],
        as_owner: false,
        wanted: &[(
            "202511131120",
            "policy-reads-setting-strictly",
            "attribution_events",
        )],
    },
    Defect {
        id: "D10",
        edits: &[
            (
                "202512151410",
                Replace("depends-on: [202511131232]", "depends-on: []"),
            ),
            (
                "202512151410",
                Replace(
                    "ADD COLUMN IF NOT EXISTS allocation_ratio",
                    "ADD COLUMN allocation_ratio",
                ),
            ),
            (
                "202512151410",
                Replace(
                    "ADD COLUMN IF NOT EXISTS model_version",
                    "ADD COLUMN model_version",
                ),
            ),
        ],
        as_owner: false,
        wanted: &[
            (
                "202512151410",
                "order-dependent",
                "public.attribution_allocations.allocation_ratio",
            ),
            (
                "202512151410",
                "order-dependent",
                "public.attribution_allocations.model_version",
            ),
        ],
    },
    Defect {
        id: "D11",
        edits: &[(
            "202512151410",
            Replace(
                "DO $$\nBEGIN\n    IF to_regclass",
                "CREATE INDEX recorded ON public.attribution_allocations (tenant_id, channel);\nDO $$\nBEGIN\n    IF to_regclass",
            ),
        )],
        as_owner: false,
        wanted: &[(
            "202512151410",
            "order-dependent",
            "public.attribution_allocations.channel",
        )],
    },
    Defect {
        id: "D12",
        edits: &[(
            "202512091100",
            Replace(
                "ALTER TABLE public.explanation_cache",
                "ALTER TABLE public.llm_inference_cache",
            ),
        )],
        as_owner: false,
        wanted: &[("202512091100", "unknown-object", "public.llm_inference_cache")],
    },
    Defect {
        id: "W1",
        edits: &[(
            "202512151410",
            Replace("depends-on: [202511131232]", "depends-on: []"),
        )],
        as_owner: false,
        wanted: &[(
            "202512151410",
            "order-dependent",
            "public.attribution_allocations.allocation_ratio",
        )],
    },
    Defect {
        id: "W2",
        edits: &[(
            "202512120900",
            Replace(
                "ON SEQUENCE public.kombu_queue_id_seq, public.kombu_message_id_seq,\n                        public.celery_taskmeta_id_seq, public.celery_tasksetmeta_id_seq\n",
                "ON ALL SEQUENCES IN SCHEMA public\n",
            ),
        )],
        as_owner: false,
        wanted: &[("202512120900", "order-dependent", "pii_audit_findings_id_seq")],
    },
    Defect {
        id: "W3",
        edits: &[
            ("202511151420", WithoutGuards),
            ("202511151430", WithoutGuards),
            ("202511151440", WithoutGuards),
            ("202511141302", WithoutGuards),
        ],
        as_owner: true,
        wanted: &[
            (
                "202511151420",
                "backfill-under-row-security",
                "attribution_allocations",
            ),
            ("202511151430", "backfill-under-row-security", "revenue_ledger"),
            ("202511151440", "backfill-under-row-security", "dead_events"),
            ("202511141302", "read-under-row-security", "revenue_ledger"),
        ],
    },
    Defect {
        id: "W4",
        edits: &[("202511151430", WithoutGuards)],
        as_owner: false,
        wanted: &[("202511151430", "guard-trigger-in-the-way", "revenue_ledger")],
    },
    Defect {
        id: "W5 as superuser",
        edits: &[("202511161130", WithoutGuards)],
        as_owner: false,
        wanted: &[("202511161130", "guard-trigger-in-the-way", "attribution_events")],
    },
    Defect {
        id: "W5 as owner",
        edits: &[("202511161130", WithoutGuards)],
        as_owner: true,
        wanted: &[
            (
                "202511161130",
                "backfill-under-row-security",
                "attribution_events",
            ),
            (
                "202511161130",
                "foreign-key-validated-under-row-security",
                "attribution_events",
            ),
        ],
    },
    Defect {
        id: "W6",
        edits: &[(
            "202511171300",
            Replace(
                "ADD COLUMN tenant_id uuid;",
                "ADD COLUMN tenant_id uuid NOT NULL;",
            ),
        )],
        as_owner: false,
        wanted: &[(
            "202511171300",
            "not-null-column-without-default",
            "public.revenue_state_transitions.tenant_id",
        )],
    },
    Defect {
        id: "W6, the side that is read",
        edits: &[("202511171300", WithoutGuards)],
        as_owner: true,
        wanted: &[("202511171300", "read-under-row-security", "revenue_ledger")],
    },
    Defect {
        id: "W7",
        edits: &[(
            "202512131200",
            Replace("DEFAULT 'pending'", "DEFAULT '''pending'''"),
        )],
        as_owner: false,
        wanted: &[("202512131200", "default-violates-check", "status")],
    },
    Defect {
        id: "W8",
        edits: &[(
            "202511141201",
            Replace("        RETURN NEW;\n", "        RETURN NULL;\n"),
        )],
        as_owner: false,
        wanted: &[(
            "202511141201",
            "guard-function-skips-row",
            "fn_events_prevent_mutation",
        )],
    },
    Defect {
        id: "W9",
        edits: &[],
        as_owner: false,
        wanted: &[(
            "202511171300",
            "security-definer-without-search-path",
            "fn_log_revenue_state_change",
        )],
    },
    Defect {
        id: "W10",
        edits: &[],
        as_owner: false,
        wanted: &[(
            "202512191900",
            "owner-bound-by-row-security",
            "mv_channel_performance",
        )],
    },
    Defect {
        id: "W11",
        edits: &[],
        as_owner: false,
        wanted: &[(
            "202512201000",
            "matview-key-not-guaranteed",
            "mv_reconciliation_status",
        )],
    },
    Defect {
        id: "W12",
        edits: &[],
        as_owner: false,
        wanted: &[("202511161110", "matview-key-nullable", "mv_allocation_summary")],
    },
    Defect {
        id: "W14",
        edits: &[],
        as_owner: false,
        wanted: &[
            ("202512120900", "redundant-index", "ix_celery_taskmeta_task_id"),
            (
                "202512120900",
                "redundant-index",
                "ix_celery_tasksetmeta_taskset_id",
            ),
            (
                "202512131200",
                "redundant-index",
                "idx_celery_task_failures_task_name",
            ),
            (
                "202511161130",
                "foreign-key-type-mismatch",
                "public.attribution_events.channel",
            ),
        ],
    },
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Copies the migrations with their edits.
fn copy(from: &Path, to: &Path, edits: &[(&str, Edit)], missed: &mut Vec<String>) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            copy(&path, &to.join(&name), edits, missed);
            continue;
        }
        let mut text = std::fs::read_to_string(&path).unwrap();
        let is_up = !name.ends_with(".down.sql") && !name.ends_with(".verify.sql");
        for (revision, edit) in edits {
            if !is_up || !name.starts_with(&format!("{revision}_")) {
                continue;
            }
            let edited = match edit {
                Replace(before, after) => text.replace(before, after),
                WithoutGuards => {
                    let lines = text.lines().filter(|line| !line.starts_with("--:"));
                    lines.map(|line| format!("{line}\n")).collect()
                }
            };
            if edited == text {
                missed.push(format!("{revision} has nothing to change"));
            }
            text = edited;
        }
        std::fs::write(to.join(&name), text).unwrap();
    }
}

/// Lints a project from its folder: revision, rule, object, message and level of each finding.
fn lint(root: &Path, settings: Settings) -> Vec<[String; 5]> {
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
            approval: revision.approval.clone(),
            has_down: revision.down.is_some(),
            is_merge: revision.is_merge(),
        };
        let text = std::fs::read_to_string(root.join(&revision.path)).unwrap();
        migrations.push(run::migration(at as u32, &revision.path, &text, about));
        let before = revision.prerequisites().filter_map(|id| graph.position(id));
        prerequisites.push(before.map(|at| at as u32).collect());
    }
    let found = run::together(&Input {
        reported: vec![true; migrations.len()],
        migrations,
        prerequisites,
        base: Schema::empty(),
        settings,
    });
    found
        .into_iter()
        .map(|found| {
            let level = found.level();
            [
                graph.at(found.migration as usize).unwrap().id.to_string(),
                found.rule.name.to_owned(),
                found.problem.object.unwrap_or_default(),
                found.problem.message,
                level.to_string(),
            ]
        })
        .collect()
}

fn settings(as_owner: bool) -> Settings {
    Settings {
        servers: vec![15],
        bypasses_row_security: !as_owner,
        migration_roles: vec![if as_owner { "app_user" } else { "postgres" }.to_owned()],
        runtime_roles: vec!["app_user".to_owned()],
        tenant_column: Some("tenant_id".to_owned()),
        tenant_setting: Some("app.current_tenant_id".to_owned()),
        exempt: [
            "tenants",
            "channel_taxonomy",
            "channel_state_transitions",
            "pii_audit_findings",
        ]
        .map(str::to_owned)
        .to_vec(),
        ..Settings::default()
    }
}

/// Every defect that was recorded is found where it is put back, and what says so is not found in the mended project; the
/// last ones are there at the head anyway.
#[test]
fn every_recorded_defect_is_found() {
    let mut wrongs = Vec::new();
    for defect in DEFECTS {
        let folder = tempfile::tempdir().unwrap();
        let mut missed = Vec::new();
        copy(
            &root().join("migrations"),
            &folder.path().join("migrations"),
            defect.edits,
            &mut missed,
        );
        wrongs.extend(
            missed
                .into_iter()
                .map(|missed| format!("{}: {missed}", defect.id)),
        );
        let broken = lint(folder.path(), settings(defect.as_owner));
        let mended = lint(&root(), settings(defect.as_owner));
        for (revision, rule, object) in defect.wanted {
            let is = |found: &&[String; 5]| {
                found[0] == *revision
                    && found[1] == *rule
                    && (found[2].contains(object) || found[3].contains(object))
            };
            let is_told = |found: &&[String; 5]| defect.edits.is_empty() || !mended.contains(found);
            let new: Vec<_> = broken.iter().filter(is_told).collect();
            let said = new.iter().any(is);
            if !said {
                wrongs.push(format!(
                    "{}: no {rule} of {object} in {revision}; new are {new:#?}",
                    defect.id
                ));
            }
        }
    }
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n"));
}

/// What the linter says of the project at warning or above is mended, or accepted there with a reason.
#[test]
fn the_mended_project_has_nothing_that_is_not_accepted() {
    let output = Command::new(env!("CARGO_BIN_EXE_zerodrift"))
        .args(["lint", "--color", "never"])
        .current_dir(root())
        .output()
        .unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("0 errors, 0 warnings"), "{text}");
}
