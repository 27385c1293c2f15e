//! Casts.

use crate::catalog::{Facet, Home, Identity, Kind, Shown};

pub(super) static KIND: Kind = Kind {
    name: "cast",
    plural: "casts",
    home: Home::Database,
    shown: Shown::Verbatim,
    catalog: "pg_cast",
    oid: "c.oid",
    identity: Identity::named(
        "'(' || pg_catalog.format_type(c.castsource, NULL) || ' AS ' || pg_catalog.format_type(c.casttarget, NULL) || ')'",
    ),
    from: "pg_catalog.pg_cast AS c",
    // A range type brings a cast to its multirange type, which depends on it internally.
    filter: "c.oid >= 16384
  AND c.oid NOT IN (SELECT made.objid FROM pg_catalog.pg_depend AS made
                    WHERE made.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND made.deptype = 'i'
                      AND made.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass)",
    members: &[("pg_cast", "c.oid")],
    facets: &[
        Facet::text(
            "function",
            "CASE WHEN c.castfunc <> 0 THEN c.castfunc::pg_catalog.regprocedure::text END",
        ),
        Facet::text(
            "context",
            "CASE c.castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' END",
        ),
        Facet::text(
            "method",
            "CASE c.castmethod WHEN 'i' THEN 'inout' WHEN 'b' THEN 'binary coercible' END",
        ),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
