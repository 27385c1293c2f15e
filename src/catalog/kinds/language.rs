//! Procedural languages that no extension brought.

use crate::catalog::{AclClass, Facet, Home, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "language",
    plural: "languages",
    home: Home::Database,
    catalog: "pg_language",
    oid: "l.oid",
    identity: Identity::named("l.lanname"),
    from: "pg_catalog.pg_language AS l",
    filter: "l.oid >= 16384",
    members: &[("pg_language", "l.oid")],
    acl_owner: Some("pg_catalog.pg_get_userbyid(l.lanowner)"),
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(l.lanowner)"),
        Facet::bool("trusted", "l.lanpltrusted").fixed(),
        Facet::text(
            "handler",
            "CASE WHEN l.lanplcallfoid <> 0 THEN l.lanplcallfoid::pg_catalog.regproc::text END",
        ),
        Facet::text(
            "inline handler",
            "CASE WHEN l.laninline <> 0 THEN l.laninline::pg_catalog.regproc::text END",
        ),
        Facet::text(
            "validator",
            "CASE WHEN l.lanvalidator <> 0 THEN l.lanvalidator::pg_catalog.regproc::text END",
        ),
        Facet::privileges("l.lanacl", AclClass::Language),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
