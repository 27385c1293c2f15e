//! A column of type json has no equality and no index.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "json-instead-of-jsonb",
    level: Level::Info,
    category: Category::Style,
    summary: "a column of type json has no equality and no index",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for (table, column) in step.new_columns() {
        let Some(of) = &column.data_type else { continue };
        if of.name.schema.is_some() || of.name.name != "json" {
            continue;
        }
        problems.push(
            Problem::new(
                column.span.clone(),
                format!("column \"{}\" of \"{table}\" is of type json", column.name),
            )
            .object(format!("{table}.{}", column.name))
            .effect("It has no equality, so DISTINCT, GROUP BY and UNION fail with 42883, and no index can look into it.")
            .instead("jsonb"),
        );
    }
}
