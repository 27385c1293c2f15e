//! ATTACH PARTITION of a table with rows that no CHECK vouches for.

use crate::lint::context::Step;
use crate::lint::effects::{BUILDS, Work};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::WrittenName;
use crate::sql::act::{AlterCommand, AlterTable, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "attach-partition-scans",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a table becomes a partition and is read whole under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    // The partition counts here, whoever made the partitioned table.
    let crate::sql::act::Action::AlterTable(table) = &step.act.action else {
        return;
    };
    let Some(AlterCommand::AttachPartition { partition, bound }) =
        table.commands.first().map(|(command, _)| command)
    else {
        return;
    };
    let key = step.key_of(partition);
    if table.kind == ObjectKind::Index || !step.is_busy_name(partition) {
        return;
    }
    let work: Vec<&Work> = step
        .busy_scans(step.effects)
        .filter(|work| work.relation == key)
        .collect();
    if work.is_empty() {
        return;
    }
    // With its bound proven it is the parent's index that is built on it.
    if work.iter().all(|work| work.why == BUILDS) {
        problems.push(without_index(step, table, partition));
        return;
    }
    let (parent, part) = (table.name.quoted(), partition.quoted());
    let check = quote_identifier(&format!("{}_bound", partition.name));
    problems.push(
        Problem::new(
            step.act.span.clone(),
            format!("partition \"{partition}\" attached without a CHECK that proves its bound"),
        )
        .object(partition)
        .effect(format!(
            "ACCESS EXCLUSIVE on \"{partition}\" while every row is compared with the bound: its readers and writers wait."
        ))
        .instead(format!(
            "ALTER TABLE {part} ADD CONSTRAINT {check} CHECK (…) NOT VALID;  -- the bound and, for a range, IS NOT NULL\n-- in a later transaction:\nALTER TABLE {part} VALIDATE CONSTRAINT {check};\nALTER TABLE {parent} ATTACH PARTITION {part} {bound};\nALTER TABLE {part} DROP CONSTRAINT {check};"
        )),
    );
}

fn without_index(step: &Step<'_>, table: &AlterTable, partition: &WrittenName) -> Problem {
    Problem::new(
        step.act.span.clone(),
        format!(
            "partition \"{partition}\" attached without an index that \"{}\" has",
            table.name
        ),
    )
    .object(partition)
    .effect(format!(
        "The index is built within ATTACH: ACCESS EXCLUSIVE on \"{partition}\" while every row is read, and its readers and writers wait."
    ))
    .instead(format!(
        "CREATE INDEX CONCURRENTLY … ON {} (…);  -- the same columns, in a file with `transaction: false`; UNIQUE for a key\n-- then ATTACH PARTITION takes it over as it is",
        partition.quoted()
    ))
}
