//! What a failed connection means, and what to do next.

use std::error::Error as _;
use std::io::ErrorKind;

use postgres::Error;

use super::attempt::Failure;
use super::host::Host;
use super::{PgError, Target};

/// Turns the failure at one host into an error.
pub(super) fn failure(target: &Target, host: &Host, failure: &Failure) -> PgError {
    let (cause, sqlstate, hint) = match failure {
        Failure::Driver(error) => driver(target, host, error),
        Failure::Timeout(limit) => (
            format!("no answer within {} s", limit.as_secs()),
            None,
            Some(format!(
                "Check that a PostgreSQL server listens at {host} and no firewall is between; connect_timeout changes \
                 the limit."
            )),
        ),
        Failure::WrongKind(what) => (
            (*what).to_owned(),
            None,
            Some("Correct target_session_attrs, or name a host of the wanted kind.".to_owned()),
        ),
    };
    PgError::Connect {
        target: target.to_string(),
        cause,
        sqlstate,
        hint,
    }
}

type Explanation = (String, Option<String>, Option<String>);

fn driver(target: &Target, host: &Host, error: &Error) -> Explanation {
    if let Some(report) = error.as_db_error() {
        let code = report.code().code().to_owned();
        let hint = server_hint(target, host, &code, report.message());
        return (
            report.message().to_owned(),
            Some(code),
            hint.or_else(|| report.hint().map(str::to_owned)),
        );
    }
    let cause = chain(error);
    let hint = io_hint(host, error).or_else(|| client_hint(target, host, &cause));
    (cause, None, hint)
}

/// Explains the answers of a server (manual, appendix A).
fn server_hint(target: &Target, host: &Host, sqlstate: &str, message: &str) -> Option<String> {
    let (user, database) = (target.user(), target.database());
    Some(match sqlstate {
        "28P01" => password_hint(target, host),
        "28000" if message.contains("pg_hba.conf") => format!(
            "The server's pg_hba.conf has no line for user \"{user}\", database \"{database}\" and this address{}. Ask \
             its administrator for one.",
            // Up to major 13 the server writes "SSL off".
            if message.contains("no encryption") || message.contains("SSL off") {
                " without encryption; try sslmode=require"
            } else {
                ""
            }
        ),
        "28000" => {
            format!("Check that role \"{user}\" exists and may log in, and that it is the right server.")
        }
        "3D000" => format!("Check the name, or create the database: CREATE DATABASE \"{database}\"."),
        "42501" => format!("Grant it: GRANT CONNECT ON DATABASE \"{database}\" TO \"{user}\"."),
        "53300" => "All connections are taken. Close some, or raise max_connections.".to_owned(),
        "57P03" => "The server is starting or stopping. Try again in a moment.".to_owned(),
        _ => return None,
    })
}

fn password_hint(target: &Target, host: &Host) -> String {
    let user = target.user();
    let file = target.given("passfile");
    if target.given("password").is_some() {
        return format!("Check the password of \"{user}\" in the connection string or PGPASSWORD.");
    }
    match file {
        Some(file) => format!("Check the line for {host} and user \"{user}\" in {file}."),
        None => format!("Check the password of \"{user}\"."),
    }
}

fn io_hint(host: &Host, error: &Error) -> Option<String> {
    let io = error.source()?.downcast_ref::<std::io::Error>()?;
    let port = host.port;
    Some(match io.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused if host.is_socket() => {
            format!(
                "No server listens at the socket {}/.s.PGSQL.{port}. Is it running, and is this its folder?",
                host.name
            )
        }
        ErrorKind::ConnectionRefused => {
            format!("No server listens at {host}. Check host and port, and listen_addresses of the server.")
        }
        ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            format!("Check that {host} can be reached from here and no firewall is between.")
        }
        ErrorKind::PermissionDenied => format!("This user may not enter {}.", host.name),
        _ if io.to_string().contains("lookup") => format!("Check the name \"{}\".", host.name),
        _ => return None,
    })
}

/// Explains what this side refused or did not understand.
fn client_hint(target: &Target, host: &Host, cause: &str) -> Option<String> {
    let has = |part: &str| cause.contains(part);
    if has("password missing") {
        let problem = target
            .passfile
            .problem
            .as_ref()
            .map(|problem| format!(" {problem}."))
            .unwrap_or_default();
        return Some(format!(
            "The server asks for the password of \"{}\": set PGPASSWORD, or add a line to the password file.{problem}",
            target.user()
        ));
    }
    Some(if has("server does not support TLS") {
        "The server has TLS switched off (ssl = off). Switch it on, or set sslmode=prefer if the network is trusted.".to_owned()
    } else if has("NotValidForName") || has("not valid for name") {
        format!(
            "The certificate is for another name than \"{}\". Connect by the name in its subjectAltName (the common \
             name alone does not count), or set sslmode=verify-ca.",
            host.name
        )
    } else if has("UnknownIssuer") {
        "Set sslrootcert to the certificate of the authority that signed the server's.".to_owned()
    } else if has("Expired") || has("expired") {
        "The server's certificate has expired: renew it, or check this machine's clock.".to_owned()
    } else if has("CaUsedAsEndEntity") {
        "Put the server's certificate itself into sslrootcert, or sign one that is not an authority."
            .to_owned()
    } else if has("TLS") {
        "Check the ssl parameters of the connection and of the server.".to_owned()
    } else if has("unexpected message")
        || has("parsing response")
        || has("communicating")
        || has("connection closed")
    {
        format!("What listens at {host} does not answer like a PostgreSQL server. Check host and port.")
    } else {
        return None;
    })
}

/// Joins an error and its causes; the driver names only the outermost by itself.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
