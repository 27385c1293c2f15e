//! Equality of SQL text beyond its letters.
//!
//! The server deparses expressions, and what it writes is not a fixpoint: dumped and restored, some come back in
//! another spelling. Two texts mean the same if their trees are the same after the rewrites of a closed list, each one
//! a function in `rewrite.rs` with its reason and its pair of proofs in the tests. Whatever does not parse, or differs
//! in any other way, differs.
//!
//! Texts come from servers that were read with an empty `search_path`: a name without a schema is one of `pg_catalog`.

mod rewrite;
mod spelling;
#[cfg(test)]
mod tests;
mod tree;

use crate::sql::parse::SourceFile;

use tree::Tree;

/// Says whether two deparsed SQL texts mean the same: expressions, queries and definitions alike.
pub fn equal_text(left: &str, right: &str) -> bool {
    left == right || equal_trees(left, right, |tree| tree)
}

/// Says the same of texts from a server before 14 and a later one, where EXTRACT became another function and the
/// arguments of procedures began to say IN.
pub fn equal_text_across_14(left: &str, right: &str) -> bool {
    left == right
        || equal_trees(left, right, spelling::before_14)
        || spelling::without_in(left) == spelling::without_in(right)
}

fn equal_trees(left: &str, right: &str, and: fn(Tree) -> Tree) -> bool {
    match (parsed(left), parsed(right)) {
        (Some(left), Some(right)) => and(left) == and(right),
        _ => false,
    }
}

/// Returns a text that is the same for texts of equal meaning, where the server is known to write either.
///
/// Parsing everything would cost more than reading it; the spelling that a restore changes has an array cast in it.
pub(super) fn canonical_text(sql: &str) -> String {
    if sql.contains("ARRAY[") && sql.contains("::") {
        return canonical(sql).unwrap_or_else(|| sql.to_owned());
    }
    sql.to_owned()
}

/// Returns the rewritten tree as text, or nothing where the text is not SQL that the parser knows.
fn canonical(sql: &str) -> Option<String> {
    parsed(sql).map(|tree| tree.to_string())
}

fn parsed(sql: &str) -> Option<Tree> {
    let parsed = SourceFile::parse(&statement(sql));
    parsed
        .errors()
        .is_empty()
        .then(|| spelling::unqualified(rewrite::tree(&parsed.syntax_node())))
}

/// Makes a statement out of a fragment, by how it begins.
fn statement(sql: &str) -> String {
    let first = sql
        .trim_start()
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .unwrap_or_default();
    match first {
        "SELECT" | "WITH" | "VALUES" | "CREATE" => sql.to_owned(),
        "CHECK" | "UNIQUE" | "PRIMARY" | "FOREIGN" | "EXCLUDE" => format!("ALTER TABLE t ADD {sql}"),
        "BEGIN" | "RETURN" => format!("CREATE FUNCTION f() RETURNS t LANGUAGE sql {sql}"),
        _ => format!("SELECT {sql}"),
    }
}
