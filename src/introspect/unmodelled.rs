//! Sorts of objects that exist in PostgreSQL and that no kind reads yet: counted, so that they are never passed over
//! in silence. A kind that learns to read one removes its line here.

/// A sort of objects that is only counted.
#[derive(Debug)]
pub(super) struct Unmodelled {
    /// The name in the plural, as reports show it.
    pub name: &'static str,
    /// The first major version that has it.
    pub since: u32,
    /// SQL that counts what users made: objects of initdb have oids below 16384.
    pub sql: &'static str,
}

macro_rules! counted {
    ($name:literal, $since:literal, $table:literal) => {
        Unmodelled {
            name: $name,
            since: $since,
            sql: concat!(
                "SELECT pg_catalog.count(*) FROM pg_catalog.",
                $table,
                " AS o WHERE o.oid >= 16384 AND o.oid NOT IN (",
                "SELECT member.objid FROM pg_catalog.pg_depend AS member ",
                "WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.deptype = 'e' ",
                "AND member.classid = 'pg_catalog.",
                $table,
                "'::pg_catalog.regclass)"
            ),
        }
    };
}

pub(super) static UNMODELLED: &[Unmodelled] = &[
    counted!("access methods", 0, "pg_am"),
    counted!("casts", 0, "pg_cast"),
    counted!("collations", 0, "pg_collation"),
    counted!("conversions", 0, "pg_conversion"),
    counted!("event triggers", 0, "pg_event_trigger"),
    counted!("extended statistics", 0, "pg_statistic_ext"),
    counted!("foreign servers", 0, "pg_foreign_server"),
    counted!("foreign-data wrappers", 0, "pg_foreign_data_wrapper"),
    counted!("languages", 0, "pg_language"),
    counted!("large objects", 0, "pg_largeobject_metadata"),
    counted!("operator classes", 0, "pg_opclass"),
    counted!("operator families", 0, "pg_opfamily"),
    counted!("operators", 0, "pg_operator"),
    counted!("publications", 0, "pg_publication"),
    counted!("text search configurations", 0, "pg_ts_config"),
    counted!("text search dictionaries", 0, "pg_ts_dict"),
    counted!("text search parsers", 0, "pg_ts_parser"),
    counted!("text search templates", 0, "pg_ts_template"),
    counted!("transforms", 0, "pg_transform"),
];
