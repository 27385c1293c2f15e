//! What would run, in which order and which transactions. Pure.
//!
//! In: the graph, what is applied, the text of pending files. Out: the pending revisions in order, each taken apart
//! into units, or findings that say why a file cannot run as it is. Nothing is sent anywhere.
//! Add a reason to refuse a file in `refusal.rs`.

pub mod pending;
pub mod refusal;
pub mod step;

pub use pending::{Pending, gaps, pending};
pub use step::{Mode, Step, Unit};
