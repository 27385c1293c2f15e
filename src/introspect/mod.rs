//! Reads a live catalog through every kind's query.
//!
//! In: a session and a scope. Out: [`Introspection`]: the catalog, what exists but no kind reads, and what was strange.
//! All queries run in one repeatable-read, read-only transaction, so that the catalog is one moment; settings that
//! leak into deparsed text are pinned. No lock is taken on any user object.
//!
//! Nothing here knows a kind: to add one, see `catalog/kinds`. What the role may not read is found in `access.rs`;
//! how the queries are shared between sessions stands in `work.rs`; what spares a read altogether, in `imprint.rs`.

mod access;
mod imprint;
mod read;
mod unmodelled;
mod work;

pub use access::Refusal;
pub use imprint::take as imprint;
pub use read::{IntrospectError, Introspection, read, read_unless};
