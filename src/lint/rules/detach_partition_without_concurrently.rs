//! DETACH PARTITION without CONCURRENTLY.

use super::concurrently_on_partitioned_table::has_default;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::{AlterCommand, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "detach-partition-without-concurrently",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a partition is detached under ACCESS EXCLUSIVE on the whole partitioned table",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    // CONCURRENTLY came with 14.
    if step.settings.servers.iter().all(|major| *major < 14) {
        return;
    }
    for command in step.busy_commands() {
        let AlterCommand::DetachPartition {
            partition,
            concurrently: false,
            finalize: false,
        } = command.command
        else {
            continue;
        };
        // A DEFAULT partition leaves no other way.
        if command.table.kind == ObjectKind::Index
            || !step.is_busy_name(partition)
            || has_default(step, &command.table.name)
        {
            continue;
        }
        let (parent, part) = (command.quoted(), partition.quoted());
        problems.push(
            Problem::new(
                command.span(),
                format!("partition \"{partition}\" detached from \"{}\" without CONCURRENTLY", command.table.name),
            )
            .object(partition)
            .effect(format!(
                "ACCESS EXCLUSIVE on {} and \"{partition}\": every query on any partition waits behind it.",
                command.shown()
            ))
            .instead(format!(
                "In a file of its own with `transaction: false` (14 and later):\nALTER TABLE {parent} DETACH PARTITION {part} CONCURRENTLY;"
            )),
        );
    }
}
