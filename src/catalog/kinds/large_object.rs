//! Large objects: who owns them, who may use them, what they are said to be. What is in them is data.
//!
//! They are read where the configuration asks for them, and counted otherwise.

use crate::catalog::{AclClass, Facet, Home, Identity, Kind, Shown};

pub(super) static KIND: Kind = Kind {
    name: "large object",
    plural: "large objects",
    home: Home::Database,
    shown: Shown::Verbatim,
    on_request: true,
    // Comments and labels name pg_largeobject as their class (COMMENT ON LARGE OBJECT), not the table of owners.
    catalog: "pg_largeobject",
    oid: "l.oid",
    identity: Identity::named("l.oid::text"),
    from: "pg_catalog.pg_largeobject_metadata AS l",
    acl_owner: Some("pg_catalog.pg_get_userbyid(l.lomowner)"),
    count: Some("SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata"),
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(l.lomowner)"),
        Facet::privileges("l.lomacl", AclClass::LargeObject),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
