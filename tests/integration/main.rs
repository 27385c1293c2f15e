//! The integration tests: one binary, one module per area.
#![allow(clippy::unwrap_used, missing_docs)]

mod apply;
mod architecture;
mod batched;
mod catalog;
mod cluster;
mod config;
mod connect;
mod drift;
mod fixtures;
mod graph;
mod graph_commands;
mod ledger;
mod load;
mod plan;
mod rehearsal;
mod row_security;
mod session;
mod snapshot;
mod sql;
mod standalone;
mod support;
mod workflow;
