//! The sequence behind an identity column: it has options, grants and a comment of its own.

use super::sequence;
use crate::catalog::relation::{OWNER, PERSISTENCE};
use crate::catalog::{AclClass, Facet, Home, Identity, Kind, ParentColumns, Shown};

pub(super) static KIND: Kind = Kind {
    name: "identity sequence",
    plural: "identity sequences",
    home: Home::Child,
    shown: Shown::On,
    catalog: "pg_class",
    oid: "c.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        parents: &[
            ParentColumns {
                kind: "CASE r.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END",
                name: "r.relname",
            },
            ParentColumns {
                kind: "'column'",
                name: "a.attname",
            },
        ],
        ..Identity::named("c.relname")
    },
    from: "pg_catalog.pg_class AS c
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = c.oid
JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                              AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                              AND d.objsubid = 0 AND d.refobjsubid > 0 AND d.deptype = 'i'
JOIN pg_catalog.pg_class AS r ON r.oid = d.refobjid
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid",
    // What is known of the joined rows is said here too: a hash of ten thousand is cheaper than one of all.
    filter: "c.relkind = 'S' AND c.relpersistence <> 't' AND r.relkind IN ('r', 'p', 'f') AND a.attidentity <> ''",
    members: &[("pg_class", "r.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        sequence::TYPE,
        sequence::START,
        sequence::INCREMENT,
        sequence::MINIMUM,
        sequence::MAXIMUM,
        sequence::CACHE,
        sequence::CYCLE,
        // Before 15 the sequence of an unlogged table is permanent all the same.
        Facet::text("persistence", PERSISTENCE).since(15),
        Facet::privileges("c.relacl", AclClass::Sequence),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
