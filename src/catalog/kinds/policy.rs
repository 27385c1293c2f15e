//! Row security policies.

use crate::catalog::deparse::{POLICY_CHECK, POLICY_USING};
use crate::catalog::relation::PARENT;
use crate::catalog::{Facet, Home, Identity, Kind, Shown};

pub(super) static KIND: Kind = Kind {
    name: "policy",
    plural: "policies",
    home: Home::Child,
    shown: Shown::On,
    catalog: "pg_policy",
    oid: "p.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        parents: &[PARENT],
        ..Identity::named("p.polname")
    },
    from: "pg_catalog.pg_policy AS p
JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace",
    members: &[("pg_policy", "p.oid"), ("pg_class", "c.oid")],
    facets: &[
        Facet::text(
            "command",
            "CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
            WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' END",
        )
        .but_text("ALL")
        .fixed(),
        Facet::bool_yes("permissive", "p.polpermissive").fixed(),
        // Role 0 is PUBLIC; no real role can be called "public".
        Facet::roles(
            "roles",
            "ARRAY(SELECT CASE role WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(role)::text END
             FROM pg_catalog.unnest(p.polroles) AS role)",
        )
        .fixed(),
        Facet::sql("using", "pg_catalog.pg_get_expr(p.polqual, p.polrelid)")
            .fixed()
            .deparsed(&POLICY_USING),
        Facet::sql("check", "pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)")
            .fixed()
            .deparsed(&POLICY_CHECK),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
