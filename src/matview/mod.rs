//! Materialized views: the declared registry against what a database holds.
//!
//! In: the registry of the configuration and a session. Out: findings. The expected set is declared, never inferred
//! from the database: a registry that is made to match a broken database proves nothing.

mod registry;

pub use registry::{Entry, Registry, Source, check, compare};
