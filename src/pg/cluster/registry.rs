//! All servers of this process, so that a signal can end them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::server::Server;
use super::{PgError, failure};

struct Registry {
    servers: Vec<Arc<Server>>,
    closed: bool,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    servers: Vec::new(),
    closed: false,
});

/// Stops every throw-away server of this process and removes its folder, for good: later starts are refused.
///
/// For the thread that handles SIGINT and SIGTERM, just before the process ends. It is ordinary code, not
/// async-signal-safe: call it from a thread that waits for signals, never from a signal handler. A second call does
/// nothing.
pub fn stop_all() {
    let servers = {
        let mut registry = registry();
        registry.closed = true;
        std::mem::take(&mut registry.servers)
    };
    for server in servers {
        server.stop();
    }
}

/// Makes a server and enters it, both under the lock: [`stop_all`] comes before the folder exists or finds it.
pub(super) fn enter(make: impl FnOnce() -> Result<Server, PgError>) -> Result<Arc<Server>, PgError> {
    let mut registry = registry();
    if registry.closed {
        return Err(interrupted());
    }
    let server = Arc::new(make()?);
    registry.servers.push(Arc::clone(&server));
    Ok(server)
}

/// Forgets a server that is stopped.
pub(super) fn leave(server: &Server) {
    registry()
        .servers
        .retain(|entry| !std::ptr::eq(&raw const **entry, server));
}

/// The error of work that an interrupt overtook.
pub(super) fn interrupted() -> PgError {
    failure(
        "the throw-away server was stopped by an interrupt",
        "Run the command again.",
    )
}

fn registry() -> MutexGuard<'static, Registry> {
    // The list stays usable: nothing in this file can panic halfway through a change.
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}
