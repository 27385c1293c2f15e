//! User mappings. Values of options that look like secrets are never read, only that they are there.

use crate::catalog::{Facet, Home, Identity, Kind, Shown};

pub(super) static KIND: Kind = Kind {
    name: "user mapping",
    plural: "user mappings",
    home: Home::Database,
    shown: Shown::For,
    catalog: "pg_user_mapping",
    oid: "u.umid",
    identity: Identity {
        signature: Some("'server ' || pg_catalog.quote_ident(u.srvname)"),
        name_is_role: true,
        // User 0 is PUBLIC; no real role can be called "public".
        ..Identity::named("CASE WHEN u.umuser = 0 THEN 'public' ELSE u.usename END")
    },
    // The view, because pg_user_mapping itself is for superusers; it shows options to whom they concern.
    from: "pg_catalog.pg_user_mappings AS u",
    members: &[("pg_user_mapping", "u.umid")],
    facets: &[Facet::options(
        "options",
        "ARRAY(SELECT CASE WHEN option ~* '^[^=]*(pass|secret|token|key)'
                   THEN pg_catalog.split_part(option, '=', 1) || '=(hidden)' ELSE option END
             FROM pg_catalog.unnest(u.umoptions) AS option)",
    )],
    ..Kind::COMMON
};
