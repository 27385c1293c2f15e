//! Enum types. The order of the labels is part of the type; their sort numbers are not.

use crate::catalog::datatype::{FROM, OWNER};
use crate::catalog::{AclClass, Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "enum type",
    plural: "enum types",
    catalog: "pg_type",
    oid: "t.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("t.typname")
    },
    from: FROM,
    filter: "t.typtype = 'e'",
    members: &[("pg_type", "t.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        Facet::list(
            "labels",
            "ARRAY(SELECT e.enumlabel FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)",
        ),
        Facet::privileges("t.typacl", AclClass::Type),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
