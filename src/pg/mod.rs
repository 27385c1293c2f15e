//! The border to PostgreSQL servers: connection strings, sessions, throw-away clusters.
//!
//! In: where to connect to and SQL text. Out: rows, counts, notices and errors with SQLSTATE and position.
//! Nothing above this folder names the driver. Add a setting of the session in `session.rs`.

pub mod advisory_lock;
pub mod backend;
pub mod cluster;
pub mod connect;
pub mod error;
#[cfg(debug_assertions)]
mod fault_point;
pub mod interrupt;
pub mod pooler;
pub mod role;
pub mod session;

pub use backend::Backend;
pub use cluster::{Cluster, ClusterOptions};
pub use connect::Target;
pub use error::{PgError, SqlError};
pub use postgres::Row;
pub use postgres::types::{FromSql, ToSql};
pub use role::CurrentRole;
pub use session::{Canceller, Notice, ServerVersion, Session};
