//! ALTER TABLE … DETACH PARTITION … CONCURRENTLY: two transactions, of which the second may be missing.
//!
//! In between the partition is marked as being detached, and FINALIZE does the rest (manual, ALTER TABLE).

use super::{Found, Kind, Subject, first, name_after};
use crate::apply::work::{Trouble, Work};
use crate::model::quote_literal;
use crate::sql::WrittenName;
use crate::sql::parse::tokens;

pub(super) const KIND: Kind = Kind {
    forms: &["ALTER TABLE * DETACH PARTITION * CONCURRENTLY"],
    before: |_| None,
    find,
};

fn find(work: &mut Work<'_>, subject: &Subject<'_>) -> Result<Found, Trouble> {
    let Some((parent, partition)) = names(subject.text) else {
        return Ok(Found::Unclear("The statement was not understood.".to_owned()));
    };
    let sql = format!(
        "SELECT CASE WHEN c.oid IS NULL OR p.oid IS NULL THEN 'gone'\n\
         WHEN i.inhrelid IS NULL THEN 'detached'\n\
         WHEN i.inhdetachpending THEN 'pending'\n\
         ELSE 'attached' END\n\
         FROM (SELECT pg_catalog.to_regclass({}) AS oid) AS p\n\
         CROSS JOIN (SELECT pg_catalog.to_regclass({}) AS oid) AS c\n\
         LEFT JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = c.oid AND i.inhparent = p.oid",
        quote_literal(&parent.quoted()),
        quote_literal(&partition.quoted())
    );
    let rows = work.rows(&sql, Some(&subject.at), "look at the partition")?;
    Ok(match first(&rows) {
        Some("detached") => Found::Complete(format!("Partition \"{partition}\" is detached.")),
        Some("pending") => Found::Unfinished {
            what: format!("Partition \"{partition}\" is half detached."),
            sql: format!(
                "ALTER TABLE {} DETACH PARTITION {} FINALIZE",
                parent.quoted(),
                partition.quoted()
            ),
        },
        Some("attached") => Found::Nothing(format!("Partition \"{partition}\" is still attached.")),
        _ => Found::Unclear(format!(
            "Table \"{parent}\" or partition \"{partition}\" does not exist any more."
        )),
    })
}

/// The parent and the partition.
fn names(text: &str) -> Option<(WrittenName, WrittenName)> {
    let parent = name_after(text, &["ALTER", "TABLE", "IF?", "EXISTS?", "ONLY?"])?;
    let is = |token: &crate::sql::parse::Token, word: &str| token.text(text).eq_ignore_ascii_case(word);
    let significant: Vec<_> = tokens(text).filter(|token| !token.is_trivia()).collect();
    let at = significant
        .windows(2)
        .position(|pair| is(&pair[0], "detach") && is(&pair[1], "partition"))?;
    let rest = &text[significant[at].range.start..];
    Some((parent, name_after(rest, &["DETACH", "PARTITION"])?))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn both_names_are_found() {
        let sql = "ALTER TABLE ONLY s.\"P\" /* x */ DETACH PARTITION s.\"detach partition\" CONCURRENTLY";
        let found = names(sql).map(|(parent, child)| format!("{} {}", parent.quoted(), child.quoted()));
        assert_eq!(found.as_deref(), Some("\"s\".\"P\" \"s\".\"detach partition\""));
    }
}
