//! Sequences that are not behind an identity column. Their current value is data and is not compared.

use crate::catalog::relation::{OWNER, PERSISTENCE};
use crate::catalog::{AclClass, Facet, Identity, Kind};

pub(super) const TYPE: Facet = Facet::text("type", "pg_catalog.format_type(s.seqtypid, NULL)");
pub(super) const START: Facet = Facet::int("start", "s.seqstart").but(1);
pub(super) const INCREMENT: Facet = Facet::int("increment", "s.seqincrement").but(1);
pub(super) const MINIMUM: Facet = Facet::int("minimum", "s.seqmin").but(1);
pub(super) const MAXIMUM: Facet = Facet::int("maximum", "s.seqmax");
pub(super) const CACHE: Facet = Facet::int("cache", "s.seqcache").but(1);
pub(super) const CYCLE: Facet = Facet::bool("cycle", "s.seqcycle");

pub(super) static KIND: Kind = Kind {
    name: "sequence",
    plural: "sequences",
    catalog: "pg_class",
    oid: "c.oid",
    identity: Identity { schema: Some("n.nspname"), ..Identity::named("c.relname") },
    from: "pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = c.oid
LEFT JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                                   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                   AND d.objsubid = 0 AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid",
    filter: "c.relkind = 'S' AND c.relpersistence <> 't' AND d.deptype IS DISTINCT FROM 'i'",
    members: &[("pg_class", "c.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        Facet::text(
            "owned by",
            "d.refobjid::pg_catalog.regclass::text || '.' || pg_catalog.quote_ident(a.attname)",
        ),
        TYPE,
        START,
        INCREMENT,
        MINIMUM,
        MAXIMUM,
        CACHE,
        CYCLE,
        // Before 15 the sequence of an unlogged table is permanent all the same.
        Facet::text("persistence", PERSISTENCE).since(15),
        Facet::privileges("c.relacl", AclClass::Sequence),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
