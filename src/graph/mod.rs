//! The revision graph: order, heads, labels, targets, checks. Pure.
//!
//! In: revisions as their headers declare them, in any order. Out: a [`Graph`] that is always usable, and findings for
//! what is wrong with it. Nothing is read here; a place in a header is asked from [`Places`] when a finding needs one.
//!
//! ```text
//!   b ──► m ──► h      h is the head, a the root, m a merge; "b ──► m" reads "m names b as parent".
//!   ▲     ▲            depends-on (┄┄►) orders two revisions and leaves the first one a head:
//!   a ──► c            a ┄┄► d makes d wait for a, and a may still be a head.
//! ```
//!
//! Add a check in `check.rs` (what a project's policy decides) or `defects.rs` (what makes a graph no graph), and its
//! rule in `rules.rs`.

mod check;
mod cycle;
mod dag;
mod defects;
mod labels;
mod nearest;
mod order;
mod place;
pub mod rules;
pub mod target;
mod walk;

pub use check::{Policy, check};
pub use dag::Graph;
pub use labels::shown as shown_labels;
pub use nearest::nearest;
pub use place::{FilePlaces, Places, Token};
