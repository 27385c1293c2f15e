//! ADD CONSTRAINT … CHECK without NOT VALID, and CHECK on a new column.

use crate::lint::command::Command;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::{ColumnDef, Constraint, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    name: "check-constraint-scans",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a CHECK is added to an existing table and every row is tested under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        let found = command
            .added_constraints()
            .into_iter()
            .find(|(constraint, _)| tests_rows(constraint));
        if let Some((constraint, column)) = found
            && command.scans()
        {
            problems.push(problem(&command, constraint, column));
        }
    }
}

fn tests_rows(constraint: &Constraint) -> bool {
    matches!(constraint.kind, ConstraintKind::Check { .. })
        && !constraint.not_valid
        && !constraint.not_enforced
}

fn problem(command: &Command<'_>, constraint: &Constraint, column: Option<&ColumnDef>) -> Problem {
    let table = command.quoted();
    let shown = command.shown();
    let suffix = column.map_or_else(|| "check".to_owned(), |column| format!("{}_check", column.name));
    let (name, definition) = command.definition(constraint, &suffix);
    let first = match column {
        Some(column) => format!(
            "ALTER TABLE {table} ADD COLUMN {};  -- without the CHECK\n",
            crate::model::quote_identifier(&column.name)
        ),
        None => String::new(),
    };
    let what = match column {
        Some(column) => format!(
            "CHECK on new column \"{}\" of existing table \"{}\"",
            column.name, command.table.name
        ),
        None => format!(
            "CHECK on existing table \"{}\" without NOT VALID",
            command.table.name
        ),
    };
    let problem = Problem::new(command.span(), what)
        .object(&command.table.name)
        .effect(format!(
            "ACCESS EXCLUSIVE on {shown} while every row is tested: its readers and writers wait."
        ))
        .instead(format!(
            "{first}ALTER TABLE {table} ADD {definition} NOT VALID;\n-- in a later transaction:\nALTER TABLE {table} VALIDATE CONSTRAINT {name};"
        ));
    match column {
        None => problem.fix(constraint.span.end..constraint.span.end, " NOT VALID"),
        Some(_) => problem,
    }
}
