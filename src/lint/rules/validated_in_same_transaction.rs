//! VALIDATE CONSTRAINT while the transaction still holds the strong lock of an earlier statement.

use crate::lint::command::Command;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, LockMode, quote_identifier};
use crate::sql::act::AlterCommand;

pub(super) static RULE: Rule = Rule {
    name: "validated-in-same-transaction",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a constraint is validated while the lock that added it is still held",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let AlterCommand::ValidateConstraint(name) = command.command else {
            continue;
        };
        let Some(mode) = lock_above(&command) else {
            continue;
        };
        if !command.scans()
            && command
                .relation()
                .is_some_and(|found| found.constraint(name).is_some())
        {
            continue;
        }
        let key = step.key_of(&command.table.name);
        let is_toggle = step
            .transaction
            .holds(&key)
            .is_some_and(|held| step.is_of_toggle(held));
        let table = command.quoted();
        let shown = command.shown();
        let waiting = if mode == LockMode::AccessExclusive {
            "its readers and writers wait"
        } else {
            "its writers wait"
        };
        let problem = Problem::new(
                command.span(),
                format!("constraint \"{name}\" of \"{}\" validated under a lock that is still held", command.table.name),
            )
            .object(&command.table.name)
            .effect(format!(
                "{} on {shown}, taken before in this transaction, is held while every row is read: {waiting}. VALIDATE alone would stop nobody.",
                mode.as_str()
            ))
            .instead(format!(
                "Commit first; then, in a migration of its own:\nALTER TABLE {table} VALIDATE CONSTRAINT {};",
                quote_identifier(name)
            ));
        // What is guarded has to be switched off while it is looked at.
        problems.push(match is_toggle {
            true => problem.level(Level::Info),
            false => problem,
        });
    }
}

/// Returns the lock on the table that stops writers and was taken before, or comes with the same ALTER TABLE.
fn lock_above(command: &Command<'_>) -> Option<LockMode> {
    let step = command.step;
    let key = step.key_of(&command.table.name);
    let held = step
        .transaction
        .holds(&key)
        .filter(|held| held.mode >= LockMode::Share)
        .map(|held| held.mode);
    let beside = command
        .table
        .commands
        .iter()
        .any(|(other, _)| !matches!(other, AlterCommand::ValidateConstraint(_)))
        .then(|| {
            step.effects
                .locks
                .iter()
                .find(|lock| lock.relation == key && lock.mode >= LockMode::Share)
                .map(|lock| lock.mode)
        })
        .flatten();
    held.max(beside)
}
