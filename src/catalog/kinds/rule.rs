//! Rewrite rules, without the one that makes a view a view.

use crate::catalog::relation::PARENT;
use crate::catalog::{Facet, Home, Identity, Kind, Shown};

pub(super) static KIND: Kind = Kind {
    name: "rule",
    plural: "rules",
    home: Home::Child,
    shown: Shown::On,
    catalog: "pg_rewrite",
    oid: "r.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        parents: &[PARENT],
        ..Identity::named("r.rulename")
    },
    from: "pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace",
    filter: "NOT (r.ev_type = '1' AND r.rulename = '_RETURN') AND c.relpersistence <> 't'",
    members: &[("pg_rewrite", "r.oid"), ("pg_class", "c.oid")],
    facets: &[
        Facet::sql("definition", "pg_catalog.pg_get_ruledef(r.oid)"),
        Facet::text(
            "enabled",
            "CASE r.ev_enabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled'
            WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END",
        )
        .but_text("origin"),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
