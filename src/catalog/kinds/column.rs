//! Columns of tables, views and materialized views, and attributes of composite types.
//!
//! Dropped columns leave holes in `attnum` that nobody sees: only the order of the living ones counts.

use crate::catalog::deparse::{DEFAULT, GENERATION};
use crate::catalog::relation::{OWNER, PARENT};
use crate::catalog::{AclClass, AttributeColumns, Facet, Home, Identity, Kind, Shown};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "column",
    plural: "columns",
    home: Home::Child,
    shown: Shown::Dotted,
    ordered: true,
    catalog: "pg_class",
    oid: "a.attrelid",
    sub: "a.attnum",
    identity: Identity { schema: Some("n.nspname"), parents: &[PARENT], ..Identity::named("a.attname") },
    from: "pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid",
    filter: "a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND c.relpersistence <> 't'",
    members: &[("pg_class", "c.oid"), ("pg_type", "c.reltype")],
    acl_owner: Some(OWNER),
    attribute: Some(AttributeColumns {
        relation: "a.attrelid",
        number: "a.attnum",
        datatype: "a.atttypid",
        collation: "a.attcollation",
    }),
    facets: &[
        Facet::text("type", "pg_catalog.format_type(a.atttypid, a.atttypmod)"),
        Facet::text(
            "collation",
            "CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::pg_catalog.regcollation::text END",
        ),
        Facet::bool("not null", "a.attnotnull"),
        Facet::sql(
            "default",
            "CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(def.adbin, def.adrelid) END",
        )
        .deparsed(&DEFAULT),
        Facet::text("generated", "CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END"),
        Facet::sql(
            "generation expression",
            "CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(def.adbin, def.adrelid) END",
        )
        .deparsed(&GENERATION),
        Facet::text("identity", "CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END"),
        Facet::bool_yes("local", "a.attislocal"),
        Facet::text(
            "storage",
            "CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage
            WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' WHEN 'x' THEN 'extended' END END",
        )
        .level(Level::Warning),
        Facet::text("compression", "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END")
            .since(14)
            .level(Level::Warning),
        // NULL means the default from 17 on, -1 before.
        Facet::int("statistics target", "NULLIF(a.attstattarget, -1)").level(Level::Warning),
        // Only what the manual knows (ALTER TABLE, "SET ( attribute_option )"): servers keep private state here, as
        // 15.20 does with pg_attver.
        Facet::known_options("options", "a.attoptions", &["n_distinct", "n_distinct_inherited"]),
        Facet::options("foreign options", "a.attfdwoptions"),
        Facet::privileges("a.attacl", AclClass::Column),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
