//! Turns results into text for people and machines. Values in, strings out; nothing is printed here.
//!
//! A format is one file in `formats/`; a drawing of the graph is one file in `drawings/`.

mod document;
pub mod drawings;
pub mod edit;
pub mod formats;
pub mod page;
pub mod revision;

pub use document::{Counts, Report, Table};
