//! Rules over migrations. Pure.
//!
//! In: migrations as [`act`](crate::sql::act)s in the order of the graph, a schema to begin with, and what the project
//! says. Out: findings. The acts are replayed into a symbolic [`schema`]; each statement's [`effects`] on others are
//! worked out; [`rules`] look at the statement, the schema before it and the transaction around it. The graph's own
//! rules stand in [`graph::rules`](crate::graph::rules).
//!
//! To add a rule: one file in `rules/`, its page in `lints/`, two lines in `rules/mod.rs`.

mod accept;
pub mod baseline;
mod busy;
pub mod command;
pub mod context;
pub mod control;
pub mod digest;
pub mod effects;
pub mod expressions;
pub mod firing;
pub mod glob;
pub mod house;
pub mod literal;
pub mod naming;
mod order;
pub mod pages;
pub mod policy;
pub mod reach;
pub mod reference;
pub mod registry;
pub mod removal;
pub mod routine;
pub mod row_security;
pub mod rule;
pub mod rules;
pub mod run;
pub mod schema;
pub mod settle;
mod suppress;
pub mod tenancy;
pub mod toggle;
pub mod transaction;
pub mod unique_key;
pub mod view;
pub mod walk;

pub use accept::accept;
pub use run::Found;
