//! Foreign servers.

use crate::catalog::{AclClass, Facet, Home, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "foreign server",
    plural: "foreign servers",
    home: Home::Database,
    catalog: "pg_foreign_server",
    oid: "s.oid",
    identity: Identity::named("s.srvname"),
    from: "pg_catalog.pg_foreign_server AS s
JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw",
    members: &[("pg_foreign_server", "s.oid")],
    acl_owner: Some("pg_catalog.pg_get_userbyid(s.srvowner)"),
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(s.srvowner)"),
        Facet::text("wrapper", "w.fdwname"),
        Facet::text("type", "s.srvtype"),
        Facet::text("version", "s.srvversion"),
        Facet::options("options", "s.srvoptions"),
        Facet::privileges("s.srvacl", AclClass::ForeignData),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
