//! The hosts of a connection string, each with its port.

use std::net::IpAddr;
use std::path::Path;

use super::keyword::Parameters;
use super::{PgError, settings};

/// The port of PostgreSQL (manual, section 34.1.2).
const PORT: u16 = 5432;

/// One server to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// A name, an address, or the folder of a socket.
    pub name: String,
    /// The address to use instead of asking for the name's.
    pub address: Option<IpAddr>,
    pub port: u16,
}

impl Host {
    /// Says whether this is the folder of a Unix socket.
    pub(super) fn is_socket(&self) -> bool {
        self.name.starts_with('/')
    }

    /// Returns the host as a password file names it: the default socket folder is called localhost.
    pub(super) fn in_passfile(&self) -> &str {
        if SOCKET_FOLDERS.contains(&self.name.as_str()) {
            "localhost"
        } else {
            &self.name
        }
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_socket() {
            write!(f, "{}", self.name)?;
            return if self.port == PORT {
                Ok(())
            } else {
                write!(f, ":{}", self.port)
            };
        }
        if self.name.contains(':') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}

/// Where servers put their socket: Debian and its kin, then the rest (manual, section 34.1.2, `host`).
const SOCKET_FOLDERS: &[&str] = &["/var/run/postgresql", "/run/postgresql", "/tmp"];

/// Pairs the lists of `host`, `hostaddr` and `port` as libpq does (manual, section 34.1.1.3).
pub(super) fn list(parameters: &Parameters) -> Result<Vec<Host>, PgError> {
    let items = |name: &str| -> Vec<String> {
        parameters
            .get(name)
            .map(|text| text.split(',').map(|item| item.trim().to_owned()).collect())
            .unwrap_or_default()
    };
    let (names, addresses, ports) = (items("host"), items("hostaddr"), items("port"));
    let count = names.len().max(addresses.len()).max(1);
    for (keyword, list, one_for_all) in [
        ("host", &names, false),
        ("hostaddr", &addresses, false),
        ("port", &ports, true),
    ] {
        let fits = list.is_empty() || list.len() == count || (one_for_all && list.len() == 1);
        if !fits {
            return Err(settings(
                format!(
                    "the connection string has {} values for {keyword} and {count} hosts",
                    list.len()
                ),
                "Give each host its own value, or one port for all of them.",
            ));
        }
    }
    (0..count)
        .map(|index| {
            let port = port(ports.get(if ports.len() == 1 { 0 } else { index }))?;
            let address = address(addresses.get(index))?;
            let name = names.get(index).filter(|name| !name.is_empty()).cloned();
            let name = name.or_else(|| address.map(|address| address.to_string()));
            Ok(Host {
                name: name.unwrap_or_else(|| socket_folder(port)),
                address,
                port,
            })
        })
        .collect()
}

fn port(text: Option<&String>) -> Result<u16, PgError> {
    match text.map(String::as_str) {
        None | Some("") => Ok(PORT),
        Some(text) => text.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
            settings(
                format!("port \"{text}\" is not a number from 1 to 65535"),
                "Correct the port.",
            )
        }),
    }
}

fn address(text: Option<&String>) -> Result<Option<IpAddr>, PgError> {
    match text.map(String::as_str) {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            settings(
                format!("hostaddr \"{text}\" is not an IP address"),
                "Write a name into host instead.",
            )
        }),
    }
}

fn socket_folder(port: u16) -> String {
    let has_socket = |folder: &&&str| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists();
    (*SOCKET_FOLDERS
        .iter()
        .find(has_socket)
        .unwrap_or(&SOCKET_FOLDERS[0]))
    .to_owned()
}
