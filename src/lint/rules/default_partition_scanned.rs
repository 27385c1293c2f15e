//! A new partition beside a DEFAULT one, whose rows are all compared with the new bound.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::WrittenName;
use crate::sql::act::{Action, AlterCommand};

pub(super) static RULE: Rule = Rule {
    name: "default-partition-scanned",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a new partition makes the server read the whole DEFAULT partition under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Some((parent, partition)) = new_partition(&step.act.action) else {
        return;
    };
    let Some(parent) = step.relation(parent).known() else {
        return;
    };
    let scanned = step
        .busy_scans(step.effects)
        .find(|work| parent.children.contains(&work.relation) && is_default(step, &work.relation));
    let Some(scanned) = scanned else {
        return;
    };
    let default = &scanned.relation.name;
    let quoted = quote_identifier(default);
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("partition \"{partition}\" makes the server read all of DEFAULT partition \"{default}\""),
        )
        .object(partition)
        .effect(format!(
            "ACCESS EXCLUSIVE on {quoted} while every row is compared with the new bound: its readers and writers wait."
        ))
        .instead(format!(
            "ALTER TABLE {quoted} ADD CONSTRAINT {check} CHECK (NOT (…)) NOT VALID;  -- no row belongs to the new bound\n-- in a later transaction:\nALTER TABLE {quoted} VALIDATE CONSTRAINT {check};\n-- then add the partition, and:\nALTER TABLE {quoted} DROP CONSTRAINT {check};",
            check = quote_identifier(&format!("{default}_without_{}", partition.name)),
        )),
    );
}

/// Returns the parent and the name of a partition that a statement adds.
pub(super) fn new_partition(action: &Action) -> Option<(&WrittenName, &WrittenName)> {
    match action {
        Action::CreateTable(table) => table.partition_of.as_ref().map(|parent| (parent, &table.name)),
        Action::AlterTable(table) => table.commands.iter().find_map(|(command, _)| match command {
            AlterCommand::AttachPartition { partition, .. } => Some((&table.name, partition)),
            _ => None,
        }),
        _ => None,
    }
}

fn is_default(step: &Step<'_>, key: &crate::lint::schema::Key) -> bool {
    step.schema
        .relation_at(key)
        .and_then(|found| found.partition.as_ref())
        .is_some_and(|place| place.bound.trim().eq_ignore_ascii_case("default"))
}
