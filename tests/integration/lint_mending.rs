//! What `lint --fix` would write: CONCURRENTLY and NOT VALID at the right place, and nothing where it would break the file.

use std::path::Path;

use zerodrift::lint::context::Settings;
use zerodrift::lint::run::{self, About};
use zerodrift::lint::schema::Schema;

/// Text before, whether it runs in one transaction, and the text after every fix; the same where there is none.
const CASES: &[(&str, bool, &str)] = &[
    (
        "CREATE UNIQUE INDEX i ON t (a);",
        false,
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);",
    ),
    (
        "create /* index */ index if not exists \"index\" on s.\"T\" (a)",
        false,
        "create /* index */ index CONCURRENTLY if not exists \"index\" on s.\"T\" (a)",
    ),
    // Inside a transaction CONCURRENTLY fails.
    ("CREATE INDEX i ON t (a);", true, "CREATE INDEX i ON t (a);"),
    ("DROP INDEX i;", false, "DROP INDEX CONCURRENTLY i;"),
    // CONCURRENTLY takes one index and no CASCADE.
    ("DROP INDEX i, j;", false, "DROP INDEX i, j;"),
    ("DROP INDEX i CASCADE;", false, "DROP INDEX i CASCADE;"),
    (
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0), ADD COLUMN b int;",
        true,
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID, ADD COLUMN b int;",
    ),
    (
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id) ON DELETE CASCADE -- why\n;",
        true,
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id) ON DELETE CASCADE NOT VALID -- why\n;",
    ),
    // The constraint of a column takes no NOT VALID.
    (
        "ALTER TABLE t ADD COLUMN b int CHECK (b > 0);",
        true,
        "ALTER TABLE t ADD COLUMN b int CHECK (b > 0);",
    ),
    (
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> '');",
        true,
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> '') NOT VALID;",
    ),
];

fn mended(sql: &str, transactional: bool) -> String {
    let about = About {
        transactional,
        ..About::default()
    };
    let migration = run::migration(0, Path::new("case.sql"), sql, about);
    let found = run::alone(&migration, &Schema::unknown(), &Settings::default());
    let mut text = sql.to_owned();
    let mut fixes: Vec<_> = found.into_iter().filter_map(|found| found.problem.fix).collect();
    fixes.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    for (span, replacement) in fixes {
        text.replace_range(span.start as usize..span.end as usize, &replacement);
    }
    text
}

#[test]
fn fixes_stand_at_the_right_place() {
    for (before, transactional, after) in CASES {
        assert_eq!(mended(before, *transactional), *after, "{before}");
    }
}

#[test]
fn what_was_mended_is_not_found_again() {
    for (before, transactional, after) in CASES {
        if before != after {
            assert_eq!(mended(after, *transactional), *after, "{after}");
        }
    }
}
