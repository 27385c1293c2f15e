//! Text search templates.

use crate::catalog::{Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "text search template",
    plural: "text search templates",
    catalog: "pg_ts_template",
    oid: "t.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("t.tmplname")
    },
    from: "pg_catalog.pg_ts_template AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.tmplnamespace",
    members: &[("pg_ts_template", "t.oid")],
    facets: &[
        Facet::text("init", "NULLIF(t.tmplinit::text, '-')"),
        Facet::text("lexize", "t.tmpllexize::text"),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
