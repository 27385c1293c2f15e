//! From what a user wrote to a connection: strings, sources, files, and real servers that say no.

mod encryption;
mod refusals;
mod strings;

/// The port of a server on 127.0.0.1 that asks role "app" for the password "right".
pub fn network_port() -> u16 {
    encryption::network_server().port
}
