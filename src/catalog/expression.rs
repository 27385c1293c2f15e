//! Equality of SQL text beyond its letters.

/// Says whether two deparsed SQL texts mean the same.
pub fn equal_text(left: &str, right: &str) -> bool {
    left == right
}

/// Returns a text that is the same for texts of equal meaning where that is cheap to know.
pub(super) fn canonical_text(sql: &str) -> String {
    sql.to_owned()
}
