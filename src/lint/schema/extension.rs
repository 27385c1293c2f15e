//! What extensions bring: types, operator classes, functions. Facts, taken from a server with contrib; those of postgis,
//! timescaledb and vector from their manuals.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Each line: an extension, `type`, `class` or `function`, and a name that no server has without it.
const OBJECTS: &str = include_str!("extension_objects.txt");

static BY_NAME: LazyLock<HashMap<(&'static str, &'static str), &'static str>> = LazyLock::new(|| {
    OBJECTS
        .lines()
        .filter_map(|line| {
            let (extension, rest) = line.split_once(' ')?;
            Some((rest.split_once(' ')?, extension))
        })
        .collect()
});

/// Returns the extension that brings a `type`, `class` or `function` of this name.
pub(super) fn extension_of(sort: &str, name: &str) -> Option<&'static str> {
    BY_NAME.get(&(sort, name)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_sorted_and_none_is_builtin() {
        let lines: Vec<&str> = OBJECTS.lines().collect();
        assert!(lines.is_sorted() && lines.len() == BY_NAME.len());
        for (sort, name) in BY_NAME.keys() {
            let builtin = match *sort {
                "type" => crate::lint::schema::is_builtin_type(name),
                "function" => crate::lint::schema::builtin_function(name).is_some(),
                _ => false,
            };
            assert!(!builtin, "{sort} {name}");
        }
        assert_eq!(extension_of("type", "citext"), Some("citext"));
        assert_eq!(extension_of("class", "gin_trgm_ops"), Some("pg_trgm"));
    }
}
