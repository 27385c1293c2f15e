//! Tablespaces that somebody made. Where they lie is a fact of the machine: shown, no more.

use crate::catalog::{AclClass, Facet, Home, Identity, Kind};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "tablespace",
    plural: "tablespaces",
    home: Home::Cluster,
    catalog: "pg_tablespace",
    oid: "t.oid",
    identity: Identity::named("t.spcname"),
    from: "pg_catalog.pg_tablespace AS t",
    filter: "t.oid >= 16384",
    acl_owner: Some("pg_catalog.pg_get_userbyid(t.spcowner)"),
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(t.spcowner)"),
        // One that was made in place says where by its oid.
        Facet::text(
            "location",
            "CASE WHEN pg_catalog.pg_tablespace_location(t.oid) !~ '^pg_tblspc/' THEN pg_catalog.pg_tablespace_location(t.oid) END",
        )
        .level(Level::Info),
        Facet::options("options", "t.spcoptions"),
        Facet::privileges("t.spcacl", AclClass::Tablespace),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
