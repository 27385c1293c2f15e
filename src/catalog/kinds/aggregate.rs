//! Aggregates, with every support function by name.

use crate::catalog::routine::{ARGUMENTS, OWNER, PARALLEL, SIGNATURE};
use crate::catalog::{AclClass, Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "aggregate",
    plural: "aggregates",
    catalog: "pg_proc",
    oid: "p.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        signature: Some(SIGNATURE),
        ..Identity::named("p.proname")
    },
    from: "pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_aggregate AS g ON g.aggfnoid = p.oid",
    filter: "p.prokind = 'a'",
    members: &[("pg_proc", "p.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        ARGUMENTS,
        Facet::text("returns", "pg_catalog.pg_get_function_result(p.oid)"),
        Facet::text(
            "aggregate kind",
            "CASE g.aggkind WHEN 'o' THEN 'ordered set' WHEN 'h' THEN 'hypothetical set' END",
        ),
        Facet::int("direct arguments", "g.aggnumdirectargs").but(0),
        Facet::text("state function", "g.aggtransfn::text"),
        Facet::text("state type", "pg_catalog.format_type(g.aggtranstype, NULL)"),
        Facet::int("state space", "g.aggtransspace").but(0),
        Facet::text("initial state", "g.agginitval"),
        Facet::text("final function", "NULLIF(g.aggfinalfn::text, '-')"),
        Facet::bool("final function extra", "g.aggfinalextra"),
        Facet::text("final function modify", MODIFY),
        Facet::text("combine function", "NULLIF(g.aggcombinefn::text, '-')"),
        Facet::text("serial function", "NULLIF(g.aggserialfn::text, '-')"),
        Facet::text("deserial function", "NULLIF(g.aggdeserialfn::text, '-')"),
        Facet::text("moving state function", "NULLIF(g.aggmtransfn::text, '-')"),
        Facet::text("moving inverse function", "NULLIF(g.aggminvtransfn::text, '-')"),
        Facet::text(
            "moving state type",
            "CASE WHEN g.aggmtranstype <> 0 THEN pg_catalog.format_type(g.aggmtranstype, NULL) END",
        ),
        Facet::int("moving state space", "g.aggmtransspace").but(0),
        Facet::text("moving initial state", "g.aggminitval"),
        Facet::text("moving final function", "NULLIF(g.aggmfinalfn::text, '-')"),
        Facet::bool("moving final function extra", "g.aggmfinalextra"),
        Facet::text("moving final function modify", MOVING_MODIFY),
        Facet::text(
            "sort operator",
            "NULLIF(g.aggsortop::pg_catalog.regoperator::text, '0')",
        ),
        PARALLEL,
        Facet::privileges("p.proacl", AclClass::Routine),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};

/// Ordinary aggregates are read-only by default, ordered-set ones read-write (CREATE AGGREGATE, "FINALFUNC_MODIFY").
const MODIFY: &str = "CASE WHEN g.aggfinalmodify <> CASE g.aggkind WHEN 'n' THEN 'r' ELSE 'w' END
            THEN CASE g.aggfinalmodify WHEN 'r' THEN 'read only' WHEN 's' THEN 'shareable' WHEN 'w' THEN 'read write' END END";
const MOVING_MODIFY: &str = "CASE WHEN g.aggmfinalmodify <> CASE g.aggkind WHEN 'n' THEN 'r' ELSE 'w' END
            THEN CASE g.aggmfinalmodify WHEN 'r' THEN 'read only' WHEN 's' THEN 'shareable' WHEN 'w' THEN 'read write' END END";
