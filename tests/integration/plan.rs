//! What would run.

use zerodrift::apply::{self, Settings};
use zerodrift::plan::{Mode, Unit};

use crate::support::chain::{TestProject, value};
use crate::support::database;

#[test]
fn a_plan_changes_nothing_and_shows_units_in_order() {
    let database = database("plan_units");
    let mut session = database.session();
    let project = TestProject::chain(&[(
        "p1",
        "BEGIN; SELECT 1; COMMIT;\n--: backfill table=t\nSELECT 2;\nSELECT 3;\n--: end\nSELECT 4;",
    )]);
    project.revision(
        "p2",
        "p1",
        "transaction: false\n",
        "SELECT 1; BEGIN; SELECT 2; SELECT 3; COMMIT; SELECT 4;",
    );
    let (steps, findings) =
        apply::planned(&mut session, &project.load(), "head", &Settings::default()).unwrap();
    assert!(findings.is_empty());
    assert_eq!(steps[0].mode, Mode::Transaction);
    assert_eq!(
        steps[0].units,
        [Unit::Statement(1), Unit::Section(0), Unit::Statement(5)]
    );
    assert_eq!(steps[0].notes.len(), 1);
    assert_eq!(steps[1].mode, Mode::Standalone);
    assert_eq!(
        steps[1].units,
        [Unit::Statement(0), Unit::Group(2..4), Unit::Statement(5)]
    );
    assert_eq!(
        value(
            &mut session,
            "SELECT count(*) FROM pg_namespace WHERE nspname = 'zerodrift'"
        ),
        "0"
    );
}

#[test]
fn relative_targets_count_from_what_is_applied() {
    let database = database("plan_target");
    let mut session = database.session();
    let project = TestProject::chain(&[("p1", "SELECT 1;"), ("p2", "SELECT 2;"), ("p3", "SELECT 3;")]);
    let settings = Settings::default();
    project
        .upgrade_to(&mut session, "p1", &settings, &mut apply::Silent)
        .unwrap();
    let (steps, _) = apply::planned(&mut session, &project.load(), "+1", &settings).unwrap();
    let ids: Vec<&str> = steps.iter().map(|step| step.revision.id.as_str()).collect();
    assert_eq!(ids, ["p2"]);
}
