//! Extended statistics.

use crate::catalog::{Facet, Identity, Kind};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "statistics",
    plural: "statistics",
    catalog: "pg_statistic_ext",
    oid: "s.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("s.stxname")
    },
    from: "pg_catalog.pg_statistic_ext AS s
JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace",
    members: &[("pg_statistic_ext", "s.oid")],
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(s.stxowner)"),
        Facet::sql("definition", "pg_catalog.pg_get_statisticsobjdef(s.oid)"),
        // NULL means the default from 17 on, -1 before.
        Facet::int("statistics target", "NULLIF(s.stxstattarget, -1)").level(Level::Warning),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
