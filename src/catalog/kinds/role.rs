//! Roles that the configuration names, with their memberships and settings. Passwords stand apart, because only
//! superusers may look (`role_password.rs`).

use crate::catalog::{Facet, Home, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "role",
    plural: "roles",
    home: Home::Cluster,
    catalog: "pg_authid",
    oid: "r.oid",
    identity: Identity { name_is_role: true, ..Identity::named("r.rolname") },
    // pg_roles is pg_authid without the password, and everybody may read it.
    from: "pg_catalog.pg_roles AS r",
    count: Some("SELECT pg_catalog.count(*) FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_'"),
    facets: &[
        Facet::bool("superuser", "r.rolsuper").fixed(),
        Facet::bool_yes("inherit", "r.rolinherit").fixed(),
        Facet::bool("create role", "r.rolcreaterole").fixed(),
        Facet::bool("create database", "r.rolcreatedb").fixed(),
        Facet::bool("login", "r.rolcanlogin").fixed(),
        Facet::bool("replication", "r.rolreplication").fixed(),
        Facet::bool("bypass row security", "r.rolbypassrls").fixed(),
        Facet::int("connection limit", "r.rolconnlimit").but(-1),
        Facet::text("valid until", "r.rolvaliduntil"),
        Facet::set("member of", MEMBERSHIPS).older(&[(16, MEMBERSHIPS_BEFORE_16)]).fixed(),
        Facet::options(
            "settings",
            "(SELECT s.setconfig FROM pg_catalog.pg_db_role_setting AS s WHERE s.setrole = r.oid AND s.setdatabase = 0)",
        )
        .fixed(),
        Facet::options(
            "settings in this database",
            "(SELECT s.setconfig FROM pg_catalog.pg_db_role_setting AS s
        JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
        WHERE s.setrole = r.oid AND d.datname = pg_catalog.current_database())",
        )
        .fixed(),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};

/// Which superuser granted a membership differs between environments and is left out; any other grantor counts.
///
/// From 16 on a membership says for itself whether it inherits and may be set (manual, chapter 53, "pg_auth_members").
const MEMBERSHIPS: &str = "ARRAY(SELECT pg_catalog.quote_ident(g.rolname)
                  || CASE WHEN m.admin_option THEN ' with admin option' ELSE '' END
                  || CASE WHEN m.inherit_option = r.rolinherit THEN '' WHEN m.inherit_option THEN ' with inherit option'
                     ELSE ' without inherit option' END
                  || CASE WHEN m.set_option THEN '' ELSE ' without set option' END
                  || COALESCE((SELECT ' granted by ' || pg_catalog.quote_ident(grantor.rolname)
                               FROM pg_catalog.pg_roles AS grantor
                               WHERE grantor.oid = m.grantor AND NOT grantor.rolsuper), '')
             FROM pg_catalog.pg_auth_members AS m
             JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid
             WHERE m.member = r.oid)";
const MEMBERSHIPS_BEFORE_16: &str = "ARRAY(SELECT pg_catalog.quote_ident(g.rolname)
                  || CASE WHEN m.admin_option THEN ' with admin option' ELSE '' END
                  || COALESCE((SELECT ' granted by ' || pg_catalog.quote_ident(grantor.rolname)
                               FROM pg_catalog.pg_roles AS grantor
                               WHERE grantor.oid = m.grantor AND NOT grantor.rolsuper), '')
             FROM pg_catalog.pg_auth_members AS m
             JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid
             WHERE m.member = r.oid)";
