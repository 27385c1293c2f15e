//! Triggers that somebody made. Those of foreign keys belong to their constraint, clones on partitions to the
//! partitioned table.

use crate::catalog::deparse::TRIGGER;
use crate::catalog::dependence::depends_on_extensions;
use crate::catalog::relation::PARENT;
use crate::catalog::{Facet, Home, Identity, Kind, Shown};

pub(super) static KIND: Kind = Kind {
    name: "trigger",
    plural: "triggers",
    home: Home::Child,
    shown: Shown::On,
    catalog: "pg_trigger",
    oid: "tg.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        parents: &[PARENT],
        ..Identity::named("tg.tgname")
    },
    from: "pg_catalog.pg_trigger AS tg
JOIN pg_catalog.pg_class AS c ON c.oid = tg.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace",
    filter: "NOT tg.tgisinternal AND tg.tgparentid = 0 AND c.relpersistence <> 't'",
    members: &[("pg_trigger", "tg.oid"), ("pg_class", "c.oid")],
    facets: &[
        Facet::sql("definition", "pg_catalog.pg_get_triggerdef(tg.oid)").deparsed(&TRIGGER),
        Facet::text(
            "enabled",
            "CASE tg.tgenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled'
            WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END",
        )
        .but_text("origin")
        .fixed(),
        depends_on_extensions!("pg_trigger", "tg.oid"),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
