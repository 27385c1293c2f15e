//! Foreign-data wrappers.

use crate::catalog::{AclClass, Facet, Home, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "foreign-data wrapper",
    plural: "foreign-data wrappers",
    home: Home::Database,
    catalog: "pg_foreign_data_wrapper",
    oid: "w.oid",
    identity: Identity::named("w.fdwname"),
    from: "pg_catalog.pg_foreign_data_wrapper AS w",
    members: &[("pg_foreign_data_wrapper", "w.oid")],
    acl_owner: Some("pg_catalog.pg_get_userbyid(w.fdwowner)"),
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(w.fdwowner)"),
        Facet::text(
            "handler",
            "CASE WHEN w.fdwhandler <> 0 THEN w.fdwhandler::pg_catalog.regproc::text END",
        ),
        Facet::text(
            "validator",
            "CASE WHEN w.fdwvalidator <> 0 THEN w.fdwvalidator::pg_catalog.regproc::text END",
        ),
        Facet::options("options", "w.fdwoptions"),
        Facet::privileges("w.fdwacl", AclClass::ForeignData),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
