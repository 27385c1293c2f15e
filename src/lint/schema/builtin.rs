//! What every server brings: schemas, functions, types. Facts, taken from the servers themselves.
//!
//! `builtin_functions.txt` and `builtin_types.txt` hold the names of pg_catalog on 13 to 18; a test compares them with
//! every server that it can start.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::LazyLock;

use crate::sql::act::Volatility;

/// Each line: a name and the most volatile of the functions that have it (`pg_proc.provolatile`).
const FUNCTIONS: &str = include_str!("builtin_functions.txt");

/// Each line: the name of a type.
const TYPES: &str = include_str!("builtin_types.txt");

static BY_NAME: LazyLock<HashMap<&'static str, Volatility>> = LazyLock::new(|| {
    FUNCTIONS
        .lines()
        .filter_map(|line| {
            let (name, volatility) = line.split_once(' ')?;
            let volatility = match volatility {
                "i" => Volatility::Immutable,
                "s" => Volatility::Stable,
                _ => Volatility::Volatile,
            };
            Some((name, volatility))
        })
        .collect()
});

static TYPE_NAMES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| TYPES.lines().collect());

/// Returns how volatile the functions of a name in pg_catalog are, or nothing where there is none.
pub fn builtin_function(name: &str) -> Option<Volatility> {
    BY_NAME.get(name).copied()
}

/// Says whether pg_catalog has a type of this name.
pub fn is_builtin_type(name: &str) -> bool {
    TYPE_NAMES.contains(name)
        || matches!(
            name,
            "serial" | "bigserial" | "smallserial" | "serial2" | "serial4" | "serial8"
        )
}

/// Says whether a schema belongs to the server.
pub fn is_system_schema(name: &str) -> bool {
    name == "information_schema" || (name.starts_with("pg_") && name != super::names::TEMPORARY)
}

/// Says whether an unqualified name may be one of pg_catalog's relations.
pub(super) fn is_system_relation(name: &str) -> bool {
    name.starts_with("pg_")
}
