//! User mappings. Values of options that look like secrets never leave the server; that they differ does.

use crate::catalog::{Facet, Home, Identity, Kind, Shown};

pub(super) static KIND: Kind = Kind {
    name: "user mapping",
    plural: "user mappings",
    home: Home::Database,
    shown: Shown::For,
    catalog: "pg_user_mapping",
    oid: "u.oid",
    identity: Identity {
        signature: Some("'server ' || pg_catalog.quote_ident(s.srvname)"),
        name_is_role: true,
        // User 0 is PUBLIC; no real role can be called "public".
        ..Identity::named(
            "CASE WHEN u.umuser = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(u.umuser) END",
        )
    },
    // For superusers. The view that everybody may read shows options to whom they concern and is empty for others,
    // which would look like drift.
    from: "pg_catalog.pg_user_mapping AS u
JOIN pg_catalog.pg_foreign_server AS s ON s.oid = u.umserver",
    count: Some("SELECT pg_catalog.count(*) FROM pg_catalog.pg_user_mappings"),
    members: &[("pg_user_mapping", "u.oid")],
    facets: &[
        Facet::options(
            "options",
            "ARRAY(SELECT CASE WHEN option ~* '^[^=]*(pass|secret|token|key)'
                   THEN pg_catalog.split_part(option, '=', 1) || '=(hidden)' ELSE option END
             FROM pg_catalog.unnest(u.umoptions) AS option)",
        ),
        Facet::secrets(
            "ARRAY(SELECT pg_catalog.split_part(option, '=', 1) || '=' || pg_catalog.md5(option)
             FROM pg_catalog.unnest(u.umoptions) AS option WHERE option ~* '^[^=]*(pass|secret|token|key)')",
        ),
    ],
    ..Kind::COMMON
};
