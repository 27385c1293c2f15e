//! The reference project and its broken variants under the linter.

use std::path::Path;

use zerodrift::graph::Graph;
use zerodrift::lint::context::Settings;
use zerodrift::lint::run::{self, About, Found, Input};
use zerodrift::lint::schema::Schema;
use zerodrift::load;

/// Lints a project from its folder.
fn lint(root: &Path, settings: Settings) -> (Graph, Vec<Found>) {
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
    let input = Input {
        reported: vec![true; migrations.len()],
        migrations,
        prerequisites,
        base: Schema::empty(),
        settings,
    };
    let found = run::together(&input);
    (graph, found)
}

#[test]
fn show() {
    let (graph, found) = lint(Path::new(env!("CARGO_MANIFEST_DIR")), Settings::default());
    for found in found {
        eprintln!(
            "{} {:?} {} {}",
            graph.at(found.migration as usize).unwrap().id,
            found.problem.level.unwrap_or(found.rule.level),
            found.rule.name,
            found.problem.message
        );
    }
}
