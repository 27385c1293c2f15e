//! SQL that the kinds stored in `pg_class` share.

use super::kind::ParentColumns;

/// The kind of a relation `c`, as its `Kind` is called (manual, chapter 53, "pg_class", `relkind`).
pub(super) const KIND: &str = "CASE c.relkind
            WHEN 'r' THEN 'table'
            WHEN 'p' THEN 'table'
            WHEN 'v' THEN 'view'
            WHEN 'm' THEN 'materialized view'
            WHEN 'f' THEN 'foreign table'
            WHEN 'c' THEN 'composite type'
       END";

/// A relation `c` as the parent.
pub(super) const PARENT: ParentColumns = ParentColumns {
    kind: KIND,
    name: "c.relname",
};

/// The owner of a relation `c`.
pub(super) const OWNER: &str = "pg_catalog.pg_get_userbyid(c.relowner)";

/// The persistence of a relation `c`, NULL for permanent ones. Temporary ones are never read.
pub(super) const PERSISTENCE: &str = "CASE c.relpersistence WHEN 'u' THEN 'unlogged' END";

/// The tablespace of a relation `c`, NULL for the database's own.
pub(super) const TABLESPACE: &str = "CASE WHEN c.reltablespace <> 0 THEN
            (SELECT spc.spcname FROM pg_catalog.pg_tablespace AS spc WHERE spc.oid = c.reltablespace) END";

/// The access method of a relation `c`.
pub(super) const ACCESS_METHOD: &str =
    "(SELECT am.amname FROM pg_catalog.pg_am AS am WHERE am.oid = c.relam)";

/// The storage parameters of the TOAST table of a relation `c`.
pub(super) const TOAST_OPTIONS: &str =
    "(SELECT toast.reloptions FROM pg_catalog.pg_class AS toast WHERE toast.oid = c.reltoastrelid)";
