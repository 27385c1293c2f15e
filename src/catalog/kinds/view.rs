//! Views.

use crate::catalog::relation::OWNER;
use crate::catalog::{AclClass, Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "view",
    plural: "views",
    catalog: "pg_class",
    oid: "c.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("c.relname")
    },
    from: "pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace",
    filter: "c.relkind = 'v' AND c.relpersistence <> 't'",
    members: &[("pg_class", "c.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        Facet::sql("definition", "pg_catalog.pg_get_viewdef(c.oid)"),
        // check_option, security_barrier and security_invoker decide who sees and writes what.
        Facet::options("options", "c.reloptions").fixed(),
        Facet::privileges("c.relacl", AclClass::Relation),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
