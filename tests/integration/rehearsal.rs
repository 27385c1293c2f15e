//! Rehearsals on a server that is not ours alone.

use zerodrift::catalog::Scope;
use zerodrift::pg::Session;
use zerodrift::rehearse::{Host, build_from_sql};

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
    let host = Host::Server(target);
    // The second role stands for one that somebody else creates meanwhile: no text of the rehearsal names it.
    let sql = "CREATE ROLE rehearsed_mine; DO $$ BEGIN EXECUTE 'CREATE ROLE rehearsed_' || 'other'; END $$";
    build_from_sql(&host, &[], &Scope::default(), sql).unwrap();
    let mut session = database.session();
    let left = "SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolname LIKE 'rehearsed%'";
    assert_eq!(value(&mut session, left), "rehearsed_other");
    session.run("DROP ROLE rehearsed_other").unwrap();
}
