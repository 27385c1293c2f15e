//! Procedures.

use crate::catalog::dependence::depends_on_extensions;
use crate::catalog::routine::*;
use crate::catalog::{AclClass, Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "procedure",
    plural: "procedures",
    catalog: "pg_proc",
    oid: "p.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        signature: Some(SIGNATURE),
        ..Identity::named("p.proname")
    },
    from: FROM,
    filter: "p.prokind = 'p'",
    members: &[("pg_proc", "p.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        ARGUMENTS,
        LANGUAGE,
        SECURITY_DEFINER,
        SETTINGS,
        TRANSFORMS,
        LIBRARY,
        BODY,
        SQL_BODY,
        Facet::privileges("p.proacl", AclClass::Routine),
        depends_on_extensions!("pg_proc", "p.oid"),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
