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
    counted!("large objects", 0, "pg_largeobject_metadata"),
    Unmodelled {
        name: "subscriptions",
        since: 0,
        sql: "SELECT pg_catalog.count(s.oid) FROM pg_catalog.pg_subscription AS s
JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid WHERE d.datname = pg_catalog.current_database()",
    },
];
