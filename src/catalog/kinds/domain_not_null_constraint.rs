//! NOT NULL constraints of domains, which have names and comments of their own from 17 on.

use crate::catalog::{Facet, Home, Identity, ImpliedBy, Kind, ParentColumns, Shown};

pub(super) static KIND: Kind = Kind {
    name: "domain not null constraint",
    plural: "domain not null constraints",
    home: Home::Child,
    shown: Shown::On,
    since: 17,
    catalog: "pg_constraint",
    oid: "con.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        parents: &[ParentColumns {
            kind: "'domain'",
            name: "t.typname",
        }],
        ..Identity::named("con.conname")
    },
    from: "pg_catalog.pg_constraint AS con
JOIN pg_catalog.pg_type AS t ON t.oid = con.contypid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace",
    filter: "con.contype = 'n'",
    members: &[("pg_type", "t.oid")],
    implied_by: Some(ImpliedBy {
        sibling: None,
        facet: "not null",
        suffix: "_not_null",
        beside: &[],
    }),
    facets: &[Facet::comment()],
    ..Kind::COMMON
};
