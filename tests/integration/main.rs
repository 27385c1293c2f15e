//! The integration tests: one binary, one module per area.
#![allow(clippy::unwrap_used, missing_docs)]

mod architecture;
mod cluster;
mod config;
mod connect;
mod session;
mod support;
mod workflow;
