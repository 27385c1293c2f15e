//! How the passwords of the roles that the configuration names are kept. Only superusers may look.
//!
//! Every environment has passwords of its own, so that whether there is one, and which, informs. A password or its
//! verifier never leaves the server.

use crate::catalog::{Facet, Home, Identity, Kind};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "role password",
    plural: "role passwords",
    home: Home::Cluster,
    catalog: "pg_authid",
    oid: "r.oid",
    identity: Identity {
        name_is_role: true,
        ..Identity::named("r.rolname")
    },
    from: "pg_catalog.pg_authid AS r",
    facets: &[
        Facet::text(
            "method",
            "CASE WHEN r.rolpassword ~ '^SCRAM-SHA-256\\$' THEN 'scram-sha-256' WHEN r.rolpassword IS NOT NULL THEN 'md5' END",
        )
        .level(Level::Info),
        Facet::secrets("CASE WHEN r.rolpassword IS NOT NULL THEN ARRAY['password=' || pg_catalog.md5(r.rolpassword)] END").level(Level::Info),
    ],
    ..Kind::COMMON
};
