//! Connecting: host after host, encrypted or not as `sslmode` says, never longer than the timeout.

use std::sync::mpsc;
use std::time::Duration;

use postgres::config::{ChannelBinding, SslMode, SslNegotiation};
use postgres::error::{DbError, SqlState};
use postgres::{CancelToken, Client, Config, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::host::Host;
use super::tls::Mode;
use super::{PgError, Target, explain};

/// What a connection was made with, so that its cancel request is made the same way.
#[derive(Clone)]
pub(in crate::pg) enum Encryption {
    Plain,
    Tls(MakeRustlsConnect),
}

impl Encryption {
    /// Sends a cancel request.
    pub(in crate::pg) fn cancel(&self, token: &CancelToken) -> Result<(), Error> {
        match self {
            Encryption::Plain => token.cancel_query(NoTls),
            Encryption::Tls(connector) => token.cancel_query(connector.clone()),
        }
    }
}

/// Takes what the server says beside results.
pub(in crate::pg) type NoticeSink = std::sync::Arc<dyn Fn(DbError) + Send + Sync>;

/// Why one try failed.
pub(super) enum Failure {
    Driver(Error),
    Timeout(Duration),
    WrongKind(&'static str),
}

impl Target {
    /// Connects to the first host that answers and is of the wanted kind.
    pub(in crate::pg) fn connect(
        &self,
        application: &str,
        notices: &NoticeSink,
    ) -> Result<(Client, Encryption), PgError> {
        let wanted = self.given("target_session_attrs").unwrap_or("any");
        // "prefer-standby" goes round twice: standbys first, then anyone.
        let rounds: &[&str] = if wanted == "prefer-standby" {
            &["standby", "any"]
        } else {
            &[wanted]
        };
        let mut last = None;
        for attributes in rounds {
            for host in &self.hosts {
                match self.connect_to(host, application, notices, attributes) {
                    Ok(connected) => return Ok(connected),
                    // Another host would not know the password either; libpq stops here too.
                    Err(Tried::Settings(error)) => return Err(error),
                    Err(Tried::Failed(failure)) => {
                        let is_final = is_password_wrong(&failure);
                        last = Some((host, failure));
                        if is_final {
                            break;
                        }
                    }
                }
            }
        }
        Err(match last {
            Some((host, failure)) => explain::failure(self, host, &failure),
            None => super::settings(
                "the connection string names no host",
                "Name one: postgres://user@host/database.",
            ),
        })
    }

    fn connect_to(
        &self,
        host: &Host,
        application: &str,
        notices: &NoticeSink,
        attributes: &str,
    ) -> Result<(Client, Encryption), Tried> {
        let mut config = self.config(host, application);
        let sink = std::sync::Arc::clone(notices);
        config.notice_callback(move |notice| sink(notice));
        let mut failure = None;
        for ssl_mode in self.encryptions(host) {
            config.ssl_mode(*ssl_mode);
            let encryption = match ssl_mode {
                SslMode::Disable => Encryption::Plain,
                _ => Encryption::Tls(self.connector().map_err(Tried::Settings)?),
            };
            match open(config.clone(), encryption.clone(), self.timeout) {
                Ok(mut client) => {
                    has_attributes(&mut client, attributes)?;
                    return Ok((client, encryption));
                }
                Err(error) => {
                    let goes_on = may_differ_by_encryption(&error);
                    // The first failure says more: the second way is a fallback.
                    failure.get_or_insert(error);
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        Err(Tried::Failed(
            failure.unwrap_or(Failure::WrongKind("it allows no way to connect")),
        ))
    }

    /// Lists the ways to try in order (manual, table 34.1); a Unix socket is never encrypted.
    fn encryptions(&self, host: &Host) -> &'static [SslMode] {
        match self.mode {
            _ if host.is_socket() => &[SslMode::Disable],
            Mode::Disable => &[SslMode::Disable],
            Mode::Allow => &[SslMode::Disable, SslMode::Require],
            Mode::Prefer => &[SslMode::Prefer, SslMode::Disable],
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => &[SslMode::Require],
        }
    }

    fn config(&self, host: &Host, application: &str) -> Config {
        let mut config = Config::new();
        config.user(self.user()).dbname(self.database()).port(host.port);
        if host.is_socket() {
            config.host_path(&host.name);
        } else {
            config.host(&host.name);
        }
        if let Some(address) = host.address {
            config.hostaddr(address);
        }
        let stored = || {
            self.passfile
                .password(host.in_passfile(), host.port, self.database(), self.user())
        };
        if let Some(password) = self.given("password").or_else(stored) {
            config.password(password);
        }
        config.application_name(self.given("application_name").unwrap_or(application));
        if let Some(options) = self.given("options") {
            config.options(options);
        }
        config.channel_binding(match self.given("channel_binding") {
            Some("disable") => ChannelBinding::Disable,
            Some("require") => ChannelBinding::Require,
            _ => ChannelBinding::Prefer,
        });
        if self.given("sslnegotiation") == Some("direct") {
            config.ssl_negotiation(SslNegotiation::Direct);
        }
        self.set_timeouts(&mut config);
        config
    }

    /// Sets keepalives; the defaults find a dead peer within about two minutes, since statements may run for hours.
    fn set_timeouts(&self, config: &mut Config) {
        let positive = |name: &str| {
            self.number(name)
                .and_then(|value| u64::try_from(value).ok())
                .filter(|n| *n > 0)
        };
        if let Some(timeout) = self.timeout {
            config.connect_timeout(timeout);
        }
        if let Some(timeout) = positive("tcp_user_timeout") {
            config.tcp_user_timeout(Duration::from_millis(timeout));
        }
        config.keepalives(self.number("keepalives") != Some(0));
        config.keepalives_idle(Duration::from_secs(positive("keepalives_idle").unwrap_or(60)));
        config.keepalives_interval(Duration::from_secs(positive("keepalives_interval").unwrap_or(15)));
        let count = positive("keepalives_count").unwrap_or(4);
        config.keepalives_retries(u32::try_from(count).unwrap_or(u32::MAX));
    }
}

/// How one host was left: with something that no other host changes, or not.
enum Tried {
    Settings(PgError),
    Failed(Failure),
}

impl From<Failure> for Tried {
    fn from(failure: Failure) -> Self {
        Tried::Failed(failure)
    }
}

/// Connects on a thread of its own, since the driver limits only the time until the socket is open: whatever listens
/// there may then say nothing.
fn open(config: Config, encryption: Encryption, timeout: Option<Duration>) -> Result<Client, Failure> {
    let connect = move || match encryption {
        Encryption::Plain => config.connect(NoTls),
        Encryption::Tls(connector) => config.connect(connector),
    };
    let Some(timeout) = timeout else {
        return connect().map_err(Failure::Driver);
    };
    let (sender, answer) = mpsc::channel();
    std::thread::spawn(move || {
        // Nobody waits for an answer that comes too late; the connection is then closed here.
        let _ = sender.send(connect());
    });
    match answer.recv_timeout(timeout + Duration::from_millis(500)) {
        Ok(answer) => answer.map_err(Failure::Driver),
        Err(_) => Err(Failure::Timeout(timeout)),
    }
}

fn is_password_wrong(failure: &Failure) -> bool {
    matches!(failure, Failure::Driver(error) if error.code() == Some(&SqlState::INVALID_PASSWORD))
}

/// Says whether the other way of the same mode may succeed: TLS failed, or the server's rules want the other way.
fn may_differ_by_encryption(failure: &Failure) -> bool {
    let Failure::Driver(error) = failure else {
        return false;
    };
    error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
        || error.to_string().starts_with("error performing TLS handshake")
}

/// Checks `target_session_attrs` (manual, section 34.1.2).
fn has_attributes(client: &mut Client, wanted: &str) -> Result<(), Failure> {
    if wanted == "any" {
        return Ok(());
    }
    let query =
        "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only') = 'on'";
    let row = client.query_one(query, &[]).map_err(Failure::Driver)?;
    let (is_standby, is_read_only): (bool, bool) = (row.get(0), row.get(1));
    match wanted {
        "read-write" if is_read_only => Err(Failure::WrongKind("it is read-only")),
        "read-only" if !is_read_only => Err(Failure::WrongKind("it is not read-only")),
        "primary" if is_standby => Err(Failure::WrongKind("it is a standby")),
        "standby" if !is_standby => Err(Failure::WrongKind("it is not a standby")),
        _ => Ok(()),
    }
}
