//! Settings, roles and transactions.

use super::expression::Expr;

/// SET, RESET, SET ROLE, SET SESSION AUTHORIZATION, SET CONSTRAINTS, and `SELECT set_config('…', …, …)` at the top.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The parameter in lower case; `role`, `session_authorization`, `constraints`, `transaction` for these forms, `all` for RESET ALL.
    pub name: Box<str>,
    /// The value; nothing for RESET, TO DEFAULT.
    pub value: Option<SettingValue>,
    /// How long it holds.
    pub scope: SetScope,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingValue {
    /// The words, strings decoded, joined by `, `.
    Text(Box<str>),
    /// An expression (`set_config` with something that is no literal).
    Expr(Expr),
}

/// How long a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetScope {
    /// SET and SET SESSION.
    Session,
    /// SET LOCAL.
    Local,
    /// RESET, and SET … TO DEFAULT.
    Reset,
}

/// BEGIN, COMMIT and the like.
#[derive(Clone, Debug, PartialEq)]
pub enum TransactionAct {
    /// BEGIN, START TRANSACTION.
    Begin,
    /// COMMIT, END.
    Commit,
    /// ROLLBACK, ABORT.
    Rollback,
    /// SAVEPOINT, with its name.
    Savepoint(Box<str>),
    /// RELEASE.
    Release,
    /// ROLLBACK TO, with the name of the savepoint.
    RollbackTo(Box<str>),
    /// PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED.
    TwoPhase,
}
