//! Publications, with their tables (columns and row filters from 15 on) and schemas.

use crate::catalog::{Facet, Home, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "publication",
    plural: "publications",
    home: Home::Database,
    catalog: "pg_publication",
    oid: "p.oid",
    identity: Identity::named("p.pubname"),
    from: "pg_catalog.pg_publication AS p",
    members: &[("pg_publication", "p.oid")],
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(p.pubowner)"),
        Facet::bool("all tables", "p.puballtables"),
        Facet::bool_yes("insert", "p.pubinsert"),
        Facet::bool_yes("update", "p.pubupdate"),
        Facet::bool_yes("delete", "p.pubdelete"),
        Facet::bool_yes("truncate", "p.pubtruncate"),
        Facet::bool("via root", "p.pubviaroot"),
        Facet::text(
            "generated columns",
            "CASE p.pubgencols WHEN 's' THEN 'stored' END",
        )
        .since(18),
        Facet::set("tables", TABLES).older(&[(15, TABLES_BEFORE_15)]),
        Facet::set(
            "schemas",
            "ARRAY(SELECT n.nspname FROM pg_catalog.pg_publication_namespace AS pn
             JOIN pg_catalog.pg_namespace AS n ON n.oid = pn.pnnspid WHERE pn.pnpubid = p.oid)",
        )
        .since(15),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};

/// A table with its columns in their order and its row filter.
const TABLES: &str = "ARRAY(SELECT pr.prrelid::pg_catalog.regclass::text
                  || COALESCE(' (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)
                                       FROM pg_catalog.pg_attribute AS a
                                       WHERE a.attrelid = pr.prrelid AND a.attnum = ANY (pr.prattrs)) || ')', '')
                  || COALESCE(' WHERE ' || pg_catalog.pg_get_expr(pr.prqual, pr.prrelid), '')
             FROM pg_catalog.pg_publication_rel AS pr WHERE pr.prpubid = p.oid)";
const TABLES_BEFORE_15: &str = "ARRAY(SELECT pr.prrelid::pg_catalog.regclass::text
             FROM pg_catalog.pg_publication_rel AS pr WHERE pr.prpubid = p.oid)";
