//! A server and a database, ready to connect to.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_postgres_rustls::MakeRustlsConnect;

use super::host::{self, Host};
use super::keyword::Parameters;
use super::passfile::Passfile;
use super::source::{self, process_environment};
use super::tls::{self, Mode};
use super::{PgError, settings};

/// How long one host may take to answer if nobody says otherwise; libpq would wait for the operating system.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server and a database, ready to connect to.
#[derive(Clone)]
pub struct Target {
    pub(super) parameters: Parameters,
    pub(super) hosts: Vec<Host>,
    pub(super) mode: Mode,
    pub(super) passfile: Passfile,
    pub(super) timeout: Option<Duration>,
    /// Built on first use, since it may read many certificates.
    connector: Arc<OnceLock<MakeRustlsConnect>>,
}

impl Target {
    /// Parses a libpq URL or keyword string; what it leaves open comes from the process's environment, as in libpq.
    pub fn parse(text: &str) -> Result<Self, PgError> {
        source::from_text(text, "the connection string", &process_environment)
    }

    /// Returns a database behind the socket in `folder`, without regard to the environment.
    pub(in crate::pg) fn socket(folder: &Path, port: u16, user: &str, database: &str) -> Self {
        let folder = folder.to_string_lossy().into_owned();
        Target {
            parameters: Parameters::from([("user", user.to_owned()), ("dbname", database.to_owned())]),
            hosts: vec![Host {
                name: folder,
                address: None,
                port,
            }],
            mode: Mode::Disable,
            passfile: Passfile::default(),
            timeout: Some(PATIENCE),
            connector: Arc::default(),
        }
    }

    /// Checks parameters that are complete.
    pub(super) fn new(parameters: Parameters) -> Result<Self, PgError> {
        let one_of = |name: &str, known: &[&str]| match parameters.get(name).map(String::as_str) {
            Some(value) if !known.contains(&value) => Err(settings(
                format!("{name} \"{value}\" is not known or not supported"),
                format!("Write one of {}.", known.join(", ")),
            )),
            _ => Ok(()),
        };
        one_of("channel_binding", &["disable", "prefer", "require"])?;
        // Kerberos encryption is not supported, and nobody misses what "prefer" would add.
        one_of("gssencmode", &["disable", "prefer"])?;
        one_of("sslcertmode", &["disable", "allow", "require"])?;
        one_of("sslnegotiation", &["postgres", "direct"])?;
        one_of(
            "target_session_attrs",
            &[
                "any",
                "read-write",
                "read-only",
                "primary",
                "standby",
                "prefer-standby",
            ],
        )?;
        for name in [
            "keepalives",
            "keepalives_count",
            "keepalives_idle",
            "keepalives_interval",
            "tcp_user_timeout",
        ] {
            number(&parameters, name)?;
        }
        let mode = Mode::of(&parameters)?;
        if parameters
            .get("sslnegotiation")
            .is_some_and(|value| value == "direct")
            && mode < Mode::Require
        {
            return Err(settings(
                "sslnegotiation=direct needs sslmode=require or stronger",
                "Set sslmode=verify-full, or remove sslnegotiation.",
            ));
        }
        let timeout = match number(&parameters, "connect_timeout")? {
            None => Some(PATIENCE),
            // libpq: zero and less mean no limit, one second is rounded up to two.
            Some(seconds) if seconds <= 0 => None,
            Some(seconds) => Some(Duration::from_secs(seconds.max(2).unsigned_abs())),
        };
        let passfile = parameters
            .get("passfile")
            .map(|path| Passfile::read(Path::new(path)))
            .unwrap_or_default();
        Ok(Target {
            hosts: host::list(&parameters)?,
            mode,
            passfile,
            timeout,
            connector: Arc::default(),
            parameters,
        })
    }

    /// Returns the same server with another database.
    pub fn with_database(&self, database: &str) -> Self {
        let mut target = self.clone();
        target.parameters.insert("dbname", database.to_owned());
        target
    }

    /// Returns the same server and database as another role; a password written down stays the same.
    pub fn with_user(&self, user: &str) -> Self {
        let mut target = self.clone();
        target.parameters.insert("user", user.to_owned());
        target
    }

    /// Returns the name of the role.
    pub fn user(&self) -> &str {
        self.parameters.get("user").map_or("", String::as_str)
    }

    /// Returns the name of the database; libpq's default is the role's.
    pub fn database(&self) -> &str {
        self.parameters
            .get("dbname")
            .map_or_else(|| self.user(), String::as_str)
    }

    /// Returns the TLS set-up, read once.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, PgError> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector.clone());
        }
        let connector = tls::connector(self.mode, &self.parameters)?;
        Ok(self.connector.get_or_init(|| connector).clone())
    }

    /// Returns a whole number that was checked when the target was made.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        number(&self.parameters, name).ok().flatten()
    }

    /// Returns the parameter, if it is given and not empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.parameters
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

fn number(parameters: &Parameters, name: &str) -> Result<Option<i64>, PgError> {
    match parameters.get(name).map(|text| text.trim()) {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            settings(
                format!("{name} \"{text}\" is not a whole number"),
                format!("Correct {name}."),
            )
        }),
    }
}

impl fmt::Display for Target {
    /// Shows user, hosts, ports and database, never a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@", self.user())?;
        for (index, host) in self.hosts.iter().enumerate() {
            write!(f, "{}{host}", if index == 0 { "" } else { "," })?;
        }
        write!(f, "/{}", self.database())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}
