//! Base types with functions in C, and shell types that are announced but not yet made.

use crate::catalog::datatype::{FROM, OWNER};
use crate::catalog::{AclClass, Facet, Identity, Kind};

pub(super) static KIND: Kind = Kind {
    name: "base type",
    plural: "base types",
    catalog: "pg_type",
    oid: "t.oid",
    identity: Identity {
        schema: Some("n.nspname"),
        ..Identity::named("t.typname")
    },
    from: FROM,
    // The array type of another type is made with it and has no life of its own.
    filter: "(t.typtype = 'b' OR (t.typtype = 'p' AND NOT t.typisdefined))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS element WHERE element.typarray = t.oid)",
    members: &[("pg_type", "t.oid")],
    acl_owner: Some(OWNER),
    facets: &[
        Facet::owner(OWNER),
        Facet::bool("shell", "NOT t.typisdefined"),
        Facet::text("input", "NULLIF(t.typinput::text, '-')"),
        Facet::text("output", "NULLIF(t.typoutput::text, '-')"),
        Facet::text("receive", "NULLIF(t.typreceive::text, '-')"),
        Facet::text("send", "NULLIF(t.typsend::text, '-')"),
        Facet::text("modifier input", "NULLIF(t.typmodin::text, '-')"),
        Facet::text("modifier output", "NULLIF(t.typmodout::text, '-')"),
        Facet::text("analyze", "NULLIF(t.typanalyze::text, '-')"),
        Facet::text("subscript", "NULLIF(t.typsubscript::text, '-')").since(14),
        Facet::int("length", "t.typlen").but(-1),
        Facet::bool("by value", "t.typbyval"),
        Facet::text("alignment", "t.typalign"),
        Facet::text("storage", "t.typstorage"),
        Facet::text("category", "t.typcategory"),
        Facet::bool("preferred", "t.typispreferred"),
        Facet::text("default", "t.typdefault"),
        Facet::text(
            "element",
            "CASE WHEN t.typelem <> 0 THEN pg_catalog.format_type(t.typelem, NULL) END",
        ),
        Facet::text("delimiter", "t.typdelim").but_text(","),
        Facet::bool("collatable", "t.typcollation <> 0"),
        Facet::privileges("t.typacl", AclClass::Type),
        Facet::comment(),
        Facet::labels(),
    ],
    ..Kind::COMMON
};
