//! The model of a database catalog: kinds, objects, facets. Pure.
//!
//! In: rows of text that somebody read with a kind's query ([`kind_query`]). Out: [`Catalog`], values that are
//! compared, written and hashed elsewhere. No connection, file or clock is known here.
//!
//! A **kind** (`kinds/<kind>.rs`) says where objects of one sort live in `pg_catalog`, how they are called, and which
//! **facets** they have: one line per facet with its SQL expression, the major it appeared in, how it is compared and
//! how much a difference matters. Everything else walks that table.
//!
//! To add a kind: one file in `kinds/`, one `mod` line and one line in [`kinds::ALL`]. To add a facet: one line.

mod acl;
mod array;
mod canon;
#[allow(clippy::module_inception)]
mod catalog;
mod datatype;
mod decode;
mod deparse;
mod dependence;
mod expression;
mod facet;
mod fingerprint;
mod kind;
pub mod kinds;
mod known;
mod object;
mod order;
mod query;
mod relation;
mod routine;
mod value;

pub use acl::{AclClass, Privileges};
pub use canon::{Canon, Reach, Scope};
pub use catalog::Catalog;
pub use decode::{Decoder, RowError};
pub use deparse::{Attributes, Bound, Deparse, Deparsed, Question, Texts, bound};
pub use expression::{equal_text, equal_text_across_14};
pub use facet::{Compare, Facet, Literal, OptionKeys, Shape};
pub use fingerprint::facet_fingerprint;
pub use kind::{AttributeColumns, Home, Identity, ImpliedBy, Initial, Kind, ParentColumns, Shown};
pub use known::known_columns;
pub use object::{Facets, Object, ObjectId};
pub use query::{Query, aside_query, kind_query};
pub use value::Value;
