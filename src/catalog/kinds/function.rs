//! Functions and window functions.

use crate::catalog::dependence::depends_on_extensions;
use crate::catalog::routine::*;
use crate::catalog::{AclClass, Facet, Identity, Kind};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "function",
    plural: "functions",
    catalog: "pg_proc",
    oid: "p.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        signature: Some(SIGNATURE),
        ..Identity::named("p.proname")
    },
    from: FROM,
    // Range types bring constructor functions that nobody made by hand.
    filter: "p.prokind IN ('f', 'w')
  AND p.oid NOT IN (SELECT made.objid FROM pg_catalog.pg_depend AS made
                    WHERE made.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND made.deptype = 'i'
                      AND made.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass)",
    members: &[("pg_proc", "p.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        ARGUMENTS,
        Facet::text("returns", "pg_catalog.pg_get_function_result(p.oid)"),
        LANGUAGE,
        Facet::bool("window", "p.prokind = 'w'"),
        VOLATILITY,
        Facet::bool("strict", "p.proisstrict"),
        SECURITY_DEFINER,
        Facet::bool("leakproof", "p.proleakproof").fixed(),
        PARALLEL,
        // CREATE FUNCTION, "COST" and "ROWS": 1 for C and internal, 100 for others; 1000 rows.
        Facet::text(
            "cost",
            "NULLIF(p.procost, CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END)",
        )
        .level(Level::Warning),
        Facet::text("rows", "CASE WHEN p.proretset THEN NULLIF(p.prorows, 1000) END").level(Level::Warning),
        Facet::text(
            "support",
            "CASE WHEN p.prosupport <> 0 THEN p.prosupport::pg_catalog.regprocedure::text END",
        ),
        SETTINGS,
        TRANSFORMS,
        LIBRARY,
        BODY,
        SQL_BODY,
        Facet::privileges("p.proacl", AclClass::Routine),
        depends_on_extensions!("pg_proc", "p.oid"),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
