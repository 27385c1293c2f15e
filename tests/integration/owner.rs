//! The reference project migrated by `app_user`, who owns the database and whom row security binds.

use zerodrift::pg::{Session, Target};

use crate::support::chain::value;
use crate::support::project::Project;
use crate::support::reference::reference;
use crate::support::url;

const BACKFILL: &str = "migrations/003_data_governance/202511151410_realign_attribution_events.sql";
const TENANT: &str = "11111111-1111-1111-1111-111111111111";

/// A database that `app_user` owns, at the revision before the backfill, with as many events.
fn existing(project: &Project, events: u32) -> Target {
    let target = reference().empty();
    let mut session = Session::open(&target, "zerodrift test").unwrap();
    session.run("ALTER ROLE app_user LOGIN").unwrap();
    session
        .run(&format!("ALTER DATABASE {} OWNER TO app_user", target.database()))
        .unwrap();
    session.run("ALTER SCHEMA public OWNER TO app_user").unwrap();
    let owner = url(&target.with_user("app_user"));
    project
        .run(&[
            "upgrade",
            "202511151400",
            "--role-policy",
            "owner",
            "--database-url",
            &owner,
        ])
        .expect(0, &["applied 202511151400"]);
    session.run(&project.read("seeds/x1.sql")).unwrap();
    for _ in 1..events {
        let insert = format!(
            "INSERT INTO attribution_events (tenant_id, occurred_at, session_id, raw_payload) \
             VALUES ('{TENANT}', now(), gen_random_uuid(), '{{}}')"
        );
        session.run(&insert).unwrap();
    }
    target
}

#[test]
fn backfill_without_its_guard_fails_before_a_row_is_touched_and_says_what_was_hidden() {
    let project = Project::reference();
    let target = existing(&project, 8);
    let owner = url(&target.with_user("app_user"));
    let unguarded: String = project
        .read(BACKFILL)
        .lines()
        .filter(|line| !line.starts_with("--: "))
        .map(|line| format!("{line}\n"))
        .collect();
    project.write(BACKFILL, unguarded);
    let upgrade = [
        "upgrade",
        "202511151410",
        "--role-policy",
        "owner",
        "--database-url",
        &owner,
    ];
    project.run(&upgrade).expect(
        3,
        &["unguarded-under-row-security", "attribution_events", BACKFILL],
    );
    project
        .run(&[&upgrade[..], &["--allow-unguarded"]].concat())
        .expect(
            4,
            &[
                "row security would have hidden rows",
                "42501",
                "role \"app_user\" sees 0 rows, 8 rows are present",
                BACKFILL,
            ],
        );
    let mut session = Session::open(&target, "zerodrift test").unwrap();
    let added = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'attribution_events'::regclass AND attname = 'idempotency_key'";
    assert_eq!(value(&mut session, added), "0", "the revision was rolled back");
}

#[test]
fn guarded_backfill_reaches_the_head_as_the_owner() {
    let project = Project::reference();
    let target = existing(&project, 8);
    let owner = url(&target.with_user("app_user"));
    project
        .run(&["upgrade", "--role-policy", "owner", "--database-url", &owner])
        .expect(0, &["applied 202512201000", "8 of 8 rows"]);
    let mut session = Session::open(&target, "zerodrift test").unwrap();
    for (sql, expected) in [
        (
            "SELECT count(idempotency_key) || ' of ' || count(*) FROM attribution_events",
            "8 of 8",
        ),
        (
            "SELECT relrowsecurity || ' ' || relforcerowsecurity FROM pg_class WHERE oid = 'attribution_events'::regclass",
            "true true",
        ),
        (
            "SELECT string_agg(DISTINCT tgenabled::text, ',') FROM pg_trigger \
             WHERE tgrelid = 'attribution_events'::regclass AND NOT tgisinternal",
            "O",
        ),
        (
            "SELECT idempotency_key FROM attribution_events WHERE id = '33333333-3333-3333-3333-333333333333'",
            "11111111-1111-1111-1111-111111111111:id:33333333-3333-3333-3333-333333333333",
        ),
    ] {
        assert_eq!(value(&mut session, sql), expected, "{sql}");
    }
    let mut runtime = Session::open(&target.with_user("app_user"), "zerodrift test").unwrap();
    assert_eq!(
        value(&mut runtime, "SELECT count(*)::text FROM attribution_events"),
        "0"
    );
    runtime
        .run(&format!("SET app.current_tenant_id = '{TENANT}'"))
        .unwrap();
    assert_eq!(
        value(&mut runtime, "SELECT count(*)::text FROM attribution_events"),
        "8"
    );
}
