//! ADD FOREIGN KEY … NOT VALID on a partitioned table, which servers before 18 refuse.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::RelationKind;
use crate::model::{Level, quote_identifier};
use crate::sql::act::{Action, AlterCommand, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    name: "foreign-key-not-valid-on-partitioned-table",
    level: Level::Error,
    category: Category::Correctness,
    summary: "a foreign key NOT VALID is added to a partitioned table, and servers before 18 refuse it",
    check: Check::Statement(check),
};

/// The first major that takes it (release notes of 18).
const SINCE: u32 = 18;

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::AlterTable(altered) = &step.act.action else {
        return;
    };
    let Some(relation) = step.relation(&altered.name).known() else {
        return;
    };
    if relation.kind != RelationKind::PartitionedTable || step.settings.oldest() >= SINCE {
        return;
    }
    for (command, _) in &altered.commands {
        let AlterCommand::AddConstraint(constraint) = command else {
            continue;
        };
        let ConstraintKind::ForeignKey(key) = &constraint.kind else {
            continue;
        };
        if !constraint.not_valid {
            continue;
        }
        let columns: Vec<String> = key.columns.iter().map(|name| quote_identifier(name)).collect();
        let columns = columns.join(", ");
        let (table, referenced) = (altered.name.quoted(), key.table.quoted());
        problems.push(
            Problem::new(
                step.act.span.clone(),
                format!("foreign key NOT VALID on partitioned table \"{}\"", altered.name),
            )
            .object(&altered.name)
            .effect("Servers before 18 refuse it with 0A000, and the whole transaction is rolled back.")
            .instead(format!(
                "For each partition, in transactions of their own:\nALTER TABLE <partition> ADD CONSTRAINT <name> FOREIGN KEY ({columns}) REFERENCES {referenced} NOT VALID;\nALTER TABLE <partition> VALIDATE CONSTRAINT <name>;\n-- then, and no row is looked up again:\nALTER TABLE {table} ADD FOREIGN KEY ({columns}) REFERENCES {referenced};"
            )),
        );
    }
}
