//! What must be true before anything runs.

use super::error::ApplyError;
use super::lock;
use super::progress::Progress;
use super::settings::{RolePolicy, Settings};
use crate::ledger::applied::Presence;
use crate::model::{Finding, Level, Outcome};
use crate::pg::{Session, pooler};

/// The oldest major version that works.
const OLDEST: u32 = 13;
/// The newest major version that is tested.
const NEWEST: u32 = 18;

/// What was found out about server, role and ledger.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The major version of the server.
    pub major: u32,
    /// The role that runs the migrations.
    pub role: String,
    /// Whether row security never binds it: superuser or BYPASSRLS itself.
    pub bypasses: bool,
    /// Which ledger tables exist.
    pub presence: Presence,
    /// Our `application_name`. A pool sets it after it has connected, so that RESET ALL takes it away.
    pub application: String,
    /// Settings of the session that hold for its whole life, as SQL.
    pub session_settings: String,
}

/// Settings of a connection that is ours alone, with the first major that knows them (manual, sections 20.3 and 20.11).
///
/// `client_connection_check_interval` lets the server notice a dead client in the middle of a statement; timeouts of
/// idle sessions would cut a run that waits between two attempts.
const CONNECTION: [(&str, &str, u32); 6] = [
    ("idle_in_transaction_session_timeout", "0", 9),
    ("client_connection_check_interval", "2s", 14),
    ("idle_session_timeout", "0", 14),
    ("transaction_timeout", "0", 17),
    ("standard_conforming_strings", "on", 9),
    ("row_security", "off", 9),
];

/// Checks server, role and connection, and takes the migrator lock.
pub fn enter(
    session: &mut Session,
    settings: &Settings,
    progress: &mut dyn Progress,
) -> Result<Facts, ApplyError> {
    let facts = fit(session, settings)?;
    let presence = exclusive(session, settings, progress)?;
    Ok(Facts { presence, ..facts })
}

/// Checks server and role.
pub fn fit(session: &mut Session, settings: &Settings) -> Result<Facts, ApplyError> {
    let facts = look(session, settings)?;
    role(&facts, settings)?;
    Ok(facts)
}

/// Checks that the backend is ours alone, takes the migrator lock, and looks under it which ledger tables exist.
pub fn exclusive(
    session: &mut Session,
    settings: &Settings,
    progress: &mut dyn Progress,
) -> Result<Presence, ApplyError> {
    writable(session)?;
    alone(session)?;
    lock::take(session, settings, progress)
}

/// Refuses a session whose transactions may not write: a run would end at the first row of its ledger.
fn writable(session: &mut Session) -> Result<(), ApplyError> {
    let sql = "SELECT pg_catalog.current_setting('transaction_read_only')";
    let rows = session.text_rows(sql).map_err(|error| ApplyError::Database {
        doing: "prepare the connection",
        error,
    })?;
    if rows.iter().flatten().flatten().all(|value| value == "off") {
        return Ok(());
    }
    let finding = Finding::new("read-only", Level::Error, "transactions of this session are read-only")
        .detail("default_transaction_read_only is on for the server, the database or the role.")
        .hint(
            "Find out who wants it so; then ALTER ROLE … SET default_transaction_read_only = off, or take that setting \
             back where it was made.",
        );
    Err(ApplyError::refused(Outcome::Unfit, finding))
}

/// Refuses a backend that other clients share between transactions.
pub fn alone(session: &mut Session) -> Result<(), ApplyError> {
    let shared = pooler::shares_backend(session).map_err(|error| ApplyError::Database {
        doing: "check for a pooler",
        error,
    })?;
    if shared {
        let finding = Finding::new("transaction-pooler", Level::Error, "connection goes through a transaction pooler")
            .detail("Another connection was given our backend: the migrator lock and the settings of the session would be shared.")
            .hint("Connect to the server itself, or to a pool in session mode.");
        return Err(ApplyError::refused(Outcome::Unfit, finding));
    }
    Ok(())
}

