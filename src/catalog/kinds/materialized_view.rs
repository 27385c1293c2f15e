//! Materialized views. Whether one is populated is state that no dump carries, yet reading it fails without.

use crate::catalog::dependence::depends_on_extensions;
use crate::catalog::relation::{ACCESS_METHOD, OWNER, TABLESPACE, TOAST_OPTIONS};
use crate::catalog::{AclClass, Facet, Identity, Kind};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "materialized view",
    plural: "materialized views",
    catalog: "pg_class",
    oid: "c.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("c.relname")
    },
    from: "pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace",
    filter: "c.relkind = 'm'",
    members: &[("pg_class", "c.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        Facet::sql("definition", "pg_catalog.pg_get_viewdef(c.oid)"),
        Facet::bool_yes("populated", "c.relispopulated").level(Level::Warning),
        Facet::text("access method", ACCESS_METHOD)
            .but_text("heap")
            .level(Level::Warning),
        Facet::text("tablespace", TABLESPACE).level(Level::Warning),
        Facet::options("storage parameters", "c.reloptions"),
        Facet::options("toast storage parameters", TOAST_OPTIONS),
        Facet::privileges("c.relacl", AclClass::Relation),
        depends_on_extensions!("pg_class", "c.oid"),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
