//! How an upgrade behaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use crate::catalog::Scope;
use crate::ledger::DEFAULT_HISTORY_TABLE;
use crate::model::{Checksum, Outcome, QualifiedName};
use crate::plan::Agreement;

/// Everything that a user may set about applying.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `lock_timeout` of a transaction. It must exceed the server's `deadlock_timeout`.
    pub lock_timeout: Duration,
    /// `statement_timeout` of a transaction.
    pub statement_timeout: Duration,
    /// How long a statement that works with `lock_timeout = 0` (CREATE INDEX CONCURRENTLY, VACUUM) may wait for locks and
    /// old snapshots. How long it works does not count.
    pub wait_budget: Duration,
    /// The search path of migrations, as PostgreSQL reads it.
    pub search_path: String,
    /// When and how often a transaction is repeated.
    pub retries: Retries,
    /// Who may migrate.
    pub role_policy: RolePolicy,
    /// What happens under [`RolePolicy::Owner`] to statements on tables with row security outside a guard.
    pub unguarded: Unguarded,
    /// refinery's history table.
    pub history_table: QualifiedName,
    /// One transaction per revision, or one for all.
    pub transactions: Transactions,
    /// How long to wait for another migrator.
    pub wait: Option<Duration>,
    /// Whether revisions below applied ones are run.
    pub gaps: Gaps,
    /// Whether a downgrade may remove rows.
    pub data_loss: DataLoss,
    /// Whether anything is kept.
    pub dry_run: bool,
    /// Whether servers newer than the newest tested major may be changed.
    pub allow_untested_server: bool,
    /// Labels that keep a head of their own by design.
    pub allowed_heads: Vec<String>,
    /// The commit of the project, written to the ledger.
    pub commit: Option<String>,
    /// The plan that somebody agreed to, with what of the catalog its fingerprint covers.
    pub agreed: Option<Arc<(Agreement, Scope)>>,
    /// Ends the run from outside.
    pub interrupt: Interrupt,
}

/// When and how often a transaction is repeated after a lock timeout, a deadlock or a serialization failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Attempts in all.
    pub attempts: u32,
    /// Time for all attempts of one revision together.
    pub within: Duration,
    /// The shortest pause.
    pub pause_from: Duration,
    /// The longest pause.
    pub pause_to: Duration,
    /// A transaction that had worked longer than this is not repeated by itself.
    pub worked_at_most: Duration,
}

/// Who may migrate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RolePolicy {
    /// A superuser or a role with BYPASSRLS itself.
    #[default]
    P1A,
    /// Any role, as long as every statement that touches rows of a table with row security is guarded.
    Owner,
}

/// What happens under [`RolePolicy::Owner`] to unguarded statements on tables with row security.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unguarded {
    /// They refuse the run before it starts.
    #[default]
    Refuse,
    /// They run; `row_security = off` turns a filtered result into error 42501.
    Allow,
}

/// How many transactions an upgrade has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Transactions {
    /// One per revision.
    #[default]
    Each,
    /// One for all.
    All,
}

/// What happens to revisions below applied ones that have no ledger row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Gaps {
    /// They refuse the run.
    #[default]
    Refuse,
    /// They are run in graph order.
    Fill,
}

/// What happens to a downgrade whose down files remove rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DataLoss {
    /// It is refused before anything runs.
    #[default]
    Refuse,
    /// It runs.
    Allow,
}

impl Default for Settings {
    fn default() -> Self {
        let (schema, name) = DEFAULT_HISTORY_TABLE;
        Settings {
            lock_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5 * 60),
            wait_budget: Duration::from_secs(60 * 60),
            search_path: "public".to_owned(),
            retries: Retries::default(),
            role_policy: RolePolicy::default(),
            unguarded: Unguarded::default(),
            history_table: QualifiedName::new(schema, name),
            transactions: Transactions::default(),
            wait: None,
            gaps: Gaps::default(),
            data_loss: DataLoss::default(),
            dry_run: false,
            allow_untested_server: false,
            allowed_heads: Vec::new(),
            commit: None,
            agreed: None,
            interrupt: Interrupt::default(),
        }
    }
}

impl Default for Retries {
    fn default() -> Self {
        Retries {
            attempts: 10,
            within: Duration::from_secs(5 * 60),
            pause_from: Duration::from_millis(500),
            pause_to: Duration::from_secs(15),
            worked_at_most: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// Returns the key of the migrator lock: the first 8 bytes of SHA-256 of the qualified history table.
    pub fn lock_key(&self) -> i64 {
        Checksum::of(format!("zerodrift:{}", self.history_table)).first_u64() as i64
    }
}

/// A flag that ends a run from outside: the running statement is cancelled, its transaction rolled back.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicI32>);

impl Interrupt {
    /// Asks the run to end because of a signal.
    pub fn raise(&self, signal: i32) {
        self.0.store(signal, Ordering::Relaxed);
    }

    /// Returns how the run has to end, if it was asked to.
    pub fn raised(&self) -> Option<Outcome> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            15 => Some(Outcome::Terminated),
            _ => Some(Outcome::Interrupted),
        }
    }
}
