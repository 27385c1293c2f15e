//! Text search configurations, with the dictionaries of each token type in their order.

use crate::catalog::{Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "text search configuration",
    plural: "text search configurations",
    catalog: "pg_ts_config",
    oid: "t.oid",
    identity: Identity { schema: Some("n.nspname"), ..Identity::named("t.cfgname") },
    from: "pg_catalog.pg_ts_config AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.cfgnamespace
JOIN pg_catalog.pg_ts_parser AS p ON p.oid = t.cfgparser
JOIN pg_catalog.pg_namespace AS np ON np.oid = p.prsnamespace",
    members: &[("pg_ts_config", "t.oid")],
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(t.cfgowner)"),
        Facet::text("parser", "pg_catalog.format('%I.%I', np.nspname, p.prsname)"),
        Facet::set(
            "mappings",
            "ARRAY(SELECT (SELECT k.alias FROM pg_catalog.ts_token_type(t.cfgparser) AS k WHERE k.tokid = m.maptokentype)
                      || ': ' || pg_catalog.string_agg(m.mapdict::pg_catalog.regdictionary::text, ', ' ORDER BY m.mapseqno)
             FROM pg_catalog.pg_ts_config_map AS m WHERE m.mapcfg = t.oid GROUP BY m.maptokentype)",
        ),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
