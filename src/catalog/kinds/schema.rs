//! Schemas.
//!
//! `public` is the server's own, and what initdb gives it changed with 15: pg_database_owner owns it, and PUBLIC may no
//! longer create in it. Between servers on either side of that, both defaults are equal.

use crate::catalog::{AclClass, Facet, Home, Identity, Initial, Kind};

pub(super) static KIND: Kind = Kind {
    name: "schema",
    plural: "schemas",
    home: Home::Database,
    catalog: "pg_namespace",
    oid: "n.oid",
    identity: Identity::named("n.nspname"),
    from: "pg_catalog.pg_namespace AS n",
    members: &[("pg_namespace", "n.oid")],
    acl_owner: Some("pg_catalog.pg_get_userbyid(n.nspowner)"),
    facets: &[
        // The superuser that initdb made stands behind `public` before 15, under whatever name.
        Facet::owner(
            "CASE WHEN n.oid <> 2200 OR n.nspowner <> 10 THEN pg_catalog.pg_get_userbyid(n.nspowner) END",
        ),
        Facet::privileges("n.nspacl", AclClass::Schema),
        Facet::comment(),
        Facet::labels(),
    ],
    initial: &[
        Initial {
            name: "public",
            facet: "owner",
            major: 15,
            before: "nothing",
            since: "pg_database_owner",
        },
        Initial {
            name: "public",
            facet: "privileges",
            major: 15,
            before: "public: CREATE, USAGE",
            since: "public: USAGE",
        },
    ],
    ..Kind::COMMON
};
