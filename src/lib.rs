//! zerodrift: a migration framework and schema-drift linter for PostgreSQL.
//!
//! The flow is the folder list: load → graph → lint → plan → apply → introspect → snapshot → diff → report.
//! Imports point down only; `ARCHITECTURE.md` holds the floors and a test keeps them.

pub mod model;

pub mod catalog;
pub mod graph;
pub mod sql;

pub mod diff;
pub mod lint;
pub mod plan;
pub mod report;

pub mod load;
pub mod pg;
pub mod snapshot;

pub mod introspect;
pub mod ledger;

pub mod apply;
pub mod matview;

pub mod rehearse;

pub mod config;

pub mod cli;
