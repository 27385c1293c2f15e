//! ADD UNIQUE without USING INDEX.

use crate::lint::command::Command;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::{Level, quote_identifier};
use crate::sql::act::{ColumnDef, Constraint, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    name: "unique-constraint-builds-index",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a unique constraint builds its index on an existing table under ACCESS EXCLUSIVE",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        for (constraint, column) in command.added_constraints() {
            if let ConstraintKind::Unique {
                columns,
                using_index: None,
                ..
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
    let columns: Vec<&str> = match column {
        Some(column) => vec![&column.name],
        None => columns.iter().map(|name| &**name).collect(),
    };
    let name = constraint.name.clone().map_or_else(
        || format!("{}_{}_key", command.table.name.name, columns.join("_")),
        |name| name.to_string(),
    );
    let name = quote_identifier(&name);
    let list: Vec<String> = columns.iter().map(|column| quote_identifier(column)).collect();
    Problem::new(
        command.span(),
        format!("unique constraint on existing table \"{}\" without USING INDEX", command.table.name),
    )
    .object(&command.table.name)
    .effect(format!(
        "ACCESS EXCLUSIVE on {shown} while its index is built: its readers and writers wait."
    ))
    .instead(format!(
        "In a file of its own with `transaction: false`:\nCREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({});\n-- then:\nALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name};",
        list.join(", ")
    ))
}
