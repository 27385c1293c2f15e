//! Text search dictionaries.

use crate::catalog::{Facet, Identity, Kind};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "text search dictionary",
    plural: "text search dictionaries",
    catalog: "pg_ts_dict",
    oid: "t.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("t.dictname")
    },
    from: "pg_catalog.pg_ts_dict AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.dictnamespace
JOIN pg_catalog.pg_ts_template AS tm ON tm.oid = t.dicttemplate
JOIN pg_catalog.pg_namespace AS nt ON nt.oid = tm.tmplnamespace",
    members: &[("pg_ts_dict", "t.oid")],
    facets: &[
        Facet::owner("pg_catalog.pg_get_userbyid(t.dictowner)"),
        Facet::text("template", "pg_catalog.format('%I.%I', nt.nspname, tm.tmplname)"),
        // Written as CREATE TEXT SEARCH DICTIONARY has it; ALTER moves what it sets to the end.
        Facet::options(
            "options",
            r#"ARRAY(SELECT item[1] || '=' || item[2] FROM pg_catalog.regexp_matches(t.dictinitoption,
                  '("(?:[^"]|"")+"|[^\s=,"]+) = (E?''(?:[^'']|'''')*''|[^\s,]+)', 'g') AS item)"#,
        )
        .level(Level::Error),
        Facet::comment(),
    ],
    ..Kind::COMMON
};
