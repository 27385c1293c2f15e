//! A constraint of a table that stood before the migration is dropped: what it kept out may come in.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::TableConstraintKind;
use crate::model::Level;
use crate::sql::act::AlterCommand;

pub(super) static RULE: Rule = Rule {
    name: "constraint-dropped",
    level: Level::Info,
    category: Category::DataLoss,
    summary: "a constraint of a table that stood before the migration is dropped: what it kept out may come in",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let AlterCommand::DropConstraint { name, .. } = command.command else {
            continue;
        };
        let is_primary = command
            .relation()
            .and_then(|relation| relation.constraint(name))
            .is_some_and(|found| matches!(found.kind, TableConstraintKind::PrimaryKey(_)));
        if is_primary {
            continue;
        }
        problems.push(
            Problem::new(
                command.span(),
                format!("constraint \"{name}\" of existing table \"{}\" dropped", command.table.name),
            )
            .object(format!("{}.{name}", command.table.name))
            .effect("Rows that it kept out may come in from the commit on, and it cannot be added again while they are there.")
            .instead("Add what replaces it in the same transaction, NOT VALID, and validate that later."),
        );
    }
}
