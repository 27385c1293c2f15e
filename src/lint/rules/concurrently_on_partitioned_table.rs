//! CONCURRENTLY where a partitioned table refuses it.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Found, RelationKind};
use crate::model::Level;
use crate::sql::WrittenName;
use crate::sql::act::{Action, AlterCommand, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "concurrently-on-partitioned-table",
    level: Level::Error,
    category: Category::Lock,
    summary: "CONCURRENTLY is used where a partitioned table refuses it",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Some((object, message, instead)) = refused(step) else {
        return;
    };
    problems.push(
        Problem::new(step.act.span.clone(), message)
            .object(object)
            .effect("The server refuses it with 0A000 or 55000, and the migration stops there.")
            .instead(instead),
    );
}

fn refused<'a>(step: &Step<'a>) -> Option<(&'a WrittenName, String, String)> {
    match &step.act.action {
        Action::CreateIndex(index) if index.concurrently && !index.only && is_partitioned(step, &index.relation) => {
            let table = index.relation.quoted();
            Some((
                &index.relation,
                format!("index on partitioned table \"{}\" with CONCURRENTLY", index.relation),
                format!(
                    "CREATE INDEX … ON ONLY {table} (…);\n-- for each partition:\nCREATE INDEX CONCURRENTLY … ON … (…);\nALTER INDEX … ATTACH PARTITION …;"
                ),
            ))
        }
        Action::Drop(drop) if drop.concurrently => drop
            .objects
            .iter()
            .filter(|object| object.kind == ObjectKind::Index)
            .find(|object| match step.schema.index(&object.name) {
                Found::Known(index) => step
                    .schema
                    .relation_at(&index.relation)
                    .is_some_and(|found| found.kind == RelationKind::PartitionedTable),
                _ => false,
            })
            .map(|object| {
                (
                    &object.name,
                    format!("index \"{}\" of a partitioned table dropped with CONCURRENTLY", object.name),
                    format!("DROP INDEX {};", object.name.quoted()),
                )
            }),
        Action::AlterTable(table) => table.commands.iter().find_map(|(command, _)| {
            let AlterCommand::DetachPartition {
                partition,
                concurrently: true,
                ..
            } = command
            else {
                return None;
            };
            has_default(step, &table.name).then(|| {
                (
                    &table.name,
                    format!("partition \"{partition}\" detached with CONCURRENTLY although \"{}\" has a DEFAULT partition", table.name),
                    format!("ALTER TABLE {} DETACH PARTITION {};", table.name.quoted(), partition.quoted()),
                )
            })
        }),
        _ => None,
    }
}

fn is_partitioned(step: &Step<'_>, name: &WrittenName) -> bool {
    matches!(step.relation(name), Found::Known(found) if found.kind == RelationKind::PartitionedTable)
}

/// Says whether a partitioned table is known to have a DEFAULT partition.
pub(super) fn has_default(step: &Step<'_>, name: &WrittenName) -> bool {
    let Found::Known(parent) = step.relation(name) else {
        return false;
    };
    parent.children.iter().any(|child| {
        step.schema
            .relation_at(child)
            .and_then(|found| found.partition.as_ref())
            .is_some_and(|place| place.bound.trim().eq_ignore_ascii_case("default"))
    })
}
