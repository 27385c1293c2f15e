//! Extensions. What they own belongs to them and is not read as objects of its own.
//!
//! Members that somebody altered are seen all the same: by a checksum of what they are, views by what they say, and
//! privileges against those that the extension's script gave (pg_init_privs).

use crate::catalog::{Facet, Home, Identity, Kind};
use crate::model::Level;

/// The oids of the rows of a catalog that belong to extensions.
macro_rules! members_of {
    ($catalog:literal) => {
        concat!(
            "(SELECT own.objid FROM pg_catalog.pg_depend AS own
                            WHERE own.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND own.deptype = 'e'
                              AND own.classid = 'pg_catalog.",
            $catalog,
            "'::pg_catalog.regclass)"
        )
    };
}

pub(super) static KIND: Kind = Kind {
    name: "extension",
    plural: "extensions",
    home: Home::Database,
    catalog: "pg_extension",
    oid: "e.oid",
    identity: Identity::named("e.extname"),
    from: FROM,
    // Every database has plpgsql from initdb; it counts where somebody moved or altered it.
    facets: &[
        Facet::text("installed in", "n.nspname"),
        Facet::text("version", "e.extversion").of_major(),
        Facet::digests("members", "inside.list").of_major(),
        Facet::sql_options("views of members", VIEWS).of_major(),
        Facet::set("dumped tables", DUMPED).level(Level::Warning),
        Facet::set("privileges of members", PRIVILEGES).fixed(),
        Facet::comment(),
    ],
    ..Kind::COMMON
};