/// Finds out about server and role, and makes the connection ours. Nothing is locked.
pub fn look(session: &mut Session, settings: &Settings) -> Result<Facts, ApplyError> {
    let major = session.server().major();
    server(session, settings)?;
    let session_settings = connection_settings(session, major)?;
    let sql = format!(
        "{session_settings}SELECT rolname, (rolsuper OR rolbypassrls)::text, pg_catalog.pg_is_in_recovery()::text, \
         pg_catalog.current_setting('application_name'), {}\n\
         FROM pg_catalog.pg_roles WHERE rolname = current_user",
        Presence::columns(&settings.history_table)
    );
    let rows = session.text_rows(&sql).map_err(|error| ApplyError::Database {
        doing: "prepare the connection",
        error,
    })?;
    let row = rows.into_iter().next().unwrap_or_default();
    let column = |index: usize| row.get(index).and_then(Option::as_deref).unwrap_or_default();
    if column(2) == "true" {
        let finding = Finding::new("standby", Level::Error, "server is a standby")
            .hint("Connect to the primary: target_session_attrs=read-write in the URL does it.");
        return Err(ApplyError::refused(Outcome::Unfit, finding));
    }
    Ok(Facts {
        major,
        role: column(0).to_owned(),
        bypasses: column(1) == "true",
        presence: Presence::of(row.get(4..).unwrap_or_default()),
        application: column(3).to_owned(),
        session_settings,
    })
}

/// Returns the settings of a connection that is ours alone, for a server of `major`.
pub fn session_settings(major: u32) -> String {
    CONNECTION
        .iter()
        .filter(|(_, _, since)| major >= *since)
        .map(|(name, value, _)| format!("SET {name} = '{value}';\n"))
        .collect()
}

/// Sets what the server takes: some platforms cannot notice a dead client (manual, section 20.3, error 22023).
fn connection_settings(session: &mut Session, major: u32) -> Result<String, ApplyError> {
    let known = CONNECTION.iter().filter(|(_, _, since)| major >= *since);
    let all: Vec<(&str, String)> = known
        .map(|(name, value, _)| (*name, format!("SET {name} = '{value}';\n")))
        .collect();
    let join = |without: &str| -> String {
        all.iter()
            .filter(|(name, _)| *name != without)
            .map(|(_, sql)| sql.as_str())
            .collect()
    };
    let everything = join("");
    match session.run(&everything) {
        Ok(_) => Ok(everything),
        Err(error) if error.sqlstate() == Some("22023") => Ok(join("client_connection_check_interval")),
        Err(error) => Err(ApplyError::Database {
            doing: "prepare the connection",
            error,
        }),
    }
}

fn server(session: &Session, settings: &Settings) -> Result<(), ApplyError> {
    let version = session.server();
    let refused = |message: String, hint: &str| {
        Err(ApplyError::refused(
            Outcome::Unfit,
            Finding::new("server-version", Level::Error, message).hint(hint),
        ))
    };
    if version.major() < OLDEST {
        return refused(
            format!("server {version} is too old"),
            "PostgreSQL 13 to 18 are supported; upgrade the server first.",
        );
    }
    if version.major() > NEWEST && !settings.allow_untested_server {
        return refused(
            format!("server {version} is newer than PostgreSQL {NEWEST}, the newest tested"),
            "Rehearse on this major version, then run again with --allow-untested-server.",
        );
    }
    Ok(())
}

/// Policy P1-A: the role bypasses row security by an attribute of its own; membership in such a role does not count,
/// because attributes are never inherited (manual, section 22.3).
pub fn role(facts: &Facts, settings: &Settings) -> Result<(), ApplyError> {
    if facts.bypasses || settings.role_policy == RolePolicy::Owner {
        return Ok(());
    }
    let finding = Finding::new(
        "role-bound-by-row-security",
        Level::Error,
        format!("role \"{}\" is neither superuser nor BYPASSRLS", facts.role),
    )
    .object(facts.role.as_str())
    .detail(
        "Row security can hide rows from this role: a data migration would touch too few of them. Membership in a \
         role with BYPASSRLS does not count.",
    )
    .hint(
        "Connect through MIGRATION_DATABASE_URL as a superuser or a role with BYPASSRLS, or, where every statement on \
         a table with row security is guarded, use --role-policy owner.",
    );
    Err(ApplyError::refused(Outcome::Unfit, finding))
}
