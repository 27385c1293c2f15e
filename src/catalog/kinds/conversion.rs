//! Conversions between encodings.

use crate::catalog::{Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "conversion",
    plural: "conversions",
    catalog: "pg_conversion",
    oid: "c.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("c.conname")
    },
    from: "pg_catalog.pg_conversion AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace",
    members: &[("pg_conversion", "c.oid")],
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(c.conowner)"),
        Facet::text("from", "pg_catalog.pg_encoding_to_char(c.conforencoding)"),
        Facet::text("to", "pg_catalog.pg_encoding_to_char(c.contoencoding)"),
        Facet::text("function", "c.conproc::text"),
        Facet::bool("default", "c.condefault"),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
