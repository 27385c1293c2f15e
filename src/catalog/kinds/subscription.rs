//! Subscriptions of this database. What looks like a password in the connection is never read into a catalog.

use crate::catalog::{Facet, Home, Identity, Kind};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "subscription",
    plural: "subscriptions",
    home: Home::Database,
    catalog: "pg_subscription",
    oid: "s.oid",
    identity: Identity::named("s.subname"),
    from: "pg_catalog.pg_subscription AS s
JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid",
    filter: "d.datname = pg_catalog.current_database()",
    // The connection is for superusers; the other columns are for everybody.
    count: Some(
        "SELECT pg_catalog.count(*) FROM pg_catalog.pg_subscription AS s
JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid WHERE d.datname = pg_catalog.current_database()",
    ),
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(s.subowner)"),
        Facet::bool_yes("enabled", "s.subenabled"),
        // Each environment has a publisher of its own.
        Facet::text("connection", CONNECTION).level(Level::Warning),
        Facet::secrets(
            r"ARRAY(SELECT 'password=' || pg_catalog.md5(secret) FROM COALESCE(
                pg_catalog.substring(s.subconninfo, '^\s*postgres(?:ql)?://[^:/@?]*:(.*)@'),
                pg_catalog.substring(s.subconninfo, '(?:ssl)?password\s*=\s*(''(?:\\.|[^''\\])*''|[^\s&]*)')) AS secret
              WHERE secret IS NOT NULL)",
        ),
        Facet::text(
            "slot",
            "CASE WHEN s.subslotname IS NULL THEN '(none)' WHEN s.subslotname <> s.subname THEN s.subslotname END",
        ),
        Facet::text("synchronous commit", "s.subsynccommit").but_text("off"),
        Facet::set("publications", "s.subpublications"),
        Facet::bool("binary", "s.subbinary").since(14),
        Facet::text(
            "streaming",
            "CASE s.substream::text WHEN 'true' THEN 'on' WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel' END",
        )
        .since(14),
        // Pending until every table is synchronized, then enabled: both were asked for as "on".
        Facet::bool("two phase", "s.subtwophasestate <> 'd'").since(15),
        Facet::bool("disable on error", "s.subdisableonerr").since(15),
        Facet::text("origin", "s.suborigin").but_text("any").since(16),
        Facet::bool_yes("password required", "s.subpasswordrequired")
            .since(16)
            .fixed(),
        Facet::bool("run as owner", "s.subrunasowner").since(16).fixed(),
        Facet::bool("failover", "s.subfailover").since(17),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};

/// In a URL everything between the user and the last `@` goes, for a password may hold any sign.
const CONNECTION: &str = r"pg_catalog.regexp_replace(
            CASE WHEN s.subconninfo ~ '^\s*postgres(ql)?://'
                 THEN pg_catalog.regexp_replace(s.subconninfo, '(://[^:/@?]*):.*@', '\1:(hidden)@')
                 ELSE s.subconninfo END,
            '((?:ssl)?password|[a-z_]*secret[a-z_]*)\s*=\s*(''(?:\\.|[^''\\])*''|[^\s&]*(?:&[^\s=&]*(?=\s|$))*)',
            '\1=(hidden)', 'gi')";
