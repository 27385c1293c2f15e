//! BEGIN, COMMIT and ROLLBACK as a file writes them. Pure.

use super::context::Migration;
use crate::sql::act::{Action, Span, TransactionAct};

/// What a file does with transactions of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// A BEGIN that nothing ends.
    pub open: Option<Span>,
    /// Each BEGIN that a COMMIT ends.
    pub blocks: Vec<Span>,
    /// COMMIT without a BEGIN before it.
    pub commits: Vec<Span>,
    /// ROLLBACK, PREPARE TRANSACTION and the like.
    pub undone: Vec<Span>,
}

impl Control {
    /// Reads a file.
    pub fn of(migration: &Migration) -> Control {
        let mut control = Control::default();
        for act in migration.acts.iter() {
            let Action::Transaction(control_act) = &act.action else {
                continue;
            };
            let span = || act.span.clone();
            match control_act {
                // BEGIN in a transaction is a warning of the server and does nothing.
                TransactionAct::Begin => {
                    control.open.get_or_insert_with(span);
                }
                TransactionAct::Commit => match control.open.take() {
                    Some(begin) => control.blocks.push(begin),
                    None => control.commits.push(span()),
                },
                TransactionAct::Rollback | TransactionAct::TwoPhase => {
                    control.open = None;
                    control.undone.push(span());
                }
                TransactionAct::Savepoint(_) | TransactionAct::Release | TransactionAct::RollbackTo(_) => {}
            }
        }
        control
    }
}
