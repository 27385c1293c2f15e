//! Collations. The version of the library is a fact of the machine; a recorded version that is not the library's is shown.

use crate::catalog::{Facet, Identity, Kind};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "collation",
    plural: "collations",
    catalog: "pg_collation",
    oid: "c.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("c.collname")
    },
    from: "pg_catalog.pg_collation AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace",
    members: &[("pg_collation", "c.oid")],
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(c.collowner)"),
        Facet::text(
            "provider",
            "CASE c.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' WHEN 'd' THEN 'default' END",
        ),
        Facet::bool_yes("deterministic", "c.collisdeterministic"),
        // ICU kept its locale in collcollate before 15 and in colliculocale before 17.
        Facet::text("locale", "c.colllocale").older(&[
            (15, "CASE WHEN c.collprovider = 'i' THEN c.collcollate END"),
            (17, "c.colliculocale"),
        ]),
        Facet::text("collate", "CASE WHEN c.collprovider = 'c' THEN c.collcollate END"),
        Facet::text("ctype", "CASE WHEN c.collprovider = 'c' THEN c.collctype END"),
        Facet::text("ICU rules", "c.collicurules").since(16),
        // Which version the library has is a fact of the machine; that another one is recorded is a fact to act upon.
        Facet::text(
            "version",
            "CASE WHEN c.collversion IS DISTINCT FROM pg_catalog.pg_collation_actual_version(c.oid) THEN c.collversion END",
        )
        .level(Level::Warning),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
