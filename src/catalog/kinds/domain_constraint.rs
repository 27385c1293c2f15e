//! Constraints of domains.

use super::constraint::{DEFINITION, VALIDATED};
use crate::catalog::{Facet, Home, Identity, Kind, ParentColumns, Shown};

pub(super) static KIND: Kind = Kind {
    name: "domain constraint",
    plural: "domain constraints",
    home: Home::Child,
    shown: Shown::On,
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
    // NOT NULL is a constraint as well from 17 on.
    filter: "con.contype = 'c'",
    members: &[("pg_type", "t.oid")],
    facets: &[DEFINITION, VALIDATED, Facet::comment()],
    ..Kind::COMMON
};
