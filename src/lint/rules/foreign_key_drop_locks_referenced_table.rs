//! DROP of a foreign key, or of a table that has some, which locks the other table too.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::{Key, Relation, TableConstraintKind};
use crate::model::Level;
use crate::sql::act::{Action, AlterCommand, ObjectKind};

pub(super) static RULE: Rule = Rule {
    name: "foreign-key-drop-locks-referenced-table",
    level: Level::Info,
    category: Category::Lock,
    summary: "dropping a foreign key takes ACCESS EXCLUSIVE on the referenced table as well",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let mut others = referenced(step);
    others.sort();
    others.dedup();
    for (referenced, own) in others {
        problems.push(
            Problem::new(
                step.act.span.clone(),
                format!("foreign key of \"{}\" dropped, which locks \"{}\"", own.name, referenced.name),
            )
            .object(&referenced)
            .effect(format!(
                "ACCESS EXCLUSIVE on \"{}\" too, for its triggers: its readers and writers wait until the transaction ends.",
                referenced.name
            ))
            .instead("Do it in a short transaction of its own, with lock_timeout set."),
        );
    }
}

/// Returns the tables in use that foreign keys which go refer to, each with the table that they go from.
fn referenced(step: &Step<'_>) -> Vec<(Key, Key)> {
    let of = |relation: &Relation, is_it: &dyn Fn(&str) -> bool| {
        relation
            .constraints
            .iter()
            .filter(|constraint| is_it(&constraint.name))
            .filter_map(|constraint| match &constraint.kind {
                TableConstraintKind::ForeignKey { table, .. } => Some(table.clone()),
                _ => None,
            })
            .filter(|table| *table != relation.key && step.is_busy_at(table))
            .map(|table| (table, relation.key.clone()))
            .collect::<Vec<_>>()
    };
    match &step.act.action {
        Action::AlterTable(table) => {
            let Some(relation) = step.relation(&table.name).known() else {
                return Vec::new();
            };
            let dropped = table.commands.iter().filter_map(|(command, _)| match command {
                AlterCommand::DropConstraint { name, .. } => Some(name),
                _ => None,
            });
            dropped
                .flat_map(|name| of(relation, &|found| *found == **name))
                .collect()
        }
        Action::Drop(drop) => drop
            .objects
            .iter()
            .filter(|object| object.kind == ObjectKind::Table)
            .filter_map(|object| step.relation(&object.name).known())
            .flat_map(|relation| of(relation, &|_| true))
            .collect(),
        _ => Vec::new(),
    }
}
