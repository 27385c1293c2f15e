//! Changes a database: upgrade, downgrade, stamp, status.
//!
//! In: a session, a project, a target, settings. Out: what was done, or an error with its exit code and findings.
//! Nothing is printed here: whoever calls passes a [`Progress`].
//!
//! ```text
//! preflight → lock → ledger against graph → plan → one transaction per revision, or a journal → unlock
//! ```

mod batch_key;
mod batch_sql;
mod batched;
mod data_loss;
mod doctor;
mod doubt;
mod downgrade;
mod dry_run;
mod effect;
mod error;
mod explain;
mod integrity;
mod invalid_index;
mod lock;
mod mend;
mod planning;
mod preflight;
mod prepared;
mod progress;
mod project;
mod rebless;
mod repair;
mod retry;
mod rls_guard;
mod role_policy;
mod row_security;
mod script;
mod section;
mod settings;
mod settle;
mod snapshots;
mod stage;
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
pub use dry_run::Untried;
pub use error::{ApplyError, Failure, Refusal};
pub use planning::{Look, Planned, plan, plan_offline};
pub use progress::{Event, Pace, Progress, Silent};
pub use project::Project;
pub use repair::{Mending, Offer, Repaired, StepName, Wishes, repair};
pub use retry::Blocker;
pub use script::script;
pub use settings::{DataLoss, Gaps, Interrupt, Retries, RolePolicy, Settings, Transactions, Unguarded};
pub use stage::Stage;
pub use stamp::{Stamped, stamp};
pub use status::{Status, status};
pub use transactional::Ran;
pub use upgrade::{Upgraded, planned, upgrade};
