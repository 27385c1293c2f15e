//! Facets that functions, procedures and aggregates share; all are rows `p` of `pg_proc`.

use super::facet::Facet;

/// The types that tell routines of one name apart.
pub(super) const SIGNATURE: &str = "pg_catalog.oidvectortypes(p.proargtypes)";

/// The owner of a routine.
pub(super) const OWNER: &str = "pg_catalog.pg_get_userbyid(p.proowner)";

/// Rows and joins of a routine.
pub(super) const FROM: &str = "pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang";

pub(super) const ARGUMENTS: Facet = Facet::sql("arguments", "pg_catalog.pg_get_function_arguments(p.oid)");
pub(super) const LANGUAGE: Facet = Facet::text("language", "l.lanname");
/// The text, or the symbol of a function in C. SQL-standard bodies have none.
pub(super) const BODY: Facet = Facet::body("body", "NULLIF(p.prosrc, '')");
pub(super) const SQL_BODY: Facet = Facet::sql(
    "SQL body",
    "CASE WHEN p.prosqlbody IS NOT NULL THEN pg_catalog.pg_get_function_sqlbody(p.oid) END",
)
.since(14);
pub(super) const LIBRARY: Facet = Facet::text("library", "p.probin");
pub(super) const SECURITY_DEFINER: Facet = Facet::bool("security definer", "p.prosecdef").fixed();
pub(super) const SETTINGS: Facet = Facet::options("settings", "p.proconfig").fixed();
pub(super) const TRANSFORMS: Facet = Facet::list(
    "transforms",
    "ARRAY(SELECT pg_catalog.format_type(type, NULL) FROM pg_catalog.unnest(p.protrftypes) AS type)",
);
pub(super) const PARALLEL: Facet = Facet::text(
    "parallel",
    "CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END",
);
pub(super) const VOLATILITY: Facet = Facet::text(
    "volatility",
    "CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END",
);
