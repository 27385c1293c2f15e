//! Event triggers.

use crate::catalog::{Facet, Home, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "event trigger",
    plural: "event triggers",
    home: Home::Database,
    catalog: "pg_event_trigger",
    oid: "e.oid",
    identity: Identity::named("e.evtname"),
    from: "pg_catalog.pg_event_trigger AS e",
    members: &[("pg_event_trigger", "e.oid")],
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(e.evtowner)"),
        Facet::text("event", "e.evtevent"),
        Facet::set("tags", "e.evttags"),
        Facet::text("function", "e.evtfoid::pg_catalog.regprocedure::text"),
        Facet::text(
            "enabled",
            "CASE e.evtenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled'
            WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END",
        )
        .but_text("origin")
        .fixed(),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
