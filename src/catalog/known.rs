//! The columns of pg_catalog that the kinds were written for.

use std::collections::BTreeSet;

/// One line per catalog: its name, then its columns on any of the majors 13 to 18. The tests write it from the servers.
const COLUMNS: &str = include_str!("known_columns.txt");

/// Returns `catalog.column` for every column that somebody has judged: it is read, or the ledger in the tests says why not.
pub fn known_columns() -> BTreeSet<String> {
    COLUMNS
        .lines()
        .filter_map(|line| line.split_once(' '))
        .flat_map(|(catalog, columns)| {
            columns
                .split(' ')
                .map(move |column| format!("{catalog}.{column}"))
        })
        .collect()
}
