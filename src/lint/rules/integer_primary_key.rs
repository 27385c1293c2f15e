//! A primary key of four bytes or fewer runs out.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::ConstraintKind;

pub(super) static RULE: Rule = Rule {
    name: "integer-primary-key",
    level: Level::Info,
    category: Category::Style,
    summary: "a primary key of four bytes or fewer runs out",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let keys: Vec<&str> = step
        .new_constraints()
        .into_iter()
        .filter_map(|(_, column, constraint)| match (&constraint.kind, column) {
            (ConstraintKind::PrimaryKey { .. }, Some(column)) => Some(&*column.name),
            (ConstraintKind::PrimaryKey { columns, .. }, None) => match columns.as_slice() {
                [only] => Some(&**only),
                _ => None,
            },
            _ => None,
        })
        .collect();
    for (table, column) in step.new_columns() {
        let is_small = column.data_type.as_ref().is_some_and(|of| {
            of.name.schema.is_none()
                && of.dimensions == 0
                && matches!(of.name.name.as_str(), "int2" | "int4" | "serial" | "smallserial")
        });
        if !is_small || !keys.contains(&&*column.name) {
            continue;
        }
        problems.push(
            Problem::new(
                column.span.clone(),
                format!("primary key \"{}\" of \"{table}\" is an integer of four bytes or fewer", column.name),
            )
            .object(format!("{table}.{}", column.name))
            .effect("After 2,147,483,647 numbers every INSERT fails with 22003 (or 2200H); to widen it writes the table anew.")
            .instead("bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        );
    }
}
