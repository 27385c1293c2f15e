//! Proves the migrations on a throw-away server.
//!
//! In: a project, its seeds, its snapshot and a server to create databases on. Out: one [`Step`] per proof, each with
//! findings that can fail it. A fresh database and one per seed are upgraded to the head; every path has to end in the
//! same catalog, equal to the snapshot; the materialized views have to be the declared ones. Beside the proofs,
//! `replay.rs` runs the revisions one by one to learn which of them touched what.

mod compared;
mod error;
mod host;
mod rehearsal;
mod remembered;
mod replay;
mod roles;
mod script;
mod seed;
mod step;

pub use error::RehearseError;
pub use host::{Guest, Host};
use rehearsal::prepared;
pub use rehearsal::{Rehearsal, build, run};
pub use replay::{Replayed, history};
pub use script::build_from_sql;
pub use seed::{Expectation, Seed, Stop};
pub use step::{Step, StepProgress};
