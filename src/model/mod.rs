//! Nouns without I/O: what every other folder speaks about.
//!
//! Values only. No file, network, clock, environment or database is known here.

mod checksum;
mod duration;
mod finding;
mod level;
mod location;
mod lock;
mod migration;
mod name;
mod outcome;

pub use checksum::{Checksum, Growing};
pub use duration::parse_duration;
pub use finding::{Finding, Fix};
pub use level::{FailOn, Level};
pub use location::{LineIndex, Location};
pub use lock::LockMode;
pub use migration::{AcceptedFinding, Revision, RevisionId, RevisionIdError};
pub use name::{QualifiedName, RoleName, quote_identifier, quote_literal};
pub use outcome::Outcome;
