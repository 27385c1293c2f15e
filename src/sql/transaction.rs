//! What refuses to run inside a transaction, per major version.

use super::statement::Statement;

/// A form of statement that PostgreSQL does not run inside a transaction block.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The form, in the language of [`super::pattern`].
    pub form: &'static str,
    /// Forms that look the same but are allowed.
    pub unless: &'static [&'static str],
    /// The first major version that refuses it.
    pub since: u32,
    /// How the form is called in messages.
    pub name: &'static str,
    /// How long it may wait for locks, and what is left when it fails half-way.
    pub nature: Nature,
}

/// How a statement outside a transaction behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Works in several transactions of its own and waits for old snapshots: `lock_timeout` would leave an invalid
    /// index behind, so it runs without one, under a wait budget.
    Concurrent,
    /// Runs long, but does all or nothing, or parts that are harmless alone.
    Long,
    /// All or nothing as far as the catalog goes.
    Atomic,
}

/// Every `PreventInTransactionBlock` of the server that a statement's first words decide.
///
/// Source: calls of `PreventInTransactionBlock` in `src/backend` of majors 13 to 18, and the notes "cannot be executed
/// inside a transaction block" of each command's manual page. What depends on the catalog (REINDEX of a partitioned
/// table, DROP SUBSCRIPTION with a slot) is decided there, from the server's own error 25001.
pub const REFUSALS: &[Refusal] = &[
    refusal_of(
        "ALTER DATABASE * SET TABLESPACE",
        &[],
        13,
        "ALTER DATABASE … SET TABLESPACE",
        Nature::Atomic,
    ),
    refusal_of(
        "ALTER SUBSCRIPTION + REFRESH PUBLICATION",
        &[],
        13,
        "ALTER SUBSCRIPTION … REFRESH PUBLICATION",
        Nature::Atomic,
    ),
    refusal_of(
        "ALTER SUBSCRIPTION + SET|ADD|DROP PUBLICATION",
        &["ALTER SUBSCRIPTION + SET|ADD|DROP PUBLICATION * REFRESH = FALSE|OFF|0"],
        13,
        "ALTER SUBSCRIPTION … PUBLICATION with refresh",
        Nature::Atomic,
    ),
    refusal_of("ALTER SYSTEM", &[], 13, "ALTER SYSTEM", Nature::Atomic),
    refusal_of(
        "ALTER TABLE * DETACH PARTITION * CONCURRENTLY",
        &[],
        14,
        "ALTER TABLE … DETACH PARTITION … CONCURRENTLY",
        Nature::Long,
    ),
    refusal_of(
        "CLUSTER VERBOSE ?",
        &["CLUSTER VERBOSE ? +"],
        13,
        "CLUSTER without a table",
        Nature::Long,
    ),
    refusal_of(
        "COMMIT|ROLLBACK PREPARED",
        &[],
        13,
        "COMMIT or ROLLBACK PREPARED",
        Nature::Atomic,
    ),
    refusal_of("CREATE DATABASE", &[], 13, "CREATE DATABASE", Nature::Atomic),
    refusal_of(
        "CREATE UNIQUE ? INDEX CONCURRENTLY",
        &[],
        13,
        "CREATE INDEX CONCURRENTLY",
        Nature::Concurrent,
    ),
    refusal_of(
        "CREATE SUBSCRIPTION",
        &[
            "CREATE SUBSCRIPTION * CREATE_SLOT = FALSE|OFF|0",
            "CREATE SUBSCRIPTION * CONNECT = FALSE|OFF|0",
        ],
        13,
        "CREATE SUBSCRIPTION with a replication slot",
        Nature::Atomic,
    ),
    refusal_of("CREATE TABLESPACE", &[], 13, "CREATE TABLESPACE", Nature::Atomic),
    refusal_of("DISCARD ALL", &[], 13, "DISCARD ALL", Nature::Atomic),
    refusal_of("DROP DATABASE", &[], 13, "DROP DATABASE", Nature::Atomic),
    refusal_of(
        "DROP INDEX CONCURRENTLY",
        &[],
        13,
        "DROP INDEX CONCURRENTLY",
        Nature::Concurrent,
    ),
    refusal_of("DROP TABLESPACE", &[], 13, "DROP TABLESPACE", Nature::Atomic),
    refusal_of(
        "REINDEX * CONCURRENTLY",
        &[],
        13,
        "REINDEX CONCURRENTLY",
        Nature::Concurrent,
    ),
    refusal_of(
        "REINDEX DATABASE|SYSTEM|SCHEMA",
        &[],
        13,
        "REINDEX of a schema or database",
        Nature::Long,
    ),
    refusal_of(
        "REINDEX ( * ) DATABASE|SYSTEM|SCHEMA",
        &[],
        13,
        "REINDEX of a schema or database",
        Nature::Long,
    ),
    refusal_of("VACUUM", &[], 13, "VACUUM", Nature::Long),
];

const fn refusal_of(
    form: &'static str,
    unless: &'static [&'static str],
    since: u32,
    name: &'static str,
    nature: Nature,
) -> Refusal {
    Refusal {
        form,
        unless,
        since,
        name,
        nature,
    }
}

/// Finds why `statement` cannot run inside a transaction on a server of `major`.
pub fn refusal(statement: &Statement, major: u32) -> Option<&'static Refusal> {
    REFUSALS.iter().find(|refusal| {
        major >= refusal.since
            && statement.is(refusal.form)
            && !refusal.unless.iter().any(|form| statement.is(form))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_recognised() {
        let cases = [
            (
                "create unique index concurrently if not exists i on t (a)",
                Some("CREATE INDEX CONCURRENTLY"),
            ),
            ("CREATE INDEX concurrently_named ON t (a)", None),
            ("CREATE INDEX i ON t (a)", None),
            (
                "REINDEX (VERBOSE) TABLE CONCURRENTLY t",
                Some("REINDEX CONCURRENTLY"),
            ),
            ("REINDEX (CONCURRENTLY) TABLE t", Some("REINDEX CONCURRENTLY")),
            ("REINDEX TABLE t", None),
            (
                "REINDEX (VERBOSE) SCHEMA s",
                Some("REINDEX of a schema or database"),
            ),
            ("VACUUM (ANALYZE) t", Some("VACUUM")),
            ("ANALYZE t", None),
            ("CLUSTER", Some("CLUSTER without a table")),
            ("CLUSTER VERBOSE", Some("CLUSTER without a table")),
            ("CLUSTER t USING i", None),
            (
                "ALTER TABLE ONLY s.t DETACH PARTITION p CONCURRENTLY",
                Some("ALTER TABLE … DETACH PARTITION … CONCURRENTLY"),
            ),
            ("ALTER TABLE t DETACH PARTITION p", None),
            (
                "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
                Some("CREATE SUBSCRIPTION with a replication slot"),
            ),
            (
                "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = false)",
                None,
            ),
            (
                "ALTER DATABASE d SET TABLESPACE x",
                Some("ALTER DATABASE … SET TABLESPACE"),
            ),
            ("ALTER DATABASE d SET search_path = x", None),
            ("ALTER TYPE e ADD VALUE 'x'", None),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY m", None),
        ];
        for (sql, expected) in cases {
            let statement = Statement::read(sql, 0..sql.len());
            assert_eq!(
                refusal(&statement, 15).map(|refusal| refusal.name),
                expected,
                "{sql}"
            );
        }
        let detach = "ALTER TABLE t DETACH PARTITION p CONCURRENTLY";
        assert!(refusal(&Statement::read(detach, 0..detach.len()), 13).is_none());
    }
}
