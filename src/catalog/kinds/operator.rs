//! Operators.

use crate::catalog::{Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "operator",
    plural: "operators",
    catalog: "pg_operator",
    oid: "o.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        signature: Some(
            "CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END || ', '
            || CASE WHEN o.oprright = 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprright, NULL) END",
        ),
        ..Identity::named("o.oprname")
    },
    from: "pg_catalog.pg_operator AS o
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace",
    members: &[("pg_operator", "o.oid")],
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(o.oprowner)"),
        Facet::text("function", "NULLIF(o.oprcode::text, '-')"),
        Facet::text(
            "commutator",
            "CASE WHEN o.oprcom <> 0 THEN o.oprcom::pg_catalog.regoperator::text END",
        ),
        Facet::text(
            "negator",
            "CASE WHEN o.oprnegate <> 0 THEN o.oprnegate::pg_catalog.regoperator::text END",
        ),
        Facet::text("restrict", "NULLIF(o.oprrest::text, '-')"),
        Facet::text("join", "NULLIF(o.oprjoin::text, '-')"),
        Facet::bool("hashes", "o.oprcanhash"),
        Facet::bool("merges", "o.oprcanmerge"),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
