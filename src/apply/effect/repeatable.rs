//! What has the same effect however often it runs.

use super::{Found, Kind};

pub(super) const KIND: Kind = Kind {
    forms: &[
        "VACUUM",
        "ANALYZE",
        "CLUSTER",
        "REINDEX",
        "ALTER SYSTEM",
        "ALTER DATABASE * SET TABLESPACE",
        "ALTER SUBSCRIPTION + REFRESH PUBLICATION",
        "ALTER SUBSCRIPTION + SET PUBLICATION",
    ],
    before: |_| None,
    find: |_, _| Ok(Found::Nothing("To do it again does no harm.".to_owned())),
};
