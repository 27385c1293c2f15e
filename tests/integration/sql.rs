//! SQL text of any size and shape.

use std::path::Path;

use proptest::prelude::*;
use zerodrift::sql::{Script, mask, normal, relations, split::split};

#[test]
fn a_file_of_50_megabytes_is_split_in_one_pass() {
    let statement = "INSERT INTO t VALUES ('a;b', $$;$$, E'\\';'); -- ;\n";
    let count = 50_000_000 / statement.len();
    let text = statement.repeat(count);
    let found = split(&text);
    assert_eq!(found.statements.len(), count);
    let long = format!("SELECT '{}'; SELECT 2", "x".repeat(50_000_000));
    assert_eq!(split(&long).statements.len(), 2);
}

proptest! {
    /// Statements never overlap, lie on character borders, and nothing but separators stands between them.
    #[test]
    fn splitting_loses_nothing(text in "(?s)([a-z ;'\"$/*\\-()é\u{feff}\r\n]|BEGIN|ATOMIC|END|CREATE|FUNCTION|--: end|\\$\\$|/\\*|\\*/|E')*") {
        let found = split(&text);
        let mut end = 0;
        for range in &found.statements {
            prop_assert!(range.start >= end && range.end > range.start && range.end <= text.len());
            prop_assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
            end = range.end;
        }
        let _ = Script::read(Path::new("x.sql"), &text);
        let _ = normal::checksum(&text);
        let _ = mask::secrets(&text);
        let _ = mask::in_place(&text);
        let _ = relations::touched(&text);
        let _ = relations::dml(&text);
    }
}
