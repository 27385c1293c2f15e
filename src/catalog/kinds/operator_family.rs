//! Operator families, with all their operators and functions.

use crate::catalog::{Facet, Identity, Kind, Shown};

pub(super) static KIND: Kind = Kind {
    name: "operator family",
    plural: "operator families",
    shown: Shown::Using,
    catalog: "pg_opfamily",
    oid: "f.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        signature: Some("am.amname"),
        ..Identity::named("f.opfname")
    },
    from: "pg_catalog.pg_opfamily AS f
JOIN pg_catalog.pg_namespace AS n ON n.oid = f.opfnamespace
JOIN pg_catalog.pg_am AS am ON am.oid = f.opfmethod",
    members: &[("pg_opfamily", "f.oid")],
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(f.opfowner)"),
        Facet::set(
            "operators",
            "ARRAY(SELECT o.amopstrategy || ' ' || o.amopopr::pg_catalog.regoperator
                      || COALESCE(' for order by ' || (SELECT s.opfname FROM pg_catalog.pg_opfamily AS s
                                                       WHERE s.oid = o.amopsortfamily), '')
             FROM pg_catalog.pg_amop AS o WHERE o.amopfamily = f.oid)",
        ),
        Facet::set(
            "functions",
            "ARRAY(SELECT p.amprocnum || ' (' || pg_catalog.format_type(p.amproclefttype, NULL) || ', '
                      || pg_catalog.format_type(p.amprocrighttype, NULL) || ') ' || p.amproc::pg_catalog.regprocedure
             FROM pg_catalog.pg_amproc AS p WHERE p.amprocfamily = f.oid)",
        ),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
