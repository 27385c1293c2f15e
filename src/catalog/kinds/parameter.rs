//! Configuration parameters that somebody may set without being superuser (15 and later).

use crate::catalog::{AclClass, Facet, Home, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "parameter",
    plural: "parameters",
    home: Home::Cluster,
    since: 15,
    catalog: "pg_parameter_acl",
    oid: "p.oid",
    identity: Identity::named("p.parname"),
    from: "pg_catalog.pg_parameter_acl AS p",
    // The role that initdb made stands for the owner (acl.c, `acldefault`).
    acl_owner: Some("pg_catalog.pg_get_userbyid(10)"),
    facets: &[Facet::privileges("p.paracl", AclClass::Parameter)],
    ..Kind::COMMON
};
