//! The SQL of a batched backfill: its statement between two keys, and the keys themselves.

use crate::model::{quote_identifier, quote_literal};
use crate::sql::parse::tokens;
use crate::sql::{Dml, DmlKind, WrittenName};

/// Settings that decide how a key is written: pinned while one is read, so that it means the same in every session.
///
/// ISO dates and intervals are read alike under every setting (manual, section 8.5). The statement itself runs with the
/// settings of the session.
const PINNED: [(&str, &str); 4] = [
    ("bytea_output", "'hex'"),
    ("DateStyle", "'ISO, YMD'"),
    ("extra_float_digits", "3"),
    ("IntervalStyle", "'iso_8601'"),
];

/// A statement that is run in batches, and the key that it walks along.
pub(super) struct BatchSql<'a> {
    /// The statement as written.
    pub text: &'a str,
    pub change: &'a Dml,
    pub table: &'a WrittenName,
    /// The columns of the key.
    pub key: &'a [String],
    /// Their types, as SQL.
    pub types: &'a [String],
    /// Whether the statement may stand in WITH: rules forbid it.
    pub has_rules: bool,
}

impl BatchSql<'_> {
    /// Returns a query that reads keys, in a transaction.
    pub fn pinned(query: &str) -> String {
        let pin = PINNED
            .map(|(name, value)| format!("SET LOCAL {name} = {value};\n"))
            .concat();
        let unpin = PINNED
            .map(|(name, _)| format!("SET LOCAL {name} TO DEFAULT;\n"))
            .concat();
        format!("{pin}{query};\n{unpin}")
    }

    /// Says whether a row that is done can be told from one that is new: it is gone, or each batch says whether its
    /// rows are still selected.
    pub fn tells(&self) -> bool {
        self.change.condition.is_some() && (self.change.kind == DmlKind::Delete || self.watches())
    }

    /// Says whether the statement counts the rows that it changed and would select again.
    pub fn watches(&self) -> bool {
        let change = self.change;
        change.condition.is_some() && change.kind == DmlKind::Update && !change.with && !self.has_rules
    }

    /// Returns the statement with the bounds of a batch in its WHERE.
    ///
    /// Where it watches, it returns one row: how many rows it changed, and how many of them its condition still
    /// selects. RETURNING sees the row as it is afterwards.
    pub fn statement(&self, from: Option<&[String]>, to: &[String]) -> String {
        let text = self.text;
        let bounds = self.between(&format!("{}.", self.change.qualifier), from, to);
        let Some(range) = self.change.condition.clone() else {
            let end = self.change.condition_end;
            return format!("{}\nWHERE {bounds}\n{}", &text[..end], &text[end..]);
        };
        let condition = &text[range.clone()];
        let bounded = format!("{}({condition}\n) AND {bounds}", &text[..range.start]);
        if !self.watches() {
            return format!("{bounded}{}", &text[range.end..]);
        }
        let end = self.change.condition_end.max(range.end);
        let list = returning(&text[end..])
            .map_or_else(|| "RETURNING".to_owned(), |returning| format!("{returning}\n,"));
        format!(
            "WITH zerodrift_batch AS (\n{bounded}\n{list} ({condition}\n) AS zerodrift_again)\n\
             SELECT pg_catalog.count(*)::text, (pg_catalog.count(*) FILTER (WHERE zerodrift_again))::text\n\
             FROM zerodrift_batch"
        )
    }

    /// Returns the query of whether the condition selects a row; none where it cannot stand alone.
    pub fn any(&self) -> Option<String> {
        let change = self.change;
        let range = change
            .condition
            .clone()
            .filter(|_| !change.joins && !change.with)?;
        Some(format!(
            "SELECT (EXISTS (SELECT FROM {} WHERE {}\n))::text",
            change.source, &self.text[range]
        ))
    }

    /// Returns the query of the key at the end of the table.
    pub fn last(&self, above: Option<&[String]>) -> String {
        let descending: Vec<String> = self
            .key
            .iter()
            .map(|column| format!("{} DESC", quote_identifier(column)))
            .collect();
        let condition = above.map_or(String::new(), |key| format!(" WHERE {}", self.above("", key)));
        format!(
            "SELECT {} FROM {}{condition} ORDER BY {} LIMIT 1",
            self.key_text(),
            self.table.quoted(),
            descending.join(", ")
        )
    }

    /// Returns the query of the key of the row that ends a batch of `size`; it has no row if the rest is smaller.
    pub fn boundary(&self, from: Option<&[String]>, upper: &[String], size: u64) -> String {
        format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {} OFFSET {} LIMIT 1",
            self.key_text(),
            self.table.quoted(),
            self.between("", from, upper),
            self.columns(""),
            size - 1
        )
    }

    fn between(&self, qualifier: &str, from: Option<&[String]>, to: &[String]) -> String {
        let upper = format!("({}) <= ({})", self.columns(qualifier), self.values(to));
        match from {
            Some(from) => format!("{} AND {upper}", self.above(qualifier, from)),
            None => upper,
        }
    }

    fn above(&self, qualifier: &str, from: &[String]) -> String {
        format!("({}) > ({})", self.columns(qualifier), self.values(from))
    }

    fn columns(&self, qualifier: &str) -> String {
        let columns: Vec<String> = self
            .key
            .iter()
            .map(|column| format!("{qualifier}{}", quote_identifier(column)))
            .collect();
        columns.join(", ")
    }

    /// The key of a row as one JSON value.
    fn key_text(&self) -> String {
        let columns: Vec<String> = self
            .key
            .iter()
            .map(|column| format!("{}::text", quote_identifier(column)))
            .collect();
        format!("pg_catalog.to_json(ARRAY[{}])::text", columns.join(", "))
    }

    fn values(&self, key: &[String]) -> String {
        let values: Vec<String> = key
            .iter()
            .zip(self.types)
            .map(|(value, kind)| format!("{}::{kind}", quote_literal(value)))
            .collect();
        values.join(", ")
    }
}

