//! Expressions alone: the key is the tree, and no name stands in front of it (`pg_get_expr`).

use super::key::Key;
use super::outline::{Outline, Row};
use super::{Aside, Deparsed};

/// A default names no column, and without a relation the server need not open one to deparse it.
const ASK_DEFAULT: &str = "SELECT def.oid::pg_catalog.text, pg_catalog.pg_get_expr(def.adbin, 0)
FROM pg_catalog.unnest('{}'::pg_catalog.oid[]) AS asked (oid)
JOIN pg_catalog.pg_attrdef AS def ON def.oid = asked.oid";

const ASK_GENERATION: &str = "SELECT def.oid::pg_catalog.text, pg_catalog.pg_get_expr(def.adbin, def.adrelid)
FROM pg_catalog.unnest('{}'::pg_catalog.oid[]) AS asked (oid)
JOIN pg_catalog.pg_attrdef AS def ON def.oid = asked.oid";

/// The rows of pg_attrdef. Only where a column is named has the server to open the relation: those come by `bound`.
static EXPRESSIONS: Aside = Aside {
    catalog: "pg_attrdef",
    join: "
LEFT JOIN pg_catalog.pg_attrdef AS def ON def.adrelid = a.attrelid AND def.adnum = a.attnum",
    trees: "SELECT def.oid::pg_catalog.text, def.adrelid::pg_catalog.text, def.adnum::pg_catalog.text,
    def.adbin::pg_catalog.text
FROM pg_catalog.pg_attrdef AS def",
    texts: "SELECT def.oid::pg_catalog.text, def.adrelid::pg_catalog.text, def.adnum::pg_catalog.text,
    CASE WHEN pg_catalog.strpos(def.adbin::pg_catalog.text, '{VAR ') = 0 THEN pg_catalog.pg_get_expr(def.adbin, 0) END
FROM pg_catalog.pg_attrdef AS def",
};

/// The default of a column; the expression of a generated one is `GENERATION`.
pub(in crate::catalog) static DEFAULT: Deparsed = Deparsed {
    oid: "CASE WHEN a.atthasdef AND a.attgenerated = '' THEN 0 END",
    has_tree: "true",
    trees: &[],
    parts: &[],
    aside: Some(&EXPRESSIONS),
    ask: ASK_DEFAULT,
    bound: None,
    outline,
};

/// What a generated column is computed from.
pub(in crate::catalog) static GENERATION: Deparsed = Deparsed {
    oid: "CASE WHEN a.atthasdef AND a.attgenerated <> '' THEN 0 END",
    has_tree: "true",
    trees: &[],
    parts: &[],
    aside: Some(&EXPRESSIONS),
    ask: ASK_GENERATION,
    bound: Some(
        "SELECT def.oid FROM pg_catalog.pg_attrdef AS def
WHERE pg_catalog.strpos(def.adbin::pg_catalog.text, '{VAR ') > 0",
    ),
    outline,
};

/// Which rows a policy shows.
pub(in crate::catalog) static POLICY_USING: Deparsed = Deparsed {
    oid: "CASE WHEN p.polqual IS NOT NULL THEN p.oid END",
    has_tree: "true",
    trees: &["p.polqual"],
    parts: &[(0, "p.polrelid")],
    aside: None,
    ask: "SELECT p.oid::pg_catalog.text, pg_catalog.pg_get_expr(p.polqual, p.polrelid)
FROM pg_catalog.unnest('{}'::pg_catalog.oid[]) AS asked (oid)
JOIN pg_catalog.pg_policy AS p ON p.oid = asked.oid",
    bound: Some("SELECT p.oid FROM pg_catalog.pg_policy AS p WHERE p.polqual IS NOT NULL"),
    outline,
};

/// Which rows a policy lets in.
pub(in crate::catalog) static POLICY_CHECK: Deparsed = Deparsed {
    oid: "CASE WHEN p.polwithcheck IS NOT NULL THEN p.oid END",
    has_tree: "true",
    trees: &["p.polwithcheck"],
    parts: &[(0, "p.polrelid")],
    aside: None,
    ask: "SELECT p.oid::pg_catalog.text, pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_catalog.unnest('{}'::pg_catalog.oid[]) AS asked (oid)
JOIN pg_catalog.pg_policy AS p ON p.oid = asked.oid",
    bound: Some("SELECT p.oid FROM pg_catalog.pg_policy AS p WHERE p.polwithcheck IS NOT NULL"),
    outline,
};

const RELATION: usize = 0;

fn outline(row: &Row<'_>) -> Option<Outline> {
    let mut key = Key::of(b'e');
    row.put_trees(&mut key, row.oid(RELATION)?)?;
    Some(Outline::new(String::new(), key))
}
