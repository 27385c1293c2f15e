//! Edges that nobody declared and orders that matter: small graphs with what the linter must say of them.

use std::path::Path;

use zerodrift::lint::context::Settings;
use zerodrift::lint::rule::Check;
use zerodrift::lint::run::{self, About, Input};
use zerodrift::lint::schema::Schema;
use zerodrift::model::RevisionId;

const DAGS: &str = include_str!("../fixtures/dags.txt");

/// A graph of the fixture: its revisions with prerequisites and SQL, and what is expected.
struct Dag {
    name: String,
    revisions: Vec<(String, Vec<String>, String)>,
    expected: Vec<String>,
}

fn dags() -> Vec<Dag> {
    let mut dags: Vec<Dag> = Vec::new();
    for line in DAGS.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            dags.push(Dag {
                name: name.to_owned(),
                revisions: Vec::new(),
                expected: Vec::new(),
            });
            continue;
        }
        let Some(dag) = dags.last_mut() else { continue };
        if let Some(head) = line.strip_prefix("--- ") {
            let (id, after) = head.split_once("<-").unwrap();
            let after = after.split(',').map(str::trim).filter(|id| !id.is_empty());
            dag.revisions.push((
                id.trim().to_owned(),
                after.map(str::to_owned).collect(),
                String::new(),
            ));
        } else if let Some(expected) = line.strip_prefix(">>> ") {
            dag.expected.push(expected.to_owned());
        } else if let Some((_, _, sql)) = dag.revisions.last_mut() {
            sql.push_str(line);
            sql.push('\n');
        }
    }
    dags
}

fn said(dag: &Dag) -> Vec<String> {
    let place = |id: &String| dag.revisions.iter().position(|(other, ..)| other == id).unwrap() as u32;
    let migrations = dag.revisions.iter().enumerate().map(|(at, (id, after, sql))| {
        let about = About {
            revision: Some(RevisionId::new(id.as_str()).unwrap()),
            transactional: true,
            is_merge: after.len() > 1,
            ..About::default()
        };
        run::migration(at as u32, Path::new(&format!("{id}.sql")), sql, about)
    });
    let input = Input {
        migrations: migrations.collect(),
        prerequisites: dag
            .revisions
            .iter()
            .map(|(_, after, _)| after.iter().map(place).collect())
            .collect(),
        base: Schema::empty(),
        reported: vec![true; dag.revisions.len()],
        settings: Settings::default(),
    };
    run::together(&input)
        .into_iter()
        .filter(|found| matches!(found.rule.check, Check::Engine) && found.rule.name != "needless-merge")
        .map(|found| {
            let revision = &dag.revisions[found.migration as usize].0;
            format!(
                "{} {} @ {revision}",
                found.rule.name,
                found.problem.object.unwrap_or_default()
            )
        })
        .collect()
}

#[test]
fn every_graph_is_judged_as_it_says() {
    let dags = dags();
    assert!(dags.len() >= 50, "only {} graphs", dags.len());
    let wrong: Vec<String> = dags
        .iter()
        .filter_map(|dag| {
            let said = said(dag);
            (said != dag.expected)
                .then(|| format!("{}: expected {:?}, found {said:?}", dag.name, dag.expected))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} graphs:\n{}",
        wrong.len(),
        dags.len(),
        wrong.join("\n")
    );
}
