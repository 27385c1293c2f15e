//! Default privileges: what objects that a role will make come into the world with.
//!
//! A row for the whole database replaces the built-in default, a row for one schema adds to it (pg_default_acl in the
//! manual, chapter 53), so the first is read as what differs from the default and the second as it is.

use crate::catalog::{AclClass, Facet, Home, Identity, Kind, Shown};

pub(super) static KIND: Kind = Kind {
    name: "default privileges",
    plural: "default privileges",
    home: Home::Database,
    shown: Shown::For,
    catalog: "pg_default_acl",
    oid: "d.oid",
    identity: Identity {
        signature: Some(
            "CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
            WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' WHEN 'L' THEN 'large objects'
            ELSE d.defaclobjtype::text END
            || COALESCE(' in schema ' || pg_catalog.quote_ident(n.nspname), '')",
        ),
        name_is_role: true,
        ..Identity::named("pg_catalog.pg_get_userbyid(d.defaclrole)")
    },
    from: "pg_catalog.pg_default_acl AS d
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL (
    SELECT CASE WHEN d.defaclnamespace = 0 THEN pg_catalog.acldefault(
               CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole)
           ELSE '{}'::aclitem[] END AS built_in) AS default_acl",
    acl_owner: Some("pg_catalog.pg_get_userbyid(d.defaclrole)"),
    facets: &[
        Facet::privileges(
            "ARRAY(SELECT pg_catalog.unnest(d.defaclacl) EXCEPT SELECT pg_catalog.unnest(built_in))",
            AclClass::Explicit,
        ),
        Facet::privileges(
            "ARRAY(SELECT pg_catalog.unnest(built_in) EXCEPT SELECT pg_catalog.unnest(d.defaclacl))",
            AclClass::Explicit,
        )
        .named("revoked"),
    ],
    ..Kind::COMMON
};
