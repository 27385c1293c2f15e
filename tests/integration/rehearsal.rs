//! Rehearsals on a server that is not ours alone.

use zerodrift::catalog::Scope;
use zerodrift::pg::Session;
use zerodrift::rehearse::{Guest, Host, build_from_sql};

use crate::support::chain::value;
use crate::support::{cluster, database};

#[test]
fn roles_of_others_survive_a_rehearsal_on_their_server() {
    let database = database("rehearsal_roles");
    let target = cluster().target("postgres");
    // A throw-away server has none; a server of the user's has.
    let template = format!("CREATE DATABASE template0 TEMPLATE {}", database.name);
    Session::open(&target, "zerodrift test")
        .unwrap()
        .run(&template)
        .unwrap();
    let host = Host::Server(Guest::enter(target).unwrap());
    // The second role stands for one that somebody else creates meanwhile: no text of the rehearsal names it.
    let sql = "CREATE ROLE rehearsed_mine; DO $$ BEGIN EXECUTE 'CREATE ROLE rehearsed_' || 'other'; END $$";
    build_from_sql(&host, &[], &Scope::default(), sql).unwrap();
    let mut session = database.session();
    let left = "SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolname LIKE 'rehearsed%'";
    assert_eq!(value(&mut session, left), "rehearsed_other");
    session.run("DROP ROLE rehearsed_other").unwrap();
}

#[test]
fn what_a_killed_rehearsal_left_is_dropped_by_the_next_one() {
    let cluster = cluster();
    let mut admin = Session::open(&cluster.target("postgres"), "zerodrift test").unwrap();
    let held = "SELECT COALESCE(string_agg(objid::text, ','), '0') FROM pg_locks
                WHERE locktype = 'advisory' AND classid = 2053468783 AND objsubid = 2";
    // Other tests may rehearse here meanwhile.
    let others = value(&mut admin, held);
    let alive = Guest::enter(cluster.target("postgres")).unwrap();
    let number = value(
        &mut admin,
        &format!(
            "SELECT objid FROM ({}) AS l WHERE objid NOT IN ({others})",
            held.replace("COALESCE(string_agg(objid::text, ','), '0')", "objid")
        ),
    );
    let (kept, left) = (
        format!("zerodrift_rehearsal_{number}_77"),
        "zerodrift_rehearsal_1_77".to_owned(),
    );
    for name in [&kept, &left] {
        cluster.create_database(name, None).unwrap();
    }
    drop(Guest::enter(cluster.target("postgres")).unwrap());
    let there =
        "SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'zerodrift_rehearsal_%_77'";
    assert_eq!(value(&mut admin, there), kept);
    drop(alive);
    // The server notices the end of a session a moment later.
    let held = format!("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {number}");
    while value(&mut admin, &held) != "0" {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    drop(Guest::enter(cluster.target("postgres")).unwrap());
    assert_eq!(value(&mut admin, there), "");
}
