//! Comments on what is no object of its own: array, row and multirange types, the copies that partitions have of
//! triggers and foreign keys, the rule that makes a view.

use crate::catalog::{Facet, Home, Identity, Kind, Shown};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "comment",
    plural: "comments",
    home: Home::Database,
    shown: Shown::Verbatim,
    catalog: "pg_description",
    oid: "d.objoid",
    sub: "d.objsubid",
    identity: Identity::named("'on ' || i.type || ' ' || i.identity"),
    from: "pg_catalog.pg_description AS d
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i",
    // Objects below 16384 are made by initdb, with their comments.
    filter: "d.objoid >= 16384 AND i.identity IS NOT NULL AND CASE
    WHEN d.classoid = 'pg_catalog.pg_type'::pg_catalog.regclass THEN d.objoid IN
         (SELECT t.oid FROM pg_catalog.pg_type AS t LEFT JOIN pg_catalog.pg_class AS r ON r.oid = t.typrelid
          WHERE t.typtype = 'm' OR r.relkind <> 'c'
             OR EXISTS (SELECT FROM pg_catalog.pg_type AS element WHERE element.typarray = t.oid))
    WHEN d.classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN d.objoid IN
         (SELECT tg.oid FROM pg_catalog.pg_trigger AS tg WHERE tg.tgisinternal OR tg.tgparentid <> 0)
    WHEN d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN d.objoid IN
         (SELECT con.oid FROM pg_catalog.pg_constraint AS con
          WHERE con.contype = 't' OR con.contype = 'f' AND con.conparentid <> 0)
    WHEN d.classoid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN d.objoid IN
         (SELECT r.oid FROM pg_catalog.pg_rewrite AS r WHERE r.ev_type = '1' AND r.rulename = '_RETURN')
    ELSE false END",
    facets: &[Facet::body("comment", "d.description").level(Level::Warning)],
    ..Kind::COMMON
};
