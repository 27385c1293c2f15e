//! The hosted workflow: since it does not run here, its shape is kept by tests and its steps by `scripts/workflow`.

use std::path::PathBuf;

use serde_yaml::Value;

fn workflow() -> (String, Value) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".github/workflows/ci.yml");
    let text = std::fs::read_to_string(file).unwrap();
    let value = serde_yaml::from_str(&text).unwrap();
    (text, value)
}

fn steps(workflow: &Value) -> Vec<Value> {
    let jobs = workflow["jobs"].as_mapping().unwrap();
    jobs.values()
        .flat_map(|job| job["steps"].as_sequence().unwrap().clone())
        .collect()
}

#[test]
fn every_run_step_is_one_line_of_the_file() {
    let (text, workflow) = workflow();
    let parsed: Vec<String> = steps(&workflow)
        .iter()
        .filter_map(|step| Some(step.get("run")?.as_str()?.to_owned()))
        .collect();
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("run: "))
        .collect();
    assert_eq!(parsed, lines, "scripts/workflow reads the steps line by line");
    assert!(parsed.len() >= 5);
}

#[test]
fn actions_are_pinned_by_commit() {
    let (_, workflow) = workflow();
    let uses: Vec<String> = steps(&workflow)
        .iter()
        .filter_map(|step| Some(step.get("uses")?.as_str()?.to_owned()))
        .collect();
    assert!(!uses.is_empty());
    for action in uses {
        let revision = action.split('@').nth(1).unwrap_or_default();
        assert!(
            revision.len() == 40 && revision.chars().all(|c| c.is_ascii_hexdigit()),
            "{action} is not pinned by a commit"
        );
    }
}

#[test]
fn permissions_are_minimal() {
    let (_, workflow) = workflow();
    assert_eq!(
        workflow["permissions"],
        serde_yaml::from_str::<Value>("contents: read").unwrap()
    );
    for job in workflow["jobs"].as_mapping().unwrap().values() {
        assert!(job.get("permissions").is_none(), "a job asks for more");
    }
}

#[test]
fn every_supported_major_is_tested() {
    let (_, workflow) = workflow();
    let majors: Vec<u64> = workflow["jobs"]["test"]["strategy"]["matrix"]["major"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|major| major.as_u64().unwrap())
        .collect();
    assert_eq!(majors, [13, 14, 15, 16, 17, 18]);
}
