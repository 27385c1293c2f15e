//! Expressions alone: the key is the tree, and no name stands in front of it (`pg_get_expr`).

use super::Deparsed;
use super::key::Key;
use super::outline::{Outline, Row};

/// A default names no column, and without a relation the server need not open one to deparse it.
const ASK_DEFAULT: &str = "SELECT def.oid::pg_catalog.text, pg_catalog.pg_get_expr(def.adbin, 0)
FROM pg_catalog.unnest('{}'::pg_catalog.oid[]) AS asked (oid)
JOIN pg_catalog.pg_attrdef AS def ON def.oid = asked.oid";

const ASK_GENERATION: &str = "SELECT def.oid::pg_catalog.text, pg_catalog.pg_get_expr(def.adbin, def.adrelid)
FROM pg_catalog.unnest('{}'::pg_catalog.oid[]) AS asked (oid)
JOIN pg_catalog.pg_attrdef AS def ON def.oid = asked.oid";

/// The default of a column; the expression of a generated one is `GENERATION`.
pub(in crate::catalog) static DEFAULT: Deparsed = Deparsed {
    oid: "CASE WHEN a.attgenerated = '' THEN def.oid END",
    has_tree: "a.attgenerated = ''",
    trees: &["CASE WHEN a.attgenerated = '' THEN def.adbin END"],
    parts: &[(
        0,
        "CASE WHEN a.attgenerated = '' AND def.oid IS NOT NULL THEN def.adrelid END",
    )],
    ask: ASK_DEFAULT,
    outline,
};

/// What a generated column is computed from.
pub(in crate::catalog) static GENERATION: Deparsed = Deparsed {
    oid: "CASE WHEN a.attgenerated <> '' THEN def.oid END",
    has_tree: "a.attgenerated <> ''",
    trees: &["CASE WHEN a.attgenerated <> '' THEN def.adbin END"],
    parts: &[(
        0,
        "CASE WHEN a.attgenerated <> '' AND def.oid IS NOT NULL THEN def.adrelid END",
    )],
    ask: ASK_GENERATION,
    outline,
};

/// Which rows a policy shows.
pub(in crate::catalog) static POLICY_USING: Deparsed = Deparsed {
    oid: "CASE WHEN p.polqual IS NOT NULL THEN p.oid END",
    has_tree: "true",
    trees: &["p.polqual"],
    parts: &[(0, "p.polrelid")],
    ask: "SELECT p.oid::pg_catalog.text, pg_catalog.pg_get_expr(p.polqual, p.polrelid)
FROM pg_catalog.unnest('{}'::pg_catalog.oid[]) AS asked (oid)
JOIN pg_catalog.pg_policy AS p ON p.oid = asked.oid",
    outline,
};

/// Which rows a policy lets in.
pub(in crate::catalog) static POLICY_CHECK: Deparsed = Deparsed {
    oid: "CASE WHEN p.polwithcheck IS NOT NULL THEN p.oid END",
    has_tree: "true",
    trees: &["p.polwithcheck"],
    parts: &[(0, "p.polrelid")],
    ask: "SELECT p.oid::pg_catalog.text, pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_catalog.unnest('{}'::pg_catalog.oid[]) AS asked (oid)
JOIN pg_catalog.pg_policy AS p ON p.oid = asked.oid",
    outline,
};

const RELATION: usize = 0;

fn outline(row: &Row<'_>) -> Option<Outline> {
    let mut key = Key::of(b'e');
    row.put_trees(&mut key, row.oid(RELATION)?)?;
    Some(Outline::new(String::new(), key))
}