/// Returns the RETURNING clause at the end of a statement, what stands before it but white space and comments aside.
fn returning(rest: &str) -> Option<&str> {
    let first = tokens(rest).find(|token| !token.is_trivia())?;
    first
        .text(rest)
        .eq_ignore_ascii_case("returning")
        .then(|| &rest[first.range.start..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::relations;

    fn sql(text: &str) -> String {
        let change = relations::dml(text).expect("a statement that changes rows");
        let table = change.target.clone();
        let batch = BatchSql {
            text,
            change: &change,
            table: &table,
            key: &["id".to_owned()],
            types: &["integer".to_owned()],
            has_rules: false,
        };
        batch.statement(Some(&["1".to_owned()]), &["9".to_owned()])
    }

    #[test]
    fn bounds_stand_beside_the_condition_and_before_returning() {
        let cases = [
            (
                "UPDATE t SET n = 1",
                "UPDATE t SET n = 1\nWHERE (\"t\".\"id\") > ('1'::integer) AND (\"t\".\"id\") <= ('9'::integer)\n",
            ),
            (
                "DELETE FROM t WHERE a OR b RETURNING id",
                "DELETE FROM t WHERE (a OR b\n) AND (\"t\".\"id\") > ('1'::integer) AND (\"t\".\"id\") <= ('9'::integer) RETURNING id",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(sql(text), expected);
        }
        let watched = sql("UPDATE t AS x SET n = 1 WHERE x.n IS NULL -- all\n RETURNING id");
        assert!(
            watched.contains("RETURNING id\n, (x.n IS NULL\n) AS zerodrift_again"),
            "{watched}"
        );
        let watched = sql("UPDATE t SET n = 1 WHERE n IS NULL -- all");
        assert!(
            watched.contains("\nRETURNING (n IS NULL\n) AS zerodrift_again"),
            "{watched}"
        );
    }
}
