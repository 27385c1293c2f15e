//! Privileges on what the server brings, where somebody changed them: `REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep`.
//!
//! What initdb gave stands in pg_init_privs, or else is the default of the class. Only the difference is read, so that
//! majors with other functions and other first privileges are equal as long as nobody touched them.

use crate::catalog::{AclClass, Facet, Home, Identity, Kind, Shown};
use crate::model::Level;

pub(super) static KIND: Kind = Kind {
    name: "system privileges",
    plural: "system privileges",
    home: Home::Database,
    shown: Shown::Verbatim,
    catalog: "pg_init_privs",
    oid: "held.oid",
    sub: "held.sub",
    identity: Identity::named("'on ' || i.type || ' ' || i.identity"),
    from: FROM,
    filter: "held.now <> held.made",
    acl_owner: Some("pg_catalog.pg_get_userbyid(held.owner)"),
    facets: &[
        Facet::privileges(
            "ARRAY(SELECT pg_catalog.unnest(held.now) EXCEPT SELECT pg_catalog.unnest(held.made))::aclitem[]",
            AclClass::Explicit,
        )
        .level(Level::Warning)
        .free(),
        Facet::privileges(
            "ARRAY(SELECT pg_catalog.unnest(held.made) EXCEPT SELECT pg_catalog.unnest(held.now))::aclitem[]",
            AclClass::Explicit,
        )
        .named("revoked")
        .level(Level::Warning)
        .free(),
    ],
    ..Kind::COMMON
};

/// Objects below 16384 are made by initdb (access/transam.h); `public` is compared as a schema, members of plpgsql as
/// such. initdb fills pg_init_privs before it makes information_schema, where PUBLIC may read what is granted at all.
const FROM: &str = "(SELECT one.class, one.oid, one.sub, one.owner,
             ARRAY(SELECT item FROM pg_catalog.unnest(one.acl) AS item ORDER BY item::text) AS now,
             ARRAY(SELECT item FROM pg_catalog.unnest(COALESCE(first.initprivs, one.built_in)) AS item
                   ORDER BY item::text) AS made
      FROM (SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass::oid AS class, p.oid, 0 AS sub, p.proowner AS owner,
                   p.proacl AS acl, pg_catalog.acldefault('f', p.proowner) AS built_in
            FROM pg_catalog.pg_proc AS p WHERE p.oid < 16384 AND p.proacl IS NOT NULL
            UNION ALL
            SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::oid, c.oid, 0, c.relowner, c.relacl,
                   CASE WHEN c.relnamespace = (SELECT i.oid FROM pg_catalog.pg_namespace AS i WHERE i.nspname = 'information_schema')
                        THEN pg_catalog.acldefault('r', c.relowner) || pg_catalog.makeaclitem(0, c.relowner, 'SELECT', false)
                        ELSE pg_catalog.acldefault('r', c.relowner) END
            FROM pg_catalog.pg_class AS c WHERE c.oid < 16384 AND c.relacl IS NOT NULL
            UNION ALL
            SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::oid, a.attrelid, a.attnum, c.relowner, a.attacl,
                   '{}'::aclitem[]
            FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
            WHERE a.attrelid < 16384 AND a.attacl IS NOT NULL
            UNION ALL
            SELECT 'pg_catalog.pg_type'::pg_catalog.regclass::oid, t.oid, 0, t.typowner, t.typacl,
                   pg_catalog.acldefault('T', t.typowner)
            FROM pg_catalog.pg_type AS t WHERE t.oid < 16384 AND t.typacl IS NOT NULL
            UNION ALL
            SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass::oid, n.oid, 0, n.nspowner, n.nspacl,
                   CASE WHEN n.nspname = 'information_schema'
                        THEN pg_catalog.acldefault('n', n.nspowner) || pg_catalog.makeaclitem(0, n.nspowner, 'USAGE', false)
                        ELSE pg_catalog.acldefault('n', n.nspowner) END
            FROM pg_catalog.pg_namespace AS n
            WHERE n.oid < 16384 AND n.oid <> 2200 AND n.nspacl IS NOT NULL
            UNION ALL
            SELECT 'pg_catalog.pg_language'::pg_catalog.regclass::oid, l.oid, 0, l.lanowner, l.lanacl,
                   pg_catalog.acldefault('l', l.lanowner)
            FROM pg_catalog.pg_language AS l WHERE l.oid < 16384 AND l.lanacl IS NOT NULL) AS one
      LEFT JOIN pg_catalog.pg_init_privs AS first
             ON first.classoid = one.class AND first.objoid = one.oid AND first.objsubid = one.sub
      WHERE one.acl <> COALESCE(first.initprivs, one.built_in)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS member
                        WHERE member.classid = one.class AND member.objid = one.oid
                          AND member.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                          AND member.deptype = 'e')) AS held
CROSS JOIN LATERAL pg_catalog.pg_identify_object(held.class, held.oid, held.sub) AS i";
