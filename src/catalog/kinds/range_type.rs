//! Range types, with their multirange type from 14 on.

use crate::catalog::datatype::OWNER;
use crate::catalog::{AclClass, Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "range type",
    plural: "range types",
    catalog: "pg_type",
    oid: "t.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("t.typname")
    },
    from: "pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid
JOIN pg_catalog.pg_type AS s ON s.oid = r.rngsubtype
JOIN pg_catalog.pg_opclass AS o ON o.oid = r.rngsubopc
JOIN pg_catalog.pg_namespace AS no ON no.oid = o.opcnamespace",
    filter: "t.typtype = 'r'",
    members: &[("pg_type", "t.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        Facet::text("subtype", "pg_catalog.format_type(r.rngsubtype, NULL)"),
        Facet::text(
            "operator class",
            "pg_catalog.format('%I.%I', no.nspname, o.opcname)",
        ),
        Facet::text(
            "collation",
            "CASE WHEN r.rngcollation <> s.typcollation THEN r.rngcollation::pg_catalog.regcollation::text END",
        ),
        Facet::text("canonical", "NULLIF(r.rngcanonical::text, '-')"),
        Facet::text("subtype diff", "NULLIF(r.rngsubdiff::text, '-')"),
        Facet::text("multirange type", "pg_catalog.format_type(r.rngmultitypid, NULL)").since(14),
        Facet::privileges("t.typacl", AclClass::Type),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
