//! What would run, in which order and which transactions, and what that does to others. Pure.
//!
//! In: the graph, what is applied, the text of pending files; for what it does to others the target's schema and sizes.
//! Out: the pending revisions in order, each taken apart into units, or findings that say why a file cannot run as it
//! is; each transaction's locks, scans, rewrites and hazards. Nothing is sent anywhere.
//! Add a reason to refuse a file in `refusal.rs`, a hazard in `hazard.rs`.

pub mod agreement;
pub mod foresee;
pub mod hazard;
pub mod pending;
pub mod refusal;
pub mod size;
pub mod step;

pub use agreement::Agreement;
pub use foresee::{Circumstances, Foreseen, Load, Lock, Together, Until, foresee};
pub use hazard::Hazard;
pub use pending::{Pending, gaps, pending};
pub use size::{Size, Sizes};
pub use step::{Mode, Step, Unit};
