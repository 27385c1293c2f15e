//! `IF NOT EXISTS` over an invalid index: the server says that the index exists, but it enforces and serves nothing.

use super::error::{ApplyError, Failure};
use super::work::{Trouble, Work};
use crate::model::{Outcome, quote_literal};
use crate::plan::Step;
use crate::sql::WrittenName;
use crate::sql::parse::tokens;

/// Fails if the index that a CREATE INDEX IF NOT EXISTS names is there and invalid.
///
/// The index of a partitioned table is invalid by design until every partition has one, so it is not looked at.
pub(super) fn refuse(work: &mut Work<'_>, step: &Step, index: usize) -> Result<(), Trouble> {
    let Some((name, table)) = names(step.text(index)) else {
        return Ok(());
    };
    let range = step.statement(index).range.clone();
    let sql = format!(
        "SELECT c.oid::regclass::text\n\
         FROM pg_catalog.pg_index AS i\n\
         JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid\n\
         WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relname = {} AND i.indrelid = pg_catalog.to_regclass({})\n\
         ORDER BY 1",
        quote_literal(&name.name),
        quote_literal(&table.quoted())
    );
    let rows = work.rows(&sql, Some(&range), "look for an invalid index")?;
    if rows.is_empty() {
        return Ok(());
    }
    let id = &step.revision.id;
    let failure = Failure {
        outcome: Outcome::RolledBack,
        revision: id.clone(),
        rule: "invalid-index",
        message: format!("revision \"{id}\" failed: index \"{name}\" exists and is invalid"),
        place: Some(step.place(range)),
        excerpt: None,
        sqlstate: None,
        statement: None,
        details: vec![format!(
            "An earlier build of it on table \"{table}\" did not finish; IF NOT EXISTS left it as it is."
        )],
        hint: Some("Drop it with DROP INDEX CONCURRENTLY, then run the same command again.".to_owned()),
    };
    Err(ApplyError::Failed(Box::new(failure)).into())
}

/// The names of the index and of its table.
pub(super) fn names(sql: &str) -> Option<(WrittenName, WrittenName)> {
    let words: Vec<&str> = tokens(sql)
        .filter(|token| !token.is_trivia())
        .map(|token| token.text(sql))
        .collect();
    let is = |at: usize, word: &str| {
        words
            .get(at)
            .is_some_and(|found| found.eq_ignore_ascii_case(word))
    };
    let name = (0..words.len()).find(|at| is(*at, "exists"))? + 1;
    if !is(name + 1, "on") {
        return None;
    }
    let table = name + 2 + usize::from(is(name + 2, "only"));
    let end = (table..words.len()).find(|at| words[*at] == "(" || is(*at, "using"))?;
    Some((
        WrittenName::parse(words[name])?,
        WrittenName::parse(&words[table..end].concat())?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_and_table_are_found() {
        let cases = [
            (
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a)",
                Some("t_a t"),
            ),
            (
                "CREATE UNIQUE INDEX IF NOT EXISTS \"T a\" ON ONLY s.t USING btree (a)",
                Some("T a s.t"),
            ),
            ("CREATE INDEX IF NOT EXISTS ON t (a)", None),
        ];
        for (sql, expected) in cases {
            let found = names(sql).map(|(name, table)| format!("{name} {table}"));
            assert_eq!(found.as_deref(), expected, "{sql}");
        }
    }
}
