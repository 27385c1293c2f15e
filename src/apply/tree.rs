//! Relations with their partitions and inheritance children, as the catalog knows them.

use std::ops::Range;

use super::work::{Trouble, Work};
use crate::model::{QualifiedName, quote_literal};
use crate::sql::WrittenName;

/// A relation and the states that a guard switches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Relation {
    /// The oid, as text.
    pub oid: String,
    pub name: QualifiedName,
    /// Oids of the tables whose trees it belongs to, its own included.
    pub roots: Vec<String>,
    pub row_security: bool,
    pub force: bool,
    /// Whether the role may alter it.
    pub owned: bool,
    pub owner: String,
    /// Names and states (O, D, R, A) of the triggers that a user made, clones on partitions included.
    pub triggers: Vec<(String, String)>,
}

/// A written name and what it means now.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub written: WrittenName,
    /// The oid, as text; none if nothing has the name.
    pub oid: Option<String>,
}

/// Looks names up with the current search path.
pub(super) fn resolve(
    work: &mut Work<'_>,
    names: &[WrittenName],
    at: &Range<usize>,
) -> Result<Vec<Resolved>, Trouble> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let list: Vec<String> = names
        .iter()
        .map(|name| {
            format!(
                "pg_catalog.to_regclass({})::oid::text",
                quote_literal(&name.quoted())
            )
        })
        .collect();
    let rows = work.rows(
        &format!("SELECT {}", list.join(", ")),
        Some(at),
        "look up the tables of the backfill",
    )?;
    let oids = rows.into_iter().next().unwrap_or_default();
    Ok(names
        .iter()
        .cloned()
        .zip(oids)
        .map(|(written, oid)| Resolved { written, oid })
        .collect())
}

/// Everything that some relations consist of: views are replaced by the tables they read, tables bring their
/// partitions and inheritance children. Parents come before their children.
///
/// Triggers: clones on partitions are marked internal up to major 14, those of foreign keys always.
pub(super) const TREE: &str = "
WITH RECURSIVE used AS (
    SELECT c.oid, c.relkind
    FROM pg_catalog.pg_class AS c
    WHERE c.oid = ANY ('{$OIDS}'::oid[])
    UNION
    SELECT c.oid, c.relkind
    FROM used AS u
    JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = u.oid AND u.relkind = 'v'
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
     AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> u.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid
),
tree AS (
    SELECT u.oid, u.oid AS root, 0 AS depth
    FROM used AS u
    WHERE u.relkind IN ('r', 'p')
    UNION
    SELECT i.inhrelid, t.root, t.depth + 1
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.oid
),
member AS (
    SELECT t.oid, pg_catalog.string_agg(DISTINCT t.root::text, ',') AS roots, pg_catalog.max(t.depth) AS depth
    FROM tree AS t
    GROUP BY t.oid
)
SELECT c.oid::text,
       n.nspname,
       c.relname,
       m.roots,
       c.relrowsecurity::text,
       c.relforcerowsecurity::text,
       pg_catalog.pg_has_role(c.relowner, 'USAGE')::text,
       pg_catalog.pg_get_userbyid(c.relowner),
       (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(g.tgname, g.tgenabled) ORDER BY g.tgname)
        FROM pg_catalog.pg_trigger AS g
        WHERE g.tgrelid = c.oid
          AND (NOT g.tgisinternal OR (g.tgparentid <> 0 AND g.tgconstraint = 0)))::text
FROM member AS m
JOIN pg_catalog.pg_class AS c ON c.oid = m.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY m.depth, n.nspname, c.relname
";

/// Reads the trees of some relations.
pub(super) fn read(
    work: &mut Work<'_>,
    oids: &[String],
    at: Option<&Range<usize>>,
    doing: &str,
) -> Result<Vec<Relation>, Trouble> {
    let rows = work.rows(&TREE.replace("$OIDS", &oids.join(",")), at, doing)?;
    Ok(rows.iter().map(|row| relation(row)).collect())
}

fn relation(row: &[Option<String>]) -> Relation {
    let column = |index: usize| row.get(index).and_then(Option::as_deref).unwrap_or_default();
    Relation {
        oid: column(0).to_owned(),
        name: QualifiedName::new(column(1), column(2)),
        roots: column(3).split(',').map(str::to_owned).collect(),
        row_security: column(4) == "true",
        force: column(5) == "true",
        owned: column(6) == "true",
        owner: column(7).to_owned(),
        triggers: serde_json::from_str(column(8)).unwrap_or_default(),
    }
}
