//! Access methods.

use crate::catalog::{Facet, Home, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "access method",
    plural: "access methods",
    home: Home::Database,
    catalog: "pg_am",
    oid: "a.oid",
    identity: Identity::named("a.amname"),
    from: "pg_catalog.pg_am AS a",
    filter: "a.oid >= 16384",
    members: &[("pg_am", "a.oid")],
    facets: &[
        Facet::text(
            "type",
            "CASE a.amtype WHEN 'i' THEN 'index' WHEN 't' THEN 'table' END",
        ),
        Facet::text("handler", "a.amhandler::text"),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
