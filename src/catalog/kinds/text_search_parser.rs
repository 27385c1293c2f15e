//! Text search parsers.

use crate::catalog::{Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "text search parser",
    plural: "text search parsers",
    catalog: "pg_ts_parser",
    oid: "t.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("t.prsname")
    },
    from: "pg_catalog.pg_ts_parser AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.prsnamespace",
    members: &[("pg_ts_parser", "t.oid")],
    facets: &[
        Facet::text("start", "t.prsstart::text"),
        Facet::text("token", "t.prstoken::text"),
        Facet::text("end", "t.prsend::text"),
        Facet::text("headline", "NULLIF(t.prsheadline::text, '-')"),
        Facet::text("lexical types", "t.prslextype::text"),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
