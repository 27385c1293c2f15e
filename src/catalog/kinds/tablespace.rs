//! Tablespaces that somebody made. Where they lie is a fact of the machine and is not compared.

use crate::catalog::{AclClass, Facet, Home, Identity, Kind};

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
        Facet::options("options", "t.spcoptions"),
        Facet::privileges("t.spcacl", AclClass::Tablespace),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
