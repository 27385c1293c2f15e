//! SQL that the kinds stored in `pg_type` share; the row is `t`, its schema `n`.

/// The owner of a type.
pub(super) const OWNER: &str = "pg_catalog.pg_get_userbyid(t.typowner)";

/// Rows and joins of a type.
pub(super) const FROM: &str = "pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace";