/// What a script of the same version makes on every server: no oids, no deparsed text, no library path. Schema and names
/// are without the extension's own schema, which is a facet. Whoever installs a trusted extension owns it, and a superuser
/// what is in it; any other owner counts.
const FROM: &str = concat!(
    "pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
LEFT JOIN (
        SELECT x.oid, pg_catalog.array_agg(
               pg_catalog.replace(i.type || ' ' || i.identity, pg_catalog.quote_ident(xn.nspname) || '.', '') || '='
               || pg_catalog.substr(pg_catalog.md5(pg_catalog.concat_ws('|',
                      pg_catalog.replace(made.facts, pg_catalog.quote_ident(xn.nspname) || '.', ''),
                      CASE WHEN made.owner NOT IN (10, x.extowner) THEN pg_catalog.pg_get_userbyid(made.owner) END,
                      remark.description)), 1, 12)) AS list
        FROM pg_catalog.pg_depend AS member
        JOIN pg_catalog.pg_extension AS x ON x.oid = member.refobjid
        JOIN pg_catalog.pg_namespace AS xn ON xn.oid = x.extnamespace
        CROSS JOIN LATERAL pg_catalog.pg_identify_object(member.classid, member.objid, 0) AS i
        LEFT JOIN pg_catalog.pg_description AS remark
               ON remark.classoid = member.classid AND remark.objoid = member.objid AND remark.objsubid = 0
        LEFT JOIN (
            SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass::oid AS class, p.oid, p.proowner AS owner,
                   pg_catalog.concat_ws('|', l.lanname, p.prosrc, p.prosecdef, p.provolatile, p.proisstrict, p.proretset,
                       p.proleakproof, p.proparallel, p.procost, p.prorows, p.proconfig::text, p.proargnames::text,
                       p.prosupport <> 0, pg_catalog.format_type(p.prorettype, NULL)) AS facts
            FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
            WHERE p.oid IN ",
    members_of!("pg_proc"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relowner,
                   pg_catalog.concat_ws('|', c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
                       c.reloptions::text,
                      (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attname,
                                  pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull), ',' ORDER BY a.attnum)
                       FROM pg_catalog.pg_attribute AS a
                       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
                      (SELECT pg_catalog.string_agg(x.relname, ',' ORDER BY x.relname)
                       FROM pg_catalog.pg_index AS k JOIN pg_catalog.pg_class AS x ON x.oid = k.indexrelid
                       WHERE k.indrelid = c.oid),
                      (SELECT pg_catalog.string_agg(con.conname, ',' ORDER BY con.conname)
                       FROM pg_catalog.pg_constraint AS con WHERE con.conrelid = c.oid AND con.contype <> 'n'),
                      (SELECT pg_catalog.string_agg(pg_catalog.concat(tg.tgname, ' ', tg.tgenabled), ',' ORDER BY tg.tgname)
                       FROM pg_catalog.pg_trigger AS tg WHERE tg.tgrelid = c.oid AND NOT tg.tgisinternal))
            FROM pg_catalog.pg_class AS c
            WHERE c.oid IN ",
    members_of!("pg_class"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, t.typowner,
                   pg_catalog.concat_ws('|', t.typtype, t.typlen, t.typbyval, t.typstorage, t.typcategory,
                       t.typispreferred, t.typdelim, t.typdefault, t.typnotnull,
                       pg_catalog.format_type(NULLIF(t.typbasetype, 0), t.typtypmod),
                      (SELECT pg_catalog.string_agg(label.enumlabel, ',' ORDER BY label.enumsortorder)
                       FROM pg_catalog.pg_enum AS label WHERE label.enumtypid = t.oid))
            FROM pg_catalog.pg_type AS t WHERE t.oid IN ",
    members_of!("pg_type"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, o.oid, o.oprowner,
                   pg_catalog.concat_ws('|', o.oprcanhash, o.oprcanmerge, o.oprcode <> 0, o.oprrest, o.oprjoin,
                       o.oprcom <> 0, o.oprnegate <> 0)
            FROM pg_catalog.pg_operator AS o WHERE o.oid IN ",
    members_of!("pg_operator"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, oc.oid, oc.opcowner, oc.opcdefault::text
            FROM pg_catalog.pg_opclass AS oc WHERE oc.oid IN ",
    members_of!("pg_opclass"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, f.oid, f.opfowner,
                   pg_catalog.concat_ws('|',
                      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_amop AS o WHERE o.amopfamily = f.oid),
                      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_amproc AS p WHERE p.amprocfamily = f.oid))
            FROM pg_catalog.pg_opfamily AS f WHERE f.oid IN ",
    members_of!("pg_opfamily"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_cast'::pg_catalog.regclass, c.oid, 10,
                   pg_catalog.concat_ws('|', c.castcontext, c.castmethod, c.castfunc <> 0)
            FROM pg_catalog.pg_cast AS c WHERE c.oid IN ",
    members_of!("pg_cast"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, l.oid, l.lanowner,
                   pg_catalog.concat_ws('|', l.lanpltrusted, l.laninline <> 0, l.lanvalidator <> 0)
            FROM pg_catalog.pg_language AS l WHERE l.oid IN ",
    members_of!("pg_language"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, s.oid, s.nspowner, ''
            FROM pg_catalog.pg_namespace AS s WHERE s.oid IN ",
    members_of!("pg_namespace"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, w.oid, w.fdwowner,
                   pg_catalog.concat_ws('|', w.fdwhandler <> 0, w.fdwvalidator <> 0, w.fdwoptions::text)
            FROM pg_catalog.pg_foreign_data_wrapper AS w WHERE w.oid IN ",
    members_of!("pg_foreign_data_wrapper"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, s.oid, s.srvowner,
                   pg_catalog.concat_ws('|', s.srvtype, s.srvversion, s.srvoptions::text)
            FROM pg_catalog.pg_foreign_server AS s WHERE s.oid IN ",
    members_of!("pg_foreign_server"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, v.oid, v.evtowner,
                   pg_catalog.concat_ws('|', v.evtevent, v.evtenabled, v.evttags::text)
            FROM pg_catalog.pg_event_trigger AS v WHERE v.oid IN ",
    members_of!("pg_event_trigger"),
    "
            UNION ALL
            SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, d.oid, d.dictowner, d.dictinitoption
            FROM pg_catalog.pg_ts_dict AS d WHERE d.oid IN ",
    members_of!("pg_ts_dict"),
    ") AS made
          ON made.class = member.classid AND made.oid = member.objid
        WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.deptype = 'e'
        GROUP BY x.oid) AS inside ON inside.oid = e.oid",
);

/// Views and materialized views that belong to the extension, as the server deparses them.
const VIEWS: &str = "ARRAY(
        SELECT pg_catalog.quote_ident(c.relname) || '=' || pg_catalog.pg_get_viewdef(c.oid)
        FROM pg_catalog.pg_depend AS member
        JOIN pg_catalog.pg_class AS c ON c.oid = member.objid AND c.relkind IN ('v', 'm')
        WHERE member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND member.refobjid = e.oid
          AND member.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND member.deptype = 'e')";

/// Tables whose rows a dump takes along, with the condition (`pg_extension_config_dump`).
const DUMPED: &str = "ARRAY(
        SELECT dumped.oid::pg_catalog.regclass || COALESCE(' ' || NULLIF(dumped.condition, ''), '')
        FROM ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition)) AS dumped (oid, condition))";

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
