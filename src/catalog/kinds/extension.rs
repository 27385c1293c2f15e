//! Extensions. What they own belongs to them and is not read as objects of its own.
//!
//! Members that somebody altered are seen all the same: routines and relations by a checksum of what they are, and
//! privileges against those that the extension's script gave (pg_init_privs).

use crate::catalog::{Facet, Home, Identity, Kind};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "extension",
    plural: "extensions",
    home: Home::Database,
    catalog: "pg_extension",
    oid: "e.oid",
    identity: Identity::named("e.extname"),
    from: "pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace",
    // Every database has plpgsql from initdb; it counts where somebody moved or altered it.
    facets: &[
        Facet::text("installed in", "n.nspname"),
        Facet::text("version", "e.extversion"),
        Facet::options("members", MEMBERS).level(Level::Error),
        Facet::set("privileges of members", PRIVILEGES).fixed(),
        Facet::comment(),
    ],
    ..Kind::COMMON
};

/// What a script of the same version makes on every server: no oids, no deparsed text, no library path.
const MEMBERS: &str = "ARRAY(
        SELECT CASE p.prokind WHEN 'a' THEN 'aggregate ' WHEN 'p' THEN 'procedure ' ELSE 'function ' END
               || pg_catalog.quote_ident(p.proname) || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')='
               || pg_catalog.substr(pg_catalog.md5(pg_catalog.concat_ws('|', l.lanname, p.prosrc, p.prosecdef, p.provolatile,
                      p.proisstrict, p.proretset, p.proleakproof, p.proconfig::text,
                      pg_catalog.format_type(p.prorettype, NULL))), 1, 12)
        FROM pg_catalog.pg_depend AS member
        JOIN pg_catalog.pg_proc AS p ON p.oid = member.objid
        JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
        WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.refobjid = e.oid
          AND member.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND member.deptype = 'e'
        UNION ALL
        SELECT 'relation ' || pg_catalog.quote_ident(c.relname) || '='
               || pg_catalog.substr(pg_catalog.md5(pg_catalog.concat_ws('|', c.relkind, c.relrowsecurity, c.relforcerowsecurity,
                      (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attname,
                                  pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull), ',' ORDER BY a.attnum)
                       FROM pg_catalog.pg_attribute AS a
                       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))), 1, 12)
        FROM pg_catalog.pg_depend AS member
        JOIN pg_catalog.pg_class AS c ON c.oid = member.objid
        WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.refobjid = e.oid
          AND member.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND member.deptype = 'e')";

/// A null access list and one that spells the default out are the same, before and after.
const PRIVILEGES: &str = "ARRAY(
        SELECT owned.what || ' ' || COALESCE(NULLIF(pg_catalog.array_to_string(owned.now, ','), ''), 'nothing')
        FROM (SELECT held.what,
                     ARRAY(SELECT item::text FROM pg_catalog.unnest(COALESCE(held.acl, held.built_in)) AS item ORDER BY 1) AS now,
                     ARRAY(SELECT item::text FROM pg_catalog.unnest(COALESCE(made.initprivs, held.built_in)) AS item ORDER BY 1) AS made
              FROM (SELECT member.classid, member.objid, 'function ' || p.oid::pg_catalog.regprocedure::text AS what, p.proacl AS acl,
                           pg_catalog.acldefault('f', p.proowner) AS built_in
                    FROM pg_catalog.pg_depend AS member JOIN pg_catalog.pg_proc AS p ON p.oid = member.objid
                    WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.refobjid = e.oid
                      AND member.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND member.deptype = 'e'
                    UNION ALL
                    SELECT member.classid, member.objid, 'relation ' || c.oid::pg_catalog.regclass::text, c.relacl,
                           pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner)
                    FROM pg_catalog.pg_depend AS member JOIN pg_catalog.pg_class AS c ON c.oid = member.objid
                    WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.refobjid = e.oid
                      AND member.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND member.deptype = 'e'
                    UNION ALL
                    SELECT member.classid, member.objid, 'type ' || t.oid::pg_catalog.regtype::text, t.typacl,
                           pg_catalog.acldefault('T', t.typowner)
                    FROM pg_catalog.pg_depend AS member JOIN pg_catalog.pg_type AS t ON t.oid = member.objid
                    WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.refobjid = e.oid
                      AND member.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND member.deptype = 'e'
                    UNION ALL
                    SELECT member.classid, member.objid, 'schema ' || pg_catalog.quote_ident(n.nspname), n.nspacl,
                           pg_catalog.acldefault('n', n.nspowner)
                    FROM pg_catalog.pg_depend AS member JOIN pg_catalog.pg_namespace AS n ON n.oid = member.objid
                    WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.refobjid = e.oid
                      AND member.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND member.deptype = 'e'
                    UNION ALL
                    SELECT member.classid, member.objid, 'language ' || pg_catalog.quote_ident(l.lanname), l.lanacl,
                           pg_catalog.acldefault('l', l.lanowner)
                    FROM pg_catalog.pg_depend AS member JOIN pg_catalog.pg_language AS l ON l.oid = member.objid
                    WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.refobjid = e.oid
                      AND member.classid = 'pg_catalog.pg_language'::pg_catalog.regclass AND member.deptype = 'e'
                    UNION ALL
                    SELECT member.classid, member.objid, 'foreign data wrapper ' || pg_catalog.quote_ident(f.fdwname), f.fdwacl,
                           pg_catalog.acldefault('F', f.fdwowner)
                    FROM pg_catalog.pg_depend AS member JOIN pg_catalog.pg_foreign_data_wrapper AS f ON f.oid = member.objid
                    WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.refobjid = e.oid
                      AND member.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass AND member.deptype = 'e') AS held
              LEFT JOIN pg_catalog.pg_init_privs AS made
                     ON made.classoid = held.classid AND made.objoid = held.objid AND made.objsubid = 0) AS owned
        WHERE owned.now <> owned.made)";
