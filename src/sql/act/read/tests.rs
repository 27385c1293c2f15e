//! Tests across all forms.

use super::read;
use crate::sql::act::{Act, Action};

/// The one act of a text.
#[track_caller]
fn one(sql: &str) -> Act {
    let mut acts = read(sql);
    assert_eq!(acts.len(), 1, "{sql}: {acts:?}");
    acts.remove(0)
}

#[test]
fn deep_and_endless_text_is_refused_or_read() {
    let nested = |depth: usize| format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(matches!(one(&nested(3_000)).action, Action::Select(_)));
    assert!(matches!(one(&nested(10_000)).action, Action::Broken { .. }));
    for sql in [
        format!("SELECT {}1", "- ".repeat(3_000)),
        format!("SELECT {}true", "NOT ".repeat(3_000)),
        format!("SELECT 1{}", " + 1".repeat(20_000)),
        format!("SELECT 'a'{}", " || 'a'".repeat(20_000)),
        format!("SELECT 1 FROM a{}", " CROSS JOIN a".repeat(20_000)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(20_000)),
        format!("SELECT 1 WHERE true{}", " AND true".repeat(20_000)),
        format!("SELECT 1{}", "::int".repeat(20_000)),
        format!("SELECT a{}", "[1]".repeat(20_000)),
        format!("SELECT a{}", " IS NULL".repeat(20_000)),
        format!(
            "SELECT {} 1 {}",
            "CASE WHEN true THEN".repeat(2_000),
            "END".repeat(2_000)
        ),
    ] {
        one(&sql);
    }
}

#[test]
fn broken_text_does_not_hide_the_rest() {
    let acts = read("SELECT 1; SELECT FROM WHERE; CREATE TABLE t (a int); SELECT 1 SELECT 2; SELECT 'x");
    let broken: Vec<bool> = acts
        .iter()
        .map(|act| matches!(act.action, Action::Broken { .. }))
        .collect();
    assert_eq!(broken, [false, true, false, true, true], "{acts:?}");
}
