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

/// The key must be NOT NULL and lead a valid btree index without a condition; returns the types of its columns.
pub(super) fn types(
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
