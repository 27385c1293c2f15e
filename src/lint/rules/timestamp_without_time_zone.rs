//! A column of type timestamp does not say which instant it means.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "timestamp-without-time-zone",
    level: Level::Info,
    category: Category::Style,
    summary: "a column of type timestamp does not say which instant it means",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for (table, column) in step.new_columns() {
        let Some(of) = &column.data_type else { continue };
        if of.name.schema.is_some() || of.name.name != "timestamp" {
            continue;
        }
        problems.push(
            Problem::new(
                column.span.clone(),
                format!(
                    "column \"{}\" of \"{table}\" is of type timestamp without time zone",
                    column.name
                ),
            )
            .object(format!("{table}.{}", column.name))
            .effect("It does not say which instant it means: clients in other time zones read another one.")
            .instead("timestamptz"),
        );
    }
}
