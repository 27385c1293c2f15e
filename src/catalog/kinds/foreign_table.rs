//! Foreign tables; columns, constraints and triggers are children like those of tables.

use crate::catalog::relation::OWNER;
use crate::catalog::{AclClass, Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "foreign table",
    plural: "foreign tables",
    catalog: "pg_class",
    oid: "c.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("c.relname")
    },
    from: "pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_foreign_table AS ft ON ft.ftrelid = c.oid
JOIN pg_catalog.pg_foreign_server AS fs ON fs.oid = ft.ftserver
LEFT JOIN (SELECT inhrelid,
                  pg_catalog.array_agg(inhparent::pg_catalog.regclass::text ORDER BY inhseqno) AS parents
           FROM pg_catalog.pg_inherits GROUP BY inhrelid) AS inherits ON inherits.inhrelid = c.oid",
    filter: "c.relkind = 'f'",
    members: &[("pg_class", "c.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        Facet::text("server", "fs.srvname"),
        Facet::options("options", "ft.ftoptions"),
        Facet::list(
            "inherits",
            "CASE WHEN NOT c.relispartition THEN inherits.parents END",
        ),
        Facet::text(
            "partition of",
            "CASE WHEN c.relispartition THEN inherits.parents[1] END",
        ),
        Facet::text(
            "partition bound",
            "CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END",
        ),
        Facet::privileges("c.relacl", AclClass::Relation),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
