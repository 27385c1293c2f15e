//! Domains; their constraints are children.

use crate::catalog::datatype::{FROM, OWNER};
use crate::catalog::{AclClass, Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "domain",
    plural: "domains",
    catalog: "pg_type",
    oid: "t.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("t.typname")
    },
    from: FROM,
    filter: "t.typtype = 'd'",
    members: &[("pg_type", "t.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        Facet::text("type", "pg_catalog.format_type(t.typbasetype, t.typtypmod)"),
        Facet::text(
            "collation",
            "CASE WHEN t.typcollation <> (SELECT base.typcollation FROM pg_catalog.pg_type AS base
                                  WHERE base.oid = t.typbasetype)
            THEN t.typcollation::pg_catalog.regcollation::text END",
        ),
        Facet::bool("not null", "t.typnotnull"),
        Facet::sql(
            "default",
            "COALESCE(pg_catalog.pg_get_expr(t.typdefaultbin, 'pg_catalog.pg_type'::pg_catalog.regclass), t.typdefault)",
        ),
        Facet::privileges("t.typacl", AclClass::Type),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
