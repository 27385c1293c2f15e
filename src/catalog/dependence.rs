//! `ALTER … DEPENDS ON EXTENSION`: what an extension takes along when it is dropped.

/// A facet of the extensions that an object of a catalog depends on.
///
/// Few objects have any: one hashed look-up for all says which, and only those are looked at one by one.
macro_rules! depends_on_extensions {
    ($catalog:literal, $oid:literal) => {
        $crate::catalog::Facet::set(
            "depends on extensions",
            concat!(
                "CASE WHEN ", $oid, " IN (SELECT tied.objid FROM pg_catalog.pg_depend AS tied
                 WHERE tied.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND tied.deptype = 'x'
                   AND tied.classid = 'pg_catalog.", $catalog, "'::pg_catalog.regclass) THEN
            ARRAY(SELECT on_it.extname FROM pg_catalog.pg_depend AS tied
                  JOIN pg_catalog.pg_extension AS on_it ON on_it.oid = tied.refobjid
                  WHERE tied.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND tied.deptype = 'x'
                    AND tied.classid = 'pg_catalog.", $catalog, "'::pg_catalog.regclass AND tied.objid = ", $oid, ") END"
            ),
        )
    };
}

pub(super) use depends_on_extensions;
