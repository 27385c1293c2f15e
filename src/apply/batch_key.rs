//! The key that a batched backfill walks along.

use super::error::ApplyError;
use super::work::{Trouble, Work};
use crate::model::{Finding, Level, Outcome, quote_literal};
use crate::plan::Step;
use crate::sql::{Batched, Section};

/// Type and nullability of each key column, and whether one index begins with all of them in this order.
const KEY: &str = "
WITH key AS (
    SELECT k.place, a.attrelid, a.attnum, a.attnotnull,
           pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
    FROM pg_catalog.unnest(ARRAY[$NAMES]::text[]) WITH ORDINALITY AS k (name, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attname = k.name AND a.attnum > 0 AND NOT a.attisdropped
    WHERE a.attrelid = pg_catalog.to_regclass($TABLE)
)
SELECT key.type,
       key.attnotnull::text,
       EXISTS (SELECT FROM pg_catalog.pg_index AS i
               JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
               JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
               WHERE i.indrelid = key.attrelid AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree'
                 AND (i.indkey::int2[])[0:(SELECT pg_catalog.count(*) FROM key)::int - 1]
                     = (SELECT pg_catalog.array_agg(k.attnum ORDER BY k.place) FROM key AS k))::text
FROM key
ORDER BY key.place
";

/// Rules on the table, and how many rows it has by the planner's estimate, those of its partitions included.
const TABLE: &str = "
SELECT c.relhasrules::text,
       (SELECT pg_catalog.sum(GREATEST(p.reltuples, 0))::bigint::text
        FROM pg_catalog.pg_class AS p
        WHERE p.relkind <> 'p'
          AND (p.oid = c.oid OR p.oid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree(c.oid) AS t)))
FROM pg_catalog.pg_class AS c
WHERE c.oid = pg_catalog.to_regclass($TABLE)
";

/// What is known of the table of a batched backfill.
pub(super) struct Facts {
    /// Types of the key columns, as SQL.
    pub types: Vec<String>,
    /// Whether the table has rules.
    pub has_rules: bool,
    /// Its rows by the planner's estimate; 0 where it has none.
    pub rows: u64,
}

/// Checks the key and looks at the table.
pub(super) fn facts(
    work: &mut Work<'_>,
    step: &Step,
    section: &Section,
    batched: &Batched,
) -> Result<Facts, Trouble> {
    let types = types(work, step, section, batched)?;
    let sql = TABLE.replace("$TABLE", &quote_literal(&section.backfill.table.quoted()));
    let rows = work.rows(&sql, Some(&section.range), "look at the table of the backfill")?;
    let column = |at: usize| rows.first().and_then(|row| row.get(at)?.as_deref());
    Ok(Facts {
        types,
        has_rules: column(0) == Some("true"),
        rows: column(1).and_then(|rows| rows.parse().ok()).unwrap_or(0),
    })
}

/// The key must be NOT NULL and lead a valid btree index without a condition; returns the types of its columns.
fn types(
    work: &mut Work<'_>,
    step: &Step,
    section: &Section,
    batched: &Batched,
) -> Result<Vec<String>, Trouble> {
    let names: Vec<String> = batched.key.iter().map(|column| quote_literal(column)).collect();
    let sql = KEY
        .replace("$NAMES", &names.join(", "))
        .replace("$TABLE", &quote_literal(&section.backfill.table.quoted()));
    let rows = work.rows(&sql, Some(&section.range), "look up the key of the batches")?;
    if rows.len() != batched.key.len() {
        return Err(unfit(
            step,
            section,
            "The table or a column of the key does not exist.",
        ));
    }
    let is = |row: &[Option<String>], index: usize| row.get(index).and_then(Option::as_deref) == Some("true");
    if !rows.iter().all(|row| is(row, 1)) {
        return Err(unfit(
            step,
            section,
            "A column of the key may be null: rows without a key would be skipped.",
        ));
    }
    if !rows.iter().all(|row| is(row, 2)) {
        return Err(unfit(
            step,
            section,
            "No valid btree index without a condition begins with the key.",
        ));
    }
    Ok(rows
        .into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect())
}

pub(super) fn unfit(step: &Step, section: &Section, why: &str) -> Trouble {
    let finding = Finding::new(
        "batched-key",
        Level::Error,
        format!(
            "table \"{}\" cannot be batched by this key",
            section.backfill.table
        ),
    )
    .object(step.revision.id.as_str())
    .detail(why)
    .hint("Name the columns of the primary key in key=….")
    .at(step.place(section.range.clone()));
    ApplyError::refused(Outcome::RolledBack, finding).into()
}
