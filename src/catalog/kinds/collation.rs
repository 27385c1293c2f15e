//! Collations. The version of the library is a fact of the machine, not of the schema.

use crate::catalog::{Facet, Identity, Kind};

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
        Facet::comment(),
    ],
    ..Kind::COMMON
};
