//! Operator classes; what is in them is listed with their family.

use crate::catalog::{Facet, Identity, Kind, Shown};

pub(super) static KIND: Kind = Kind {
    name: "operator class",
    plural: "operator classes",
    shown: Shown::Using,
    catalog: "pg_opclass",
    oid: "o.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        signature: Some("am.amname"),
        ..Identity::named("o.opcname")
    },
    from: "pg_catalog.pg_opclass AS o
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.opcnamespace
JOIN pg_catalog.pg_am AS am ON am.oid = o.opcmethod
JOIN pg_catalog.pg_opfamily AS f ON f.oid = o.opcfamily
JOIN pg_catalog.pg_namespace AS nf ON nf.oid = f.opfnamespace",
    members: &[("pg_opclass", "o.oid")],
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(o.opcowner)"),
        Facet::text("family", "pg_catalog.format('%I.%I', nf.nspname, f.opfname)"),
        Facet::text("type", "pg_catalog.format_type(o.opcintype, NULL)"),
        Facet::text(
            "key type",
            "CASE WHEN o.opckeytype <> 0 THEN pg_catalog.format_type(o.opckeytype, NULL) END",
        ),
        Facet::bool("default", "o.opcdefault"),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
