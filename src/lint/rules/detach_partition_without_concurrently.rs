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
        if command.table.kind == ObjectKind::Index || !step.is_busy_name(partition) {
            continue;
        }
        let instead = match has_default(step, &command.table.name) {
            // CONCURRENTLY is refused there.
            true => "A DEFAULT partition leaves no other way. Do it in a short transaction of its own, where it gives up soon and is tried again:\nSET LOCAL lock_timeout = '1s';".to_owned(),
            false => format!(
                "In a file of its own with `transaction: false` (14 and later):\nALTER TABLE {} DETACH PARTITION {} CONCURRENTLY;",
                command.quoted(),
                partition.quoted()
            ),
        };
        problems.push(
            Problem::new(
                command.span(),
                format!(
                    "partition \"{partition}\" detached from \"{}\" without CONCURRENTLY",
                    command.table.name
                ),
            )
            .object(partition)
            .effect(format!(
                "ACCESS EXCLUSIVE on {} and \"{partition}\": every query on any partition waits behind it.",
                command.shown()
            ))
            .instead(instead),
        );
    }
}
