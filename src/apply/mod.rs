//! Changes a database: upgrade, downgrade, stamp, status.
//!
//! In: a session, a project, a target, settings. Out: what was done, or an error with its exit code and findings.
//! Nothing is printed here: whoever calls passes a [`Progress`].
//!
//! ```text
//! preflight → lock → ledger against graph → plan → one transaction per revision, or a journal → unlock
//! ```

mod batch_key;
mod batched;
mod doctor;
mod doubt;
mod downgrade;
mod error;
mod explain;
mod integrity;
mod invalid_index;
mod lock;
mod planning;
mod preflight;
mod progress;
mod project;
mod retry;
mod rls_guard;
mod role_policy;
mod row_security;
mod script;
mod section;
mod settings;
mod snapshots;
mod stamp;
mod standalone;
mod status;
mod switching;
mod transactional;
mod tree;
mod upgrade;
mod verify;
mod watch;
mod work;

pub use doctor::{Checked, Examined, doctor};
pub use downgrade::{Downgraded, downgrade};
pub use error::{ApplyError, Failure, Refusal};
pub use planning::{Look, Planned, plan, plan_offline};
pub use progress::{Event, Progress, Silent};
pub use project::Project;
pub use retry::Blocker;
pub use script::script;
pub use settings::{Gaps, Interrupt, Retries, RolePolicy, Settings, Transactions, Unguarded};
pub use stamp::{Stamped, stamp};
pub use status::{Status, status};
pub use transactional::Ran;
pub use upgrade::{Upgraded, planned, upgrade};
