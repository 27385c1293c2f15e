//! Composite types that stand alone; their attributes are columns.

use crate::catalog::datatype::OWNER;
use crate::catalog::{AclClass, Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "composite type",
    plural: "composite types",
    catalog: "pg_type",
    oid: "t.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("t.typname")
    },
    from: "pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid",
    filter: "t.typtype = 'c' AND c.relkind = 'c'",
    members: &[("pg_type", "t.oid"), ("pg_class", "c.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        Facet::privileges("t.typacl", AclClass::Type),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
