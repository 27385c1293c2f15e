//! Roles are cluster-wide: a rehearsal creates what the configuration names and removes what a path left behind.

use crate::model::{RoleName, quote_literal};
use crate::pg::{PgError, Session};

/// Creates the roles that do not exist, with LOGIN, as the environments have them before the first revision.
pub fn ensure(session: &mut Session, roles: &[RoleName]) -> Result<Vec<RoleName>, PgError> {
    let mut created = Vec::new();
    for role in roles {
        let known = format!(
            "SELECT FROM pg_catalog.pg_roles WHERE rolname = {}",
            quote_literal(&role.0)
        );
        if session.text_rows(&known)?.is_empty() {
            session.run(&format!("CREATE ROLE {} LOGIN", role.quoted()))?;
            created.push(role.clone());
        }
    }
    Ok(created)
}

/// Returns the roles of the server that are not its own.
pub fn present(session: &mut Session) -> Result<Vec<RoleName>, PgError> {
    let rows =
        session.text_rows("SELECT rolname FROM pg_catalog.pg_roles WHERE oid >= 16384 ORDER BY rolname")?;
    Ok(rows.into_iter().flatten().flatten().map(RoleName).collect())
}

/// Drops roles, so that the next path starts where this one did.
pub fn drop(session: &mut Session, roles: &[RoleName]) -> Result<(), PgError> {
    for role in roles {
        session.run(&format!("DROP ROLE IF EXISTS {}", role.quoted()))?;
    }
    Ok(())
}
