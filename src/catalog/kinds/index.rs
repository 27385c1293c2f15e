//! Indexes that no constraint stands on; the others are part of their constraint.

use crate::catalog::deparse::{INDEX, index_definition};
use crate::catalog::dependence::depends_on_extensions;
use crate::catalog::relation::TABLESPACE;
use crate::catalog::{Facet, Home, Identity, Kind, ParentColumns, Shown};
use crate::model::Level;

pub(super) const VALID: Facet = Facet::bool_yes("valid", "i.indisvalid");
pub(super) const READY: Facet = Facet::bool_yes("ready", "i.indisready");
/// DROP INDEX CONCURRENTLY that was interrupted leaves an index that is no longer maintained.
pub(super) const LIVE: Facet = Facet::bool_yes("live", "i.indislive");
pub(super) const CLUSTERED: Facet = Facet::bool("clustered", "i.indisclustered").level(Level::Warning);
pub(super) const REPLICA_IDENTITY: Facet = Facet::bool("replica identity", "i.indisreplident");

/// Attaching makes a partition's index part of the partitioned one.
pub(super) const ATTACHED: Facet = Facet::text(
    "attached to",
    "CASE WHEN c.relispartition THEN
            (SELECT up.inhparent::pg_catalog.regclass::text FROM pg_catalog.pg_inherits AS up WHERE up.inhrelid = c.oid) END",
);

/// Only columns that are expressions can have one (ALTER INDEX, "SET STATISTICS").
pub(super) const STATISTICS: Facet = Facet::options(
    "statistics targets",
    "CASE WHEN i.indexprs IS NOT NULL THEN
            ARRAY(SELECT a.attnum || '=' || a.attstattarget FROM pg_catalog.pg_attribute AS a
                  WHERE a.attrelid = c.oid AND a.attstattarget >= 0) END",
);

pub(super) static KIND: Kind = Kind {
    name: "index",
    plural: "indexes",
    home: Home::Child,
    shown: Shown::InSchema,
    catalog: "pg_class",
    oid: "c.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        parents: &[ParentColumns {
            kind: "CASE r.relkind WHEN 'm' THEN 'materialized view' ELSE 'table' END",
            name: "r.relname",
        }],
        ..Identity::named("c.relname")
    },
    from: "pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class AS r ON r.oid = i.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace",
    filter: "r.relkind IN ('r', 'p', 'm') AND r.relpersistence <> 't'
  AND i.indexrelid NOT IN (SELECT con.conindid FROM pg_catalog.pg_constraint AS con
                           WHERE con.contype IN ('p', 'u', 'x'))",
    members: &[("pg_class", "r.oid")],
    facets: &[
        Facet::sql("definition", index_definition!()).deparsed(&INDEX),
        VALID,
        READY,
        LIVE,
        CLUSTERED,
        REPLICA_IDENTITY,
        ATTACHED,
        Facet::text("tablespace", TABLESPACE).level(Level::Warning),
        Facet::options("storage parameters", "c.reloptions"),
        STATISTICS,
        depends_on_extensions!("pg_class", "c.oid"),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
