//! Rehearsals on a server that is not ours alone.

use zerodrift::catalog::Scope;
use zerodrift::rehearse::{Host, build_from_sql};

use crate::support::chain::value;
use crate::support::{cluster, database};

#[test]
fn roles_of_others_survive_a_rehearsal_on_their_server() {
    let database = database("rehearsal_roles");
    // A throw-away server has none; a server of the user's has.
    let _ = database.session().run("CREATE DATABASE template0 TEMPLATE template1");
    let host = Host::Server(cluster().target("postgres"));
    // The second role stands for one that somebody else creates meanwhile: no text of the rehearsal names it.
    let sql = "CREATE ROLE rehearsed_mine; DO $$ BEGIN EXECUTE 'CREATE ROLE rehearsed_' || 'other'; END $$";
    build_from_sql(&host, &[], &Scope::default(), sql).unwrap();
    let mut session = database.session();
    let left = "SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolname LIKE 'rehearsed%'";
    assert_eq!(value(&mut session, left), "rehearsed_other");
    session.run("DROP ROLE rehearsed_other").unwrap();
}
