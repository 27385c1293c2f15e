//! Schemas. `public` is one like any other: its owner and grants differ by major version and by who set it up.

use crate::catalog::{AclClass, Facet, Home, Identity, Kind};

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
        Facet::owner("pg_catalog.pg_get_userbyid(n.nspowner)"),
        Facet::privileges("n.nspacl", AclClass::Schema),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
