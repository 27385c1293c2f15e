//! Who we are for the server, and what that allows.

use super::{PgError, Session};
use crate::model::RoleName;

/// The current role with its own attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // As the catalog has them (manual, section 53.8, pg_authid).
pub struct CurrentRole {
    /// `current_user`.
    pub name: RoleName,
    /// `session_user`: who logged in; another one after SET ROLE.
    pub session: RoleName,
    /// Bypasses every permission check.
    pub superuser: bool,
    /// Row security does not bind it. Attributes are never inherited, so a membership does not give this.
    pub bypass_rls: bool,
    /// May create roles.
    pub create_role: bool,
    /// May create databases.
    pub create_database: bool,
    /// The roles that it is a member of, directly or through others, sorted by name.
    pub memberships: Vec<Membership>,
}

/// One role that the current role is a member of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The role.
    pub role: RoleName,
    /// Its privileges, such as those of an owner, count without SET ROLE.
    pub inherited: bool,
    /// It has attributes that the member does not get: SUPERUSER or BYPASSRLS.
    pub bypasses_row_security: bool,
}

impl CurrentRole {
    /// Says whether row security leaves this role alone (policy P1-A).
    pub fn bypasses_row_security(&self) -> bool {
        self.superuser || self.bypass_rls
    }

    /// Says whether the role may alter what `owner` owns: as superuser, as the owner, or by an inherited membership.
    pub fn acts_as(&self, owner: &RoleName) -> bool {
        let inherits = |membership: &Membership| membership.inherited && membership.role == *owner;
        self.superuser || self.name == *owner || self.memberships.iter().any(inherits)
    }
}

const ROLE: &str = "
SELECT
    current_user::pg_catalog.text,
    session_user::pg_catalog.text,
    r.rolsuper::pg_catalog.text,
    r.rolbypassrls::pg_catalog.text,
    r.rolcreaterole::pg_catalog.text,
    r.rolcreatedb::pg_catalog.text
FROM pg_catalog.pg_roles r
WHERE r.rolname = current_user
ORDER BY 1";

// pg_has_role says yes to everything for a superuser, hence the walk through the memberships themselves.
const MEMBERSHIPS: &str = "
WITH RECURSIVE member (roleid) AS (
    SELECT m.roleid
    FROM pg_catalog.pg_auth_members m
    JOIN pg_catalog.pg_roles r ON r.oid = m.member
    WHERE r.rolname = current_user
    UNION
    SELECT m.roleid
    FROM pg_catalog.pg_auth_members m
    JOIN member ON m.member = member.roleid
)
SELECT
    r.rolname::pg_catalog.text,
    pg_catalog.pg_has_role(current_user, r.oid, 'USAGE')::pg_catalog.text,
    (r.rolsuper OR r.rolbypassrls)::pg_catalog.text
FROM member
JOIN pg_catalog.pg_roles r ON r.oid = member.roleid
ORDER BY r.rolname COLLATE \"C\"";

/// Reads the current role.
pub fn current(session: &mut Session) -> Result<CurrentRole, PgError> {
    let rows = session.text_rows(ROLE)?;
    let row = rows.into_iter().next().unwrap_or_default();
    let text = |index: usize| row.get(index).cloned().flatten().unwrap_or_default();
    let flag = |index: usize| text(index) == "true";
    let memberships = session
        .text_rows(MEMBERSHIPS)?
        .into_iter()
        .map(membership)
        .collect();
    Ok(CurrentRole {
        name: RoleName(text(0)),
        session: RoleName(text(1)),
        superuser: flag(2),
        bypass_rls: flag(3),
        create_role: flag(4),
        create_database: flag(5),
        memberships,
    })
}

fn membership(row: Vec<Option<String>>) -> Membership {
    let mut fields = row.into_iter().map(Option::unwrap_or_default);
    let mut next = || fields.next().unwrap_or_default();
    Membership {
        role: RoleName(next()),
        inherited: next() == "true",
        bypasses_row_security: next() == "true",
    }
}
