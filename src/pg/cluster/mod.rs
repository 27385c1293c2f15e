//! Throw-away PostgreSQL servers.
//!
//! In: which major version is wanted. Out: a running server that only its starter can reach, and that is gone,
//! process and folder, when the value is dropped.
//!
//! ```text
//! binaries ──► run folder ──► seed ──► postgres ──► Cluster
//! (where is    (tmpfs if it   (initdb, (private      (databases, and
//!  it?)         has room)      cached)  socket)       the end)
//! ```
//!
//! Nothing survives us, each way to die having its own guard:
//! a value dropped or a panic unwinding: `Drop`; SIGINT and SIGTERM: [`stop_all`], called by whoever handles signals;
//! SIGKILL: the kernel sends the server SIGQUIT when we die (Linux), and the next start sweeps the folder.
//! A folder belongs to a living process as long as that process holds the lock in it, so neither a reused process id
//! nor another container's process ids can mislead the sweep.
//!
//! Never here: a server of the user's. A place where distributions put binaries is one line in `binaries.rs`.

mod account;
mod binaries;
mod cache;
mod folder;
mod pack;
mod process;
mod registry;
mod seed;
mod server;
mod settings;
mod throwaway;

pub use cache::{cache_folder, is_own, keep};
pub use registry::stop_all;
pub use throwaway::{Cluster, ClusterOptions, version};

use super::PgError;

/// Makes the one kind of error of this folder.
fn failure(message: impl Into<String>, hint: impl Into<String>) -> PgError {
    PgError::Cluster {
        message: message.into(),
        hint: hint.into(),
    }
}
