//! What would run.

use zerodrift::apply::{self, Look, Settings};
use zerodrift::catalog::Scope;
use zerodrift::model::LockMode;
use zerodrift::plan::{Mode, Unit, Until};

use crate::support::chain::{TestProject, shown, value};
use crate::support::database;
use crate::support::project::Project;

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

/// Tables of a few shapes, with rows and statistics.
const ESTATE: &str = "
    CREATE TABLE account (id int PRIMARY KEY, name text);
    CREATE TABLE invoice (id int PRIMARY KEY, account int NOT NULL, amount int, day date);
    CREATE TABLE measure (id int, at date) PARTITION BY RANGE (at);
    CREATE TABLE measure_1 PARTITION OF measure FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    INSERT INTO account SELECT n, 'a' FROM generate_series(1, 100) n;
    INSERT INTO invoice SELECT n, n % 100 + 1, n, current_date FROM generate_series(1, 5000) n;
    ANALYZE account, invoice;
    ALTER TABLE account ENABLE ROW LEVEL SECURITY;";

fn look(target: &str) -> Look {
    Look {
        target: target.to_owned(),
        scope: Scope::default(),
        migrating: vec!["postgres".to_owned()],
        sizes: None,
    }
}

fn shown_locks(locks: &[zerodrift::plan::Lock]) -> Vec<String> {
    locks
        .iter()
        .map(|lock| format!("{} {}", lock.mode.as_str(), lock.relation))
        .collect()
}

#[test]
fn statements_come_with_their_locks_and_transactions_with_all_of_them() {
    let database = database("plan_locks");
    let mut session = database.session();
    session.run(ESTATE).unwrap();
    let project = TestProject::chain(&[(
        "p1",
        "ALTER TABLE invoice ADD CONSTRAINT invoice_account FOREIGN KEY (account) REFERENCES account (id);
         --: lock-timeout 5s
         ALTER TABLE invoice ALTER COLUMN amount TYPE bigint;
         CREATE TABLE fresh (id int);
         ALTER TABLE fresh ADD COLUMN more int;
         ALTER TABLE measure ADD COLUMN note text;
         --: backfill table=account expect=all
         UPDATE account SET name = 'b';
         --: end
         DROP TABLE IF EXISTS nothing;",
    )]);
    project.revision(
        "p2",
        "p1",
        "transaction: false\n",
        "CREATE INDEX CONCURRENTLY invoice_day ON invoice (day);\nVACUUM account;",
    );
    let planned = apply::plan(&mut session, &project.load(), &look("head"), &Settings::default())
        .map_err(|error| shown(&error))
        .unwrap();
    let [first, index, vacuum] = planned.transactions.as_slice() else {
        panic!("{:#?}", planned.transactions);
    };
    assert_eq!(
        shown_locks(&first.locks),
        [
            "ACCESS EXCLUSIVE public.account",
            "ACCESS EXCLUSIVE public.invoice",
            "ACCESS EXCLUSIVE public.measure",
            "ACCESS EXCLUSIVE public.measure_1",
        ],
        "what the transaction makes is seen by nobody"
    );
    assert_eq!(shown_locks(&first.guard), ["ACCESS EXCLUSIVE public.account"]);
    let foreign_key = &first.statements[0];
    assert_eq!(foreign_key.lock_timeout, std::time::Duration::from_secs(2));
    assert!(
        foreign_key
            .scans
            .iter()
            .any(|scan| scan.relation.to_string() == "public.invoice"
                && scan.size.is_some_and(|size| size.rows == Some(5000.0))),
        "{foreign_key:?}"
    );
    let rewrite = &first.statements[1];
    assert_eq!(rewrite.lock_timeout, std::time::Duration::from_secs(5));
    assert_eq!(rewrite.rewrites[0].relation.to_string(), "public.invoice");
    let ids = |hazards: &[zerodrift::plan::Hazard]| -> Vec<&str> {
        hazards.iter().map(|hazard| hazard.id).collect()
    };
    assert!(ids(&rewrite.hazards).contains(&"rewrite") && ids(&rewrite.hazards).contains(&"blocks-reads"));
    assert!(
        ids(&first.hazards).contains(&"held-while-working"),
        "{:?}",
        first.hazards
    );
    assert!(ids(&first.hazards).contains(&"guard-blocks"));
    assert!(
        index
            .locks
            .iter()
            .any(|lock| lock.mode == LockMode::ShareUpdateExclusive && lock.until == Until::Statement),
        "{:?}",
        index.locks
    );
    assert_eq!(index.statements[0].lock_timeout, std::time::Duration::ZERO);
    assert!(ids(&index.statements[0].hazards).contains(&"waits-for-snapshots"));
    assert_eq!(vacuum.statements[0].index, 1);
    // The catalog it was made for is the one that is there, and nothing was changed.
    assert!(planned.agreement.fingerprint.is_some());
    let again = apply::plan(&mut session, &project.load(), &look("head"), &Settings::default()).unwrap();
    assert_eq!(again.agreement, planned.agreement);
}

