//! Which of the places that may name a database counts.

use std::path::Path;

use super::keyword::{Handling, KEYWORDS, Parameters};
use super::{PgError, Target, service, settings, text};

/// Looks up an environment variable.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment of this process.
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What the connection is for: it decides which variables are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Changing the schema, as the migration role.
    Migration,
    /// What the runtime role does: refreshing materialized views, serving.
    Runtime,
}

/// Finds the database: the option, then `MIGRATION_DATABASE_URL`, then `DATABASE_URL`, then libpq's variables.
///
/// The runtime role skips `MIGRATION_DATABASE_URL`. libpq's variables count only if one of `PGHOST`, `PGSERVICE` and
/// `PGDATABASE` is set: libpq's silent default, the local server and the user's own database, is nothing that a tool
/// which changes schemas should guess.
pub fn resolve(
    option: Option<&str>,
    purpose: Purpose,
    environment: Environment<'_>,
) -> Result<Target, PgError> {
    let set = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
    if let Some(text) = option {
        return from_text(text, "--database-url", environment);
    }
    let variables: &[&str] = match purpose {
        Purpose::Migration => &["MIGRATION_DATABASE_URL", "DATABASE_URL"],
        Purpose::Runtime => &["DATABASE_URL"],
    };
    for name in variables {
        if let Some(text) = set(name) {
            return from_text(&text, name, environment);
        }
    }
    if ["PGHOST", "PGSERVICE", "PGDATABASE"]
        .into_iter()
        .any(|name| set(name).is_some())
    {
        return from_parameters(Parameters::new(), environment);
    }
    let last = variables.join(" nor ");
    Err(settings(
        format!(
            "no database is named: neither --database-url nor {last} nor one of PGHOST, PGSERVICE, PGDATABASE is set"
        ),
        "Pass --database-url postgres://user@host:5432/database, or set one of these variables.",
    ))
}

/// Reads a connection string; what it leaves open comes from service file and environment, as in libpq.
pub(super) fn from_text(text: &str, origin: &str, environment: Environment<'_>) -> Result<Target, PgError> {
    from_parameters(text::parse(text, origin)?, environment)
}

fn from_parameters(mut parameters: Parameters, environment: Environment<'_>) -> Result<Target, PgError> {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    let from = |parameters: &Parameters, name: &'static str, variable: &str| {
        parameters.get(name).cloned().or_else(|| set(variable))
    };
    if let Some(name) = from(&parameters, "service", "PGSERVICE") {
        let file = from(&parameters, "servicefile", "PGSERVICEFILE");
        for (name, value) in service::read(&name, file.as_deref(), environment)? {
            parameters.entry(name).or_insert(value);
        }
    }
    // A host that is written down is not led elsewhere by an address in the environment.
    let has_host = parameters.contains_key("host");
    for keyword in KEYWORDS {
        let skip = has_host && keyword.name == "hostaddr";
        if let Some(value) = keyword.variable.filter(|_| !skip).and_then(set) {
            parameters.entry(keyword.name).or_insert(value);
        }
    }
    // The old spelling of sslmode=require (manual, section 34.15).
    let is_required = parameters
        .get("requiressl")
        .is_some_and(|value| value.starts_with('1'));
    if is_required || set("PGREQUIRESSL").is_some_and(|value| value.starts_with('1')) {
        parameters
            .entry("sslmode")
            .or_insert_with(|| "require".to_owned());
    }
    refuse(&parameters)?;
    if !parameters.contains_key("user") {
        parameters.insert("user", system_user(environment)?);
    }
    if let Some(home) = set("HOME") {
        defaults_below(&mut parameters, Path::new(&home));
    }
    Target::new(parameters)
}

fn refuse(parameters: &Parameters) -> Result<(), PgError> {
    for keyword in KEYWORDS {
        let given = parameters
            .get(keyword.name)
            .is_some_and(|value| !value.is_empty());
        if given && matches!(keyword.handling, Handling::Refused) {
            let variable = keyword
                .variable
                .map(|name| format!(" (or {name})"))
                .unwrap_or_default();
            return Err(settings(
                format!(
                    "cannot honour the connection parameter {}{variable}",
                    keyword.name
                ),
                "Remove it if the connection may do without.",
            ));
        }
    }
    Ok(())
}

/// Names the files that libpq looks for in the home folder, where they exist.
fn defaults_below(parameters: &mut Parameters, home: &Path) {
    let files = [
        ("passfile", ".pgpass"),
        ("sslrootcert", ".postgresql/root.crt"),
        ("sslcert", ".postgresql/postgresql.crt"),
        ("sslkey", ".postgresql/postgresql.key"),
    ];
    for (name, file) in files {
        let path = home.join(file);
        if path.exists() {
            parameters
                .entry(name)
                .or_insert_with(|| path.to_string_lossy().into_owned());
        }
    }
}

/// Returns the name of the account, as libpq asks the system for it.
fn system_user(environment: Environment<'_>) -> Result<String, PgError> {
    let uid = rustix::process::geteuid().as_raw().to_string();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let by_uid = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    });
    by_uid.or_else(|| environment("USER")).ok_or_else(|| {
        settings(
            "the connection string names no user, and this account has no name",
            "Name the user in it.",
        )
    })
}
