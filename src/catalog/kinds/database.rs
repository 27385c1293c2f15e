//! The database itself. Its name is no part of it: every environment has its own, and so has every rehearsal.
//!
//! Who set an environment up decides who owns the database, where it lies and in which locale it sorts; those are
//! shown and count as `info`. The version of the collation library is a fact of the machine; one that is recorded and is not
//! the library's is shown.

use crate::catalog::{AclClass, Facet, Home, Identity, Kind};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "database",
    plural: "databases",
    home: Home::Database,
    catalog: "pg_database",
    oid: "d.oid",
    identity: Identity::named("'current'"),
    from: "pg_catalog.pg_database AS d",
    filter: "d.datname = pg_catalog.current_database()",
    acl_owner: Some("pg_catalog.pg_get_userbyid(d.datdba)"),
    facets: &[
        // A throw-away server's own superuser owns what nobody was asked about.
        Facet::role(
            "owner",
            "CASE WHEN d.datdba <> 10 THEN pg_catalog.pg_get_userbyid(d.datdba) END",
        )
        .level(Level::Info),
        Facet::text("encoding", "pg_catalog.pg_encoding_to_char(d.encoding)").but_text("UTF8"),
        Facet::text(
            "locale provider",
            "CASE d.datlocprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END",
        )
        .since(15)
        .level(Level::Info),
        Facet::text("collate", "d.datcollate").level(Level::Info),
        Facet::text("ctype", "d.datctype").level(Level::Info),
        // The column was called daticulocale before 17.
        Facet::text("locale", "d.datlocale")
            .older(&[(17, "d.daticulocale")])
            .since(15)
            .level(Level::Info),
        Facet::text("ICU rules", "d.daticurules")
            .since(16)
            .level(Level::Info),
        Facet::text(
            "tablespace",
            "(SELECT NULLIF(spc.spcname, 'pg_default') FROM pg_catalog.pg_tablespace AS spc WHERE spc.oid = d.dattablespace)",
        )
        .level(Level::Info),
        Facet::int("connection limit", "d.datconnlimit")
            .but(-1)
            .level(Level::Warning),
        Facet::bool("template", "d.datistemplate").level(Level::Warning),
        Facet::options(
            "settings",
            "(SELECT s.setconfig FROM pg_catalog.pg_db_role_setting AS s WHERE s.setdatabase = d.oid AND s.setrole = 0)",
        ),
        Facet::options(
            "settings of all roles",
            "(SELECT s.setconfig FROM pg_catalog.pg_db_role_setting AS s WHERE s.setdatabase = 0 AND s.setrole = 0)",
        ),
        Facet::set(
            "settings of roles",
            "ARRAY(SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(s.setrole)) || ': ' || setting
             FROM pg_catalog.pg_db_role_setting AS s CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS setting
             WHERE s.setdatabase = d.oid AND s.setrole <> 0)",
        )
        .level(Level::Warning),
        Facet::text(
            "collation version",
            "CASE WHEN d.datcollversion IS DISTINCT FROM pg_catalog.pg_database_collation_actual_version(d.oid) THEN d.datcollversion END",
        )
        .since(15)
        .level(Level::Warning),
        Facet::privileges("d.datacl", AclClass::Database),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
