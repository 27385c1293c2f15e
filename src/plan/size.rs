//! How big relations are: as the target's `pg_class` says, or as a file says that was made from it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::lint::schema::Key;

/// The query whose result is a file of sizes: `psql -XAtc "…" > stats.json`. `docs/plan.md` shows it, a test compares.
pub const QUERY: &str = "SELECT pg_catalog.json_agg(pg_catalog.json_build_object('schema', n.nspname, 'relation', c.relname, \
                         'rows', c.reltuples, 'pages', c.relpages) ORDER BY n.nspname, c.relname) \
                         FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
                         WHERE c.relkind IN ('r', 'm', 'i', 'p', 'I')";

/// The size of a relation, as far as the last VACUUM or ANALYZE knew it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Rows; none where the relation was never analysed.
    pub rows: Option<f64>,
    /// Pages.
    pub pages: u64,
}

/// Sizes by relation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sizes(BTreeMap<Key, Size>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    schema: String,
    relation: String,
    rows: f64,
    pages: u64,
}

impl Sizes {
    /// Reads what [`QUERY`] returned.
    pub fn parse(text: &str) -> Result<Self, String> {
        let written: Option<Vec<Written>> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let sizes = written.unwrap_or_default().into_iter().map(|one| {
            // -1 is "never analysed" since major 14; before, 0 rows in some pages meant that too.
            let rows = (one.rows > 0.0 || (one.rows == 0.0 && one.pages == 0)).then_some(one.rows);
            let size = Size {
                rows,
                pages: one.pages,
            };
            (Key::new(one.schema, one.relation), size)
        });
        Ok(Sizes(sizes.collect()))
    }

    /// Returns the size of a relation.
    pub fn of(&self, relation: &Key) -> Option<Size> {
        self.0.get(relation).copied()
    }
}

impl fmt::Display for Size {
    /// For people: `about 1.2 M rows, 96 MB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rows {
            Some(rows) => write!(
                f,
                "about {} rows, ",
                scaled(rows, 1000.0, &["", " k", " M", " G"])
            )?,
            None => f.write_str("rows not counted yet, ")?,
        }
        let bytes = self.pages as f64 * 8192.0;
        f.write_str(&scaled(bytes, 1024.0, &[" B", " kB", " MB", " GB", " TB"]))
    }
}

fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let mut value = value;
    let mut at = 0;
    while value >= step && at + 1 < units.len() {
        value /= step;
        at += 1;
    }
    let digits = usize::from(at > 0 && value < 10.0);
    format!("{value:.digits$}{}", units[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        let sizes = Sizes::parse(
            r#"[{"schema":"public","relation":"a, \"b\"","rows":1234567,"pages":12345},
                {"schema":"s","relation":"new","rows":-1,"pages":0},
                {"schema":"s","relation":"empty","rows":0,"pages":0}]"#,
        )
        .expect("a file of sizes");
        let shown = |schema: &str, name: &str| sizes.of(&Key::new(schema, name)).map(|size| size.to_string());
        assert_eq!(
            shown("public", "a, \"b\"").as_deref(),
            Some("about 1.2 M rows, 96 MB")
        );
        assert_eq!(shown("s", "new").as_deref(), Some("rows not counted yet, 0 B"));
        assert_eq!(shown("s", "empty").as_deref(), Some("about 0 rows, 0 B"));
        assert_eq!(shown("s", "other"), None);
        assert_eq!(Sizes::parse("null"), Ok(Sizes::default()));
        assert!(Sizes::parse("[{\"schema\":\"s\"}]").is_err());
        assert!(
            Sizes::parse("[{\"schema\":\"s\",\"relation\":\"r\",\"rows\":1,\"pages\":1,\"x\":1}]").is_err()
        );
    }
}
