//! Tables, partitioned tables and partitions.

use crate::catalog::relation::{ACCESS_METHOD, OWNER, PERSISTENCE, TABLESPACE, TOAST_OPTIONS};
use crate::catalog::{AclClass, Facet, Identity, Kind};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "table",
    plural: "tables",
    catalog: "pg_class",
    oid: "c.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("c.relname")
    },
    from: "pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN (SELECT inhrelid,
                  pg_catalog.array_agg(inhparent::pg_catalog.regclass::text ORDER BY inhseqno) AS parents
           FROM pg_catalog.pg_inherits GROUP BY inhrelid) AS inherits ON inherits.inhrelid = c.oid
LEFT JOIN (SELECT tg.tgrelid,
                  pg_catalog.array_agg(pg_catalog.quote_ident(con.conname) || ' ' || tg.tgfoid::pg_catalog.regproc
                      || CASE tg.tgenabled WHEN 'D' THEN ' is disabled' WHEN 'R' THEN ' fires on replica'
                         ELSE ' fires always' END) AS states
           FROM pg_catalog.pg_trigger AS tg
           JOIN pg_catalog.pg_constraint AS con ON con.oid = tg.tgconstraint
           WHERE tg.tgisinternal AND tg.tgenabled <> 'O' AND con.contype = 'f' AND con.conparentid <> 0
           GROUP BY tg.tgrelid) AS inherited_key ON inherited_key.tgrelid = c.oid",
    filter: "c.relkind IN ('r', 'p') AND c.relpersistence <> 't'",
    members: &[("pg_class", "c.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        Facet::text("persistence", PERSISTENCE),
        Facet::text(
            "typed",
            "CASE WHEN c.reloftype <> 0 THEN c.reloftype::pg_catalog.regtype::text END",
        ),
        Facet::list(
            "inherits",
            "CASE WHEN NOT c.relispartition THEN inherits.parents END",
        ),
        Facet::text(
            "partition key",
            "CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END",
        ),
        Facet::text(
            "partition of",
            "CASE WHEN c.relispartition THEN inherits.parents[1] END",
        ),
        Facet::text(
            "partition bound",
            "CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END",
        ),
        // DETACH CONCURRENTLY that was interrupted between its two transactions; FINALIZE ends it.
        Facet::bool(
            "detach pending",
            "EXISTS (SELECT FROM pg_catalog.pg_inherits AS pending
               WHERE c.relispartition AND pending.inhrelid = c.oid AND pending.inhdetachpending)",
        )
        .since(14),
        Facet::bool("row security", "c.relrowsecurity").fixed(),
        Facet::bool("force row security", "c.relforcerowsecurity").fixed(),
        Facet::text(
            "replica identity",
            "CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' END",
        ),
        Facet::text("access method", ACCESS_METHOD)
            .but_text("heap")
            .level(Level::Warning),
        Facet::text("tablespace", TABLESPACE).level(Level::Warning),
        Facet::options("storage parameters", "c.reloptions"),
        Facet::options("toast storage parameters", TOAST_OPTIONS),
        // A clone follows the trigger of the partitioned table, unless somebody switched it by itself.
        Facet::set(
            "states of cloned triggers",
            "CASE WHEN c.relispartition AND c.relhastriggers THEN
                 ARRAY(SELECT pg_catalog.quote_ident(clone.tgname) || CASE clone.tgenabled
                              WHEN 'O' THEN ' fires on origin' WHEN 'D' THEN ' is disabled'
                              WHEN 'R' THEN ' fires on replica' WHEN 'A' THEN ' fires always' END
                       FROM pg_catalog.pg_trigger AS clone
                       JOIN pg_catalog.pg_trigger AS original ON original.oid = clone.tgparentid
                       WHERE clone.tgrelid = c.oid
                         AND clone.tgconstraint NOT IN (SELECT con.oid FROM pg_catalog.pg_constraint AS con
                                                        WHERE con.contype <> 't')
                         AND clone.tgenabled <> original.tgenabled) END",
        ),
        // Foreign keys that a partition has from its partitioned table are no constraints of their own, yet ALTER TABLE
        // … DISABLE TRIGGER ALL on the partition switches off its share of them.
        Facet::set("states of inherited foreign keys", "inherited_key.states"),
        Facet::privileges("c.relacl", AclClass::Relation),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
