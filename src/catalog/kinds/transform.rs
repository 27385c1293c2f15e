//! Transforms between types and languages.

use crate::catalog::{Facet, Home, Identity, Kind, Shown};

pub(super) static KIND: Kind = Kind {
    name: "transform",
    plural: "transforms",
    home: Home::Database,
    shown: Shown::Verbatim,
    catalog: "pg_transform",
    oid: "t.oid",
    identity: Identity::named(
        "'for ' || pg_catalog.format_type(t.trftype, NULL) || ' language ' || l.lanname",
    ),
    from: "pg_catalog.pg_transform AS t
JOIN pg_catalog.pg_language AS l ON l.oid = t.trflang",
    members: &[("pg_transform", "t.oid")],
    facets: &[
        Facet::text(
            "from SQL",
            "CASE WHEN t.trffromsql <> 0 THEN t.trffromsql::pg_catalog.regprocedure::text END",
        ),
        Facet::text(
            "to SQL",
            "CASE WHEN t.trftosql <> 0 THEN t.trftosql::pg_catalog.regprocedure::text END",
        ),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
