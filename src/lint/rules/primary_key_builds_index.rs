//! ADD PRIMARY KEY without USING INDEX.

use super::second_primary_key;
use crate::lint::command::Command;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::act::{ColumnDef, Constraint, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    name: "primary-key-builds-index",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a primary key builds its index on an existing table under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    if second_primary_key::second(step).is_some() {
        return;
    }
    for command in step.busy_commands() {
        for (constraint, column) in command.added_constraints() {
            if let ConstraintKind::PrimaryKey {
                columns,
                using_index: None,
            } = &constraint.kind
                && command.builds_index()
            {
                problems.push(problem(&command, constraint, columns, column));
            }
        }
    }
}

fn problem(
    command: &Command<'_>,
    constraint: &Constraint,
    columns: &[Box<str>],
    column: Option<&ColumnDef>,
) -> Problem {
    let table = command.quoted();
    let shown = command.shown();
    let columns: Vec<String> = match column {
        Some(column) => vec![quote_identifier(&column.name)],
        None => columns.iter().map(|name| quote_identifier(name)).collect(),
    };
    let name = constraint.name.clone().map_or_else(
        || format!("{}_pkey", command.table.name.name),
        |name| name.to_string(),
    );
    let name = quote_identifier(&name);
    Problem::new(
        command.span(),
        format!("primary key on existing table \"{}\" without USING INDEX", command.table.name),
    )
    .object(&command.table.name)
    .effect(format!(
        "ACCESS EXCLUSIVE on {shown} while its index is built, and while every row is read where a column is not NOT NULL: its readers and writers wait."
    ))
    .instead(format!(
        "In a file of its own with `transaction: false`, the columns being NOT NULL:\nCREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({});\n-- then:\nALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {name};",
        columns.join(", ")
    ))
}
