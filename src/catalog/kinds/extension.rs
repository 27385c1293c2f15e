//! Extensions. What they own belongs to them and is not read.

use crate::catalog::{Facet, Home, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "extension",
    plural: "extensions",
    home: Home::Database,
    catalog: "pg_extension",
    oid: "e.oid",
    identity: Identity::named("e.extname"),
    from: "pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace",
    // Every database has plpgsql from initdb; it counts where somebody moved or altered it.
    facets: &[
        Facet::text("installed in", "n.nspname"),
        Facet::text("version", "e.extversion"),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
