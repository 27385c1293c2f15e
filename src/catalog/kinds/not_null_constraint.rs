//! NOT NULL constraints, which have names and attributes of their own from 18 on. Before, a column knows.

use super::constraint::{KIND_OF_REL, LOCAL, NO_INHERIT, VALIDATED};
use crate::catalog::{Facet, Home, Identity, ImpliedBy, Kind, ParentColumns, Shown};

pub(super) static KIND: Kind = Kind {
    name: "not null constraint",
    plural: "not null constraints",
    home: Home::Child,
    shown: Shown::On,
    since: 18,
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
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = con.conrelid AND a.attnum = con.conkey[1]",
    filter: "con.contype = 'n' AND rel.relpersistence <> 't'",
    members: &[("pg_class", "rel.oid")],
    implied_by: Some(ImpliedBy {
        sibling: Some("column"),
        facet: "not null",
        suffix: "_not_null",
        beside: &["column", "local"],
    }),
    facets: &[
        Facet::text("column", "a.attname"),
        VALIDATED,
        NO_INHERIT,
        LOCAL,
        Facet::comment(),
    ],
    ..Kind::COMMON
};
