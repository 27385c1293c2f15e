//! Names that PostgreSQL chooses, types as they compare, search paths as text.

use std::sync::Arc;

use super::super::{ColumnType, Schema};
use crate::sql::act::TypeName;

/// The longest name in bytes (NAMEDATALEN - 1).
const LONGEST: usize = 63;

/// Makes a name as PostgreSQL does (`makeObjectName` in indexcmds.c): table, columns and label joined by `_`, the
/// longer of the first two cut until all fits.
pub(super) fn object_name(table: &str, columns: &str, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(!columns.is_empty());
    let room = LONGEST.saturating_sub(overhead);
    let (mut first, mut second) = (table.len(), columns.len());
    while first + second > room {
        if first > second {
            first -= 1;
        } else {
            second -= 1;
        }
    }
    let (first, second) = (clipped(table, first), clipped(columns, second));
    if columns.is_empty() {
        format!("{first}_{label}")
    } else {
        format!("{first}_{second}_{label}")
    }
}

fn clipped(text: &str, mut length: usize) -> &str {
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    &text[..length]
}

/// Makes a name that is not taken (`ChooseRelationName`): a number follows the label where it is.
pub(super) fn free_name(table: &str, columns: &str, label: &str, taken: impl Fn(&str) -> bool) -> Arc<str> {
    let mut name = object_name(table, columns, label);
    let mut number = 0;
    while taken(&name) {
        number += 1;
        name = object_name(table, columns, &format!("{label}{number}"));
    }
    name.into()
}

/// Returns a type as columns hold it: serial types are the integers below them.
pub(in crate::lint) fn column_type(schema: &Schema, written: &TypeName) -> ColumnType {
    let name: Arc<str> = match (&written.name.schema, written.name.name.as_str()) {
        (None, "serial" | "serial4") => "int4".into(),
        (None, "bigserial" | "serial8") => "int8".into(),
        (None, "smallserial" | "serial2") => "int2".into(),
        (None, name) => match schema.type_(&written.name) {
            super::Found::Known(found) => found.key.to_string().into(),
            _ => name.into(),
        },
        (Some(schema), name) => format!("{schema}.{name}").into(),
    };
    ColumnType {
        name,
        modifiers: written.modifiers.clone(),
        dimensions: written.dimensions,
    }
}

/// Says whether two lists of argument types are those of one routine.
pub(in crate::lint) fn same_arguments(left: &[TypeName], right: &[TypeName]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| {
            left.name.name == right.name.name
                && left.dimensions.min(1) == right.dimensions.min(1)
                && (left.name.schema == right.name.schema
                    || left.name.schema.is_none()
                    || right.name.schema.is_none())
        })
}

/// Reads the value of search_path.
pub fn path(text: &str) -> Vec<Arc<str>> {
    text.split(',')
        .map(|part| crate::sql::name::fold(part.trim().trim_matches('\'')))
        .filter(|part| !part.is_empty() && part != "$user" && part != "pg_catalog" && part != "pg_temp")
        .map(Arc::from)
        .collect()
}

/// The name that an object goes by which is no relation, type or function: without "public".
pub(super) fn other_name(name: &crate::sql::WrittenName) -> String {
    match name.schema.as_deref() {
        Some("public") => name.name.clone(),
        _ => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_server_chooses() {
        assert_eq!(object_name("t", "a", "key"), "t_a_key");
        assert_eq!(object_name("t", "", "pkey"), "t_pkey");
        let long = "a".repeat(63);
        assert_eq!(
            object_name(&long, "b", "idx"),
            format!("{}_b_idx", "a".repeat(57))
        );
        assert_eq!(object_name(&long, &long, "fkey").len(), 63);
        assert_eq!(&*free_name("t", "a", "idx", |name| name == "t_a_idx"), "t_a_idx1");
    }
}
