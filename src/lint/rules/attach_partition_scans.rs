//! ATTACH PARTITION of a table with rows that no CHECK vouches for.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::act::{AlterCommand, ObjectKind};

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
    if table.kind == ObjectKind::Index
        || !step.is_busy_name(partition)
        || !step.busy_scans(step.effects).any(|work| work.relation == key)
    {
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