/// What the plan says of a transaction is what `pg_locks` shows before its commit.
#[test]
fn the_server_takes_no_lock_that_the_plan_does_not_show() {
    let database = database("plan_pg_locks");
    let mut session = database.session();
    session.run(ESTATE).unwrap();
    let sql = "ALTER TABLE invoice ADD CONSTRAINT invoice_account FOREIGN KEY (account) REFERENCES account (id) NOT VALID;
         CREATE INDEX invoice_day ON invoice (day);
         UPDATE account SET name = 'b' WHERE id = 1;
         ALTER TABLE measure ALTER COLUMN id SET DEFAULT 1;
         CREATE VIEW joined AS SELECT i.id FROM invoice i JOIN account a ON a.id = i.account;
         COMMENT ON TABLE measure_1 IS 'x';";
    let project = TestProject::chain(&[("p1", sql)]);
    let planned = apply::plan(&mut session, &project.load(), &look("head"), &Settings::default()).unwrap();
    session.run(&format!("BEGIN; {sql}")).unwrap();
    let held = session
        .text_rows(
            "SELECT l.mode, n.nspname || '.' || c.relname
             FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE l.pid = pg_backend_pid() AND c.relkind IN ('r', 'p') AND n.nspname = 'public'
               AND l.mode <> 'AccessShareLock'
             ORDER BY 2, 1",
        )
        .unwrap();
    session.run("ROLLBACK").unwrap();
    assert!(held.len() >= 4, "{held:?}");
    let locks = &planned.transactions[0].locks;
    for row in &held {
        let (mode, relation) = (row[0].clone().unwrap(), row[1].clone().unwrap());
        let planned = locks.iter().find(|lock| lock.relation.to_string() == relation);
        let taken = LockMode::all()
            .find(|known| known.pg_locks_name() == mode)
            .unwrap();
        assert!(
            planned.is_some_and(|lock| lock.mode >= taken),
            "{mode} on {relation} is not in {:?}",
            shown_locks(locks)
        );
    }
}

#[test]
fn a_stale_plan_is_refused_and_says_why() {
    let database = database("plan_stale");
    let url = database.url();
    let project = Project::with(&[
        ("zerodrift.yaml", "server: 15\n"),
        (
            "migrations/a1_one.sql",
            "/*--- {revision: a1, parents: []} ---*/\nCREATE TABLE one (id int);\n",
        ),
        (
            "migrations/a2_two.sql",
            "/*--- {revision: a2, parents: [a1]} ---*/\nCREATE TABLE two (id int);\n",
        ),
    ]);
    let plan = || {
        project
            .run(&["plan", "--out", "plan.json", "--database-url", &url])
            .expect(0, &["2 revisions in 2 transactions", "made for catalog"]);
    };
    let upgrade = |code: i32, parts: &[&str]| {
        project
            .run(&["upgrade", "--plan", "plan.json", "--database-url", &url])
            .expect(code, parts);
    };
    plan();
    database.session().run("CREATE TABLE other (id int)").unwrap();
    upgrade(7, &["plan is stale: the catalog changed", "plan --out FILE"]);
    plan();
    project.write(
        "migrations/a2_two.sql",
        "/*--- {revision: a2, parents: [a1]} ---*/\nCREATE TABLE two (id bigint);\n",
    );
    upgrade(7, &["plan is stale: statements or settings changed"]);
    plan();
    project.write("zerodrift.yaml", "server: 15\napply:\n  lock-timeout: 3s\n");
    upgrade(7, &["plan is stale: statements or settings changed"]);
    plan();
    project.write(
        "migrations/a3_three.sql",
        "/*--- {revision: a3, parents: [a2]} ---*/\nCREATE TABLE three (id int);\n",
    );
    upgrade(
        7,
        &[
            "plan is stale: other revisions are pending",
            "Pending now and not in the plan: a3",
        ],
    );
    project.remove("migrations/a3_three.sql");
    project
        .run(&["upgrade", "a1", "--plan", "plan.json", "--database-url", &url])
        .expect(2, &["is for target \"head\""]);
    let count = "SELECT count(*) FROM pg_class WHERE relname IN ('one', 'two')";
    assert_eq!(value(&mut database.session(), count), "0");
    upgrade(0, &["applied a1", "applied a2"]);
    upgrade(
        7,
        &[
            "plan is stale: other revisions are pending",
            "No longer pending: a1, a2",
        ],
    );
    project.write("plan.json", "{}");
    upgrade(2, &["cannot read plan \"plan.json\""]);
}

#[test]
fn sizes_come_from_a_file_and_no_database_is_needed_then() {
    let project = Project::with(&[
        ("zerodrift.yaml", "server: 15\n"),
        (
            "migrations/a1_one.sql",
            "/*--- {revision: a1, parents: []} ---*/\nCREATE TABLE one (id int, n int);\n",
        ),
        (
            "migrations/a2_two.sql",
            "/*--- {revision: a2, parents: [a1]} ---*/\nALTER TABLE one ALTER n TYPE bigint;\n",
        ),
        (
            "stats.json",
            r#"[{"schema":"public","relation":"one","rows":12000000,"pages":90000}]"#,
        ),
    ]);
    let offline = ["plan", "--offline", "--from", "a1", "--stats", "stats.json"];
    project.run(&offline).expect(
        0,
        &[
            "rewrites public.one (about 12 M rows, 703 MB)",
            "ACCESS EXCLUSIVE",
        ],
    );
    let (code, document) = project.json(&offline);
    assert_eq!(code, 0);
    assert_eq!(document["data"]["fingerprint"], serde_json::Value::Null);
    assert_eq!(
        document["data"]["transactions"][0]["locks"][0]["mode"],
        "ACCESS EXCLUSIVE"
    );
    assert_eq!(
        document["data"]["transactions"][0]["statements"][0]["rewrites"][0]["size"]["rows"],
        12000000.0
    );
    project.write("stats.json", "[{}]");
    project
        .run(&offline)
        .expect(2, &["cannot read the sizes", "docs/plan.md"]);
    let page = std::fs::read_to_string(crate::support::project::repository().join("docs/plan.md")).unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&page).contains(&words(zerodrift::plan::size::QUERY)));
}
