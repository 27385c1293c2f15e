//! How far a batched backfill has come: written in the transaction of each batch.

use crate::model::{RevisionId, quote_literal};

/// A row of `zerodrift.cursor`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The key of the last row of the last batch.
    pub position: Option<Vec<String>>,
    /// The key that it ends at; none for an empty table.
    pub upper: Option<Vec<String>>,
    /// Rows counted at the start, where the section expects a number.
    pub present: Option<u64>,
    /// Rows touched so far.
    pub rows: u64,
    /// Batches committed so far.
    pub batches: u64,
    /// Whether the closing pass has begun.
    pub closing: bool,
    /// Whether it is done.
    pub done: bool,
    /// Rows of the next batch.
    pub size: u64,
    /// Rows passed by in this pass, touched or not.
    pub walked: u64,
    /// Whether the condition still selected a row that a batch had changed: such rows cannot be told from new ones.
    pub repeats: bool,
}

/// Returns the query that reads a cursor; [`Cursor::of`] reads its rows.
pub fn select(revision: &RevisionId, section: usize) -> String {
    format!(
        "SELECT pg_catalog.to_json(position)::text, pg_catalog.to_json(upper)::text, present::text, rows::text,\n\
         batches::text, done::text, closing::text, size::text, walked::text, repeats::text\n\
         FROM zerodrift.cursor\n\
         WHERE revision = {} AND section = {section}",
        quote_literal(revision.as_str())
    )
}

impl Cursor {
    /// Reads a row of [`select`].
    pub fn of(row: &[Option<String>]) -> Self {
        let column = |index: usize| row.get(index).and_then(Option::as_deref);
        let number = |index: usize| column(index).and_then(|text| text.parse().ok());
        Cursor {
            position: key(column(0)),
            upper: key(column(1)),
            present: number(2),
            rows: number(3).unwrap_or(0),
            batches: number(4).unwrap_or(0),
            done: column(5) == Some("true"),
            closing: column(6) == Some("true"),
            size: number(7).unwrap_or(0),
            walked: number(8).unwrap_or(0),
            repeats: column(9) == Some("true"),
        }
    }

    /// Returns the statement that writes the cursor at the beginning.
    pub fn insert(&self, revision: &RevisionId, section: usize) -> String {
        format!(
            "INSERT INTO zerodrift.cursor (revision, section, upper, present, done, size) VALUES ({}, {section}, {}, {}, {}, {})",
            quote_literal(revision.as_str()),
            array(self.upper.as_deref()),
            self.present
                .map_or_else(|| "NULL".to_owned(), |rows| rows.to_string()),
            self.done,
            self.size
        )
    }

    /// Returns the statement that moves the cursor.
    pub fn update(&self, revision: &RevisionId, section: usize) -> String {
        format!(
            "UPDATE zerodrift.cursor SET position = {}, upper = {}, rows = {}, batches = {}, closing = {}, done = {}, \
             size = {}, walked = {}, repeats = {}, updated_at = pg_catalog.clock_timestamp() WHERE revision = {} AND section = {section}",
            array(self.position.as_deref()),
            array(self.upper.as_deref()),
            self.rows,
            self.batches,
            self.closing,
            self.done,
            self.size,
            self.walked,
            self.repeats,
            quote_literal(revision.as_str()),
        )
    }
}

/// Reads a key from JSON.
pub fn key(json: Option<&str>) -> Option<Vec<String>> {
    serde_json::from_str::<Option<Vec<String>>>(json?).ok().flatten()
}

fn array(values: Option<&[String]>) -> String {
    match values {
        None => "NULL".to_owned(),
        Some(values) => {
            let values: Vec<String> = values.iter().map(|value| quote_literal(value)).collect();
            format!("ARRAY[{}]::text[]", values.join(", "))
        }
    }
}
