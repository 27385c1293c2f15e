//! A column of type varchar(n): a longer limit is a change of the table.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "varchar-with-length",
    level: Level::Info,
    category: Category::Style,
    summary: "a column of type varchar(n): a longer limit is a change of the table",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for (table, column) in step.new_columns() {
        let Some(of) = &column.data_type else { continue };
        if of.name.schema.is_some() || of.name.name != "varchar" || of.modifiers.is_empty() {
            continue;
        }
        problems.push(
            Problem::new(
                column.span.clone(),
                format!("column \"{}\" of \"{table}\" is of type varchar(n)", column.name),
            )
            .object(format!("{table}.{}", column.name))
            .effect("A limit that turns out too short is an error for users; to make it shorter reads and writes the whole table.")
            .instead("text, with CHECK (length(…) <= n), which can be changed NOT VALID"),
        );
    }
}
