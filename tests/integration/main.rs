//! The integration tests: one binary, one module per area.
#![allow(clippy::unwrap_used, missing_docs)]

mod architecture;
mod cluster;
mod config;
mod graph;
mod graph_commands;
mod load;
mod support;
mod workflow;
