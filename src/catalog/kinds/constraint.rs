//! Constraints of tables, with the index that stands behind some of them.
//!
//! Foreign keys that a partition has from its partitioned table are copies without a life of their own.

use super::index;
use crate::catalog::deparse::{CONSTRAINT, constraint_definition};
use crate::catalog::dependence::depends_on_extensions;
use crate::catalog::relation::TABLESPACE;
use crate::catalog::{Facet, Home, Identity, Kind, ParentColumns, Shown};
use crate::model::Level;

/// Constraints stand on tables and foreign tables only.
pub(super) const KIND_OF_REL: &str = "CASE rel.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END";

/// The definition without the attributes that are facets of their own; few constraints have any. One that is not
/// enforced is not validated either.
pub(super) const DEFINITION: Facet = Facet::sql("definition", constraint_definition!());
pub(super) const VALIDATED: Facet = Facet::bool_yes("validated", "con.convalidated");
pub(super) const ENFORCED: Facet = Facet::bool_yes("enforced", "con.conenforced").since(18);
pub(super) const NO_INHERIT: Facet =
    Facet::bool("no inherit", "con.connoinherit AND con.contype IN ('c', 'n')");
pub(super) const LOCAL: Facet = Facet::bool_yes("local", "con.conislocal");

pub(super) static KIND: Kind = Kind {
    name: "constraint",
    plural: "constraints",
    home: Home::Child,
    shown: Shown::On,
    catalog: "pg_constraint",
    oid: "con.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        parents: &[ParentColumns {
            kind: KIND_OF_REL,
            name: "rel.relname",
        }],
        ..Identity::named("con.conname")
    },
    from: "pg_catalog.pg_constraint AS con
JOIN pg_catalog.pg_class AS rel ON rel.oid = con.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = rel.relnamespace
LEFT JOIN pg_catalog.pg_index AS i ON con.contype IN ('p', 'u', 'x') AND i.indexrelid = con.conindid
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
LEFT JOIN pg_catalog.pg_description AS comment_of_index
       ON comment_of_index.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND comment_of_index.objoid = c.oid AND comment_of_index.objsubid = 0
LEFT JOIN (SELECT tg.tgconstraint,
                  pg_catalog.array_agg(tg.tgrelid::pg_catalog.regclass || ' ' || tg.tgfoid::pg_catalog.regproc
                      || CASE tg.tgenabled WHEN 'D' THEN ' is disabled' WHEN 'R' THEN ' fires on replica'
                         ELSE ' fires always' END) AS states
           FROM pg_catalog.pg_trigger AS tg
           WHERE tg.tgconstraint <> 0 AND tg.tgisinternal AND tg.tgenabled <> 'O'
           GROUP BY tg.tgconstraint) AS internal ON internal.tgconstraint = con.oid",
    filter: "con.contype IN ('c', 'f', 'p', 'u', 'x') AND rel.relkind IN ('r', 'p', 'f') AND rel.relpersistence <> 't'
  AND NOT (con.contype = 'f' AND con.conparentid <> 0)",
    members: &[("pg_class", "rel.oid")],
    facets: &[
        DEFINITION.deparsed(&CONSTRAINT),
        VALIDATED,
        ENFORCED,
        Facet::bool("deferrable", "con.condeferrable"),
        Facet::bool("initially deferred", "con.condeferred"),
        NO_INHERIT,
        LOCAL,
        index::VALID,
        index::LIVE,
        index::CLUSTERED,
        index::REPLICA_IDENTITY,
        index::ATTACHED,
        Facet::text("tablespace", TABLESPACE).level(Level::Warning),
        Facet::options("storage parameters", "c.reloptions"),
        index::STATISTICS,
        // ALTER TABLE … DISABLE TRIGGER ALL switches foreign keys off, and no dump shows it.
        Facet::set("states of internal triggers", "internal.states"),
        depends_on_extensions!("pg_class", "c.oid"),
        Facet::comment(),
        Facet::text("index comment", "comment_of_index.description").level(Level::Warning),
    ],
    ..Kind::COMMON
};
