//! A table gets a second primary key, and the statement fails.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::TableConstraintKind;
use crate::model::Level;
use crate::sql::WrittenName;
use crate::sql::act::{Action, AlterCommand, Constraint, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    name: "second-primary-key",
    level: Level::Error,
    category: Category::Correctness,
    summary: "a table gets a second primary key, and the statement fails",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Some((name, constraint)) = second(step) else {
        return;
    };
    problems.push(
        Problem::new(
            constraint.span.clone(),
            format!("second primary key for table \"{name}\""),
        )
        .object(name)
        .effect("The server refuses it with 42P16 (multiple primary keys), and the whole transaction is rolled back.")
        .instead("Make it UNIQUE and NOT NULL, or drop the first key in the same statement."),
    );
}

/// Returns the primary key that is one too many, with its table.
pub(super) fn second<'a>(step: &Step<'a>) -> Option<(&'a WrittenName, &'a Constraint)> {
    let (name, has_one, dropped) = match &step.act.action {
        Action::CreateTable(table) => (&table.name, false, None),
        Action::AlterTable(table) => {
            let key = step.relation(&table.name).known().and_then(|relation| {
                relation
                    .constraints
                    .iter()
                    .find(|constraint| matches!(constraint.kind, TableConstraintKind::PrimaryKey(_)))
            });
            let dropped = table.commands.iter().find(|(command, _)| match command {
                AlterCommand::DropConstraint { name, .. } => key.is_some_and(|key| *key.name == **name),
                AlterCommand::DropColumn { .. } => true,
                _ => false,
            });
            (&table.name, key.is_some(), dropped)
        }
        _ => return None,
    };
    let is_key = |constraint: &Constraint| matches!(constraint.kind, ConstraintKind::PrimaryKey { .. });
    let mut keys = step
        .new_constraints()
        .into_iter()
        .filter(|(_, column, constraint)| {
            let is_there = column.is_some_and(|column| {
                let known = step.relation(name).known();
                known.is_some_and(|relation| relation.column(&column.name).is_some())
            });
            is_key(constraint) && !is_there
        });
    let second = match has_one && dropped.is_none() {
        true => keys.next(),
        false => keys.nth(1),
    };
    second.map(|(_, _, constraint)| (name, constraint))
}
