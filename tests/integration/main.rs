//! The integration tests: one binary, one module per area.
#![allow(clippy::unwrap_used, missing_docs)]

mod architecture;
mod config;
mod graph;
mod load;
mod workflow;
