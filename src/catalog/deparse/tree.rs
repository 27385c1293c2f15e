//! Node trees as keys: which two of them the server deparses alike.
//!
//! Within one snapshot an oid always means the same object, so a tree of `pg_node_tree` is its own key but for two
//! things. Where a node stood in the statement (`location`) is not part of what it says. And a column is a number, which
//! means another name in another relation: the name takes its place.
//!
//! Only trees are taken that consist of nodes of a closed list, whose deparsed text depends on nothing else: no
//! sub-query, which would bring aliases, and no reference to a whole row, which would bring the name of the relation.

use super::key::Key;

/// The nodes of expressions over columns and constants (primnodes.h), with the names that 13 had for some.
///
/// | nodes | what ruleutils.c, `get_rule_expr`, looks at beside the node itself |
/// |---|---|
/// | VAR | the name of the column (`get_variable`); `varattnosyn` before `varattno` |
/// | CONST | the output function of the type |
/// | FUNCEXPR, OPEXPR, DISTINCTEXPR, NULLIFEXPR, SCALARARRAYOPEXPR | names of functions and operators by oid |
/// | RELABELTYPE, COERCEVIAIO, ARRAYCOERCEEXPR, COERCETODOMAIN, COLLATEEXPR, SQLVALUEFUNCTION | names of types and collations by oid |
/// | BOOLEXPR, CASEEXPR, CASEWHEN, CASETESTEXPR, ARRAYEXPR, COALESCEEXPR, MINMAXEXPR, NULLTEST, BOOLEANTEST, SUBSCRIPTINGREF | nothing |
const KNOWN: &[&[u8]] = &[
    b"ARRAY",
    b"ARRAYCOERCEEXPR",
    b"ARRAYEXPR",
    b"BOOLEANTEST",
    b"BOOLEXPR",
    b"CASE",
    b"CASEEXPR",
    b"CASETESTEXPR",
    b"CASEWHEN",
    b"COALESCE",
    b"COALESCEEXPR",
    b"COERCETODOMAIN",
    b"COERCEVIAIO",
    b"COLLATE",
    b"COLLATEEXPR",
    b"CONST",
    b"DISTINCTEXPR",
    b"FUNCEXPR",
    b"MINMAX",
    b"MINMAXEXPR",
    b"NULLIFEXPR",
    b"NULLTEST",
    b"OPEXPR",
    b"RELABELTYPE",
    b"SCALARARRAYOPEXPR",
    b"SQLVALUEFUNCTION",
    b"SUBSCRIPTINGREF",
    b"VAR",
    b"WHEN",
];

/// Adds a tree to a key. `None` for a tree that is not of the closed list, or a column without a name.
///
/// None of these nodes holds a string, so a backslash or a quote in the text means that something is not understood.
pub(super) fn put<'a>(key: &mut Key, tree: &str, name: impl Fn(i16) -> Option<&'a str>) -> Option<()> {
    let bytes = tree.as_bytes();
    let mut kept = 0;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\\' | b'"' => return None,
            b'{' => {
                let tag = word(&bytes[at..]);
                KNOWN.binary_search(&tag).ok()?;
                at += tag.len();
            }
            b':' => {
                let field = word(&bytes[at..]);
                let value = at + field.len() + 1;
                match field {
                    b"location" => {
                        key.put_raw(&bytes[kept..at]);
                        kept = value + number(bytes, value)?.1;
                        at = kept;
                    }
                    b"varattno" | b"varattnosyn" => {
                        let (column, length) = number(bytes, value)?;
                        key.put_raw(&bytes[kept..value]);
                        kept = value + length;
                        at = kept;
                        put_column(key, column, field == b"varattnosyn", &name)?;
                    }
                    _ => at += field.len(),
                }
            }
            _ => {}
        }
    }
    key.put_raw(&bytes[kept..]);
    // A length or the end of a tree cannot stand inside one.
    key.put_raw(b"\\");
    Some(())
}

/// System columns keep their number: their names are the same everywhere. Zero is no column only in `varattnosyn`.
fn put_column<'a>(
    key: &mut Key,
    column: i32,
    may_be_none: bool,
    name: &impl Fn(i16) -> Option<&'a str>,
) -> Option<()> {
    match column {
        0 if !may_be_none => None,
        1.. => {
            key.put_raw(b"\\");
            key.put(name(i16::try_from(column).ok()?)?);
            Some(())
        }
        _ => {
            key.put_raw(column.to_string().as_bytes());
            Some(())
        }
    }
}

/// The word that a text begins with.
fn word(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    &bytes[..end.unwrap_or(bytes.len())]
}

/// The number at a place, and how many bytes it has.
fn number(bytes: &[u8], at: usize) -> Option<(i32, usize)> {
    let rest = bytes.get(at..)?;
    let length = rest
        .iter()
        .position(|byte| !byte.is_ascii_digit() && *byte != b'-')
        .unwrap_or(rest.len());
    let text = std::str::from_utf8(&rest[..length]).ok()?;
    Some((text.parse().ok()?, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(tree: &str, names: &[&'static str]) -> Option<Vec<u8>> {
        let mut key = Key::of(b't');
        put(&mut key, tree, |number| names.get(number as usize - 1).copied())?;
        Some(key.0)
    }

    const VAR: &str =
        "{VAR :varno 1 :varattno 2 :vartype 25 :varlevelsup 0 :varnosyn 1 :varattnosyn 2 :location 40}";

    #[test]
    fn places_do_not_matter_and_columns_go_by_name() {
        let one = key(VAR, &["a", "b"]);
        assert!(one.is_some());
        assert_eq!(
            one,
            key(&VAR.replace(":location 40", ":location -1"), &["x", "b"])
        );
        let moved = VAR
            .replace("attno 2", "attno 1")
            .replace("attnosyn 2", "attnosyn 1");
        assert_eq!(one, key(&moved, &["b", "a"]));
        for other in [
            VAR.replace("attno 2", "attno 1"),
            VAR.replace("attnosyn 2", "attnosyn 1"),
            VAR.replace("varno 1", "varno 2"),
            VAR.replace("vartype 25", "vartype 26"),
        ] {
            assert_ne!(one, key(&other, &["a", "b"]), "{other}");
        }
        assert_ne!(one, key(VAR, &["a", "c"]));
    }

    #[test]
    fn what_is_not_understood_has_no_key() {
        for tree in [
            VAR.replace("VAR ", "PARAM "),
            VAR.replace("attno 2", "attno 0"),
            VAR.replace("attno 2", "attno 3"),
            VAR.replace(":vartype 25", ":name a\\{b"),
            VAR.replace(":vartype 25", ":name \"a\""),
            format!("({VAR} {{SUBLINK :subLinkType 0}})"),
        ] {
            assert_eq!(key(&tree, &["a", "b"]), None, "{tree}");
        }
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(KNOWN.is_sorted());
    }
}
