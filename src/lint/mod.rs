//! Rules over migrations. Pure.
//!
//! In: findings and what the project says about them. Out: the same findings at the levels that count. The graph's own
//! rules stand in [`graph::rules`](crate::graph::rules).

mod accept;

pub use accept::{accept, set_levels};
