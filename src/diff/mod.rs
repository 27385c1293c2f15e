//! Comparison of two catalogs. Pure.
//!
//! In: two catalogs and what the project accepts. Out: [`Diff`]: every change with its level, what could not be
//! compared, and findings that say it in words. `added` means: only in the second catalog.
//!
//! Equal meaning is equal: which values mean the same is decided per facet, in `catalog`. No kind is named here.

mod accept;
mod attribute;
mod change;
mod compare;
mod emphasis;
mod findings;
mod follow;
mod history;
mod implied;
mod invariant;
mod rename;

pub use accept::{Acceptance, pattern_matches};
pub use attribute::{Attribution, Built, LastTouch};
pub use change::{Accepted, Change, Diff, What};
pub use compare::{Options, compare};
pub use emphasis::{Line, Sign, emphasis};
pub use history::{History, RevisionTouches, Touch, TouchKind, touches};
pub use invariant::Invariant;
