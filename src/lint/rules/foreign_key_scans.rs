//! ADD FOREIGN KEY without NOT VALID.

use crate::lint::command::Command;
use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::RelationKind;
use crate::model::{Level, quote_identifier};
use crate::sql::act::{ColumnDef, Constraint, ConstraintKind, ForeignKey};

pub(super) static RULE: Rule = Rule {
    name: "foreign-key-scans",
    level: Level::Warning,
    category: Category::Lock,
    summary: "a foreign key is added to an existing table and every row is looked up while writers of both tables wait",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for command in step.busy_commands() {
        for (constraint, column) in command.added_constraints() {
            let ConstraintKind::ForeignKey(key) = &constraint.kind else {
                continue;
            };
            if !constraint.not_valid && !constraint.not_enforced && looks_up_rows(&command, column) {
                problems.push(problem(&command, constraint, key, column));
            }
        }
    }
}

/// Says whether rows are looked up. A new column without a default holds nothing that could be (`ATAddForeignKey…`
/// skips the validation of a column that is added by the same command).
fn looks_up_rows(command: &Command<'_>, column: Option<&ColumnDef>) -> bool {
    column.is_none_or(|column| column.default().is_some()) && command.scans()
}

fn problem(
    command: &Command<'_>,
    constraint: &Constraint,
    key: &ForeignKey,
    column: Option<&ColumnDef>,
) -> Problem {
    let table = command.quoted();
    let shown = command.shown();
    let columns: Vec<&str> = match column {
        Some(column) => vec![&column.name],
        None => key.columns.iter().map(|name| &**name).collect(),
    };
    let (name, definition) = match column {
        Some(column) => {
            let name = quote_identifier(&format!("{}_{}_fkey", command.table.name.name, column.name));
            let text = command.text(&constraint.span);
            let column = quote_identifier(&column.name);
            (
                name.clone(),
                format!("CONSTRAINT {name} FOREIGN KEY ({column}) {text}"),
            )
        }
        None => command.definition(constraint, &format!("{}_fkey", columns.join("_"))),
    };
    let problem = Problem::new(
        command.span(),
        format!("foreign key from existing table \"{}\" to \"{}\" without NOT VALID", command.table.name, key.table),
    )
    .object(&command.table.name)
    .effect(format!(
        "SHARE ROW EXCLUSIVE on {shown} and \"{}\" while every row is looked up: INSERT, UPDATE and DELETE on both wait.",
        key.table
    ))
    .instead(format!(
        "ALTER TABLE {table} ADD {definition} NOT VALID;\n-- in a later transaction:\nALTER TABLE {table} VALIDATE CONSTRAINT {name};"
    ));
    // A partitioned table takes no foreign key NOT VALID before 18.
    let is_partitioned = command
        .relation()
        .is_some_and(|found| found.kind == RelationKind::PartitionedTable);
    if is_partitioned && command.step.settings.oldest() < 18 {
        return problem.instead(format!(
            "For each partition, in transactions of their own:\nALTER TABLE <partition> ADD {definition} NOT VALID;\nALTER TABLE <partition> VALIDATE CONSTRAINT {name};\n-- then, and no row is looked up again:\nALTER TABLE {table} ADD {definition};"
        ));
    }
    if column.is_none() {
        return problem.fix(constraint.span.end..constraint.span.end, " NOT VALID");
    }
    problem
}
