//! A serial column leaves its sequence to be granted and owned by itself.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "serial-instead-of-identity",
    level: Level::Info,
    category: Category::Style,
    summary: "a serial column leaves its sequence to be granted and owned by itself",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for (table, column) in step.new_columns() {
        let Some(of) = &column.data_type else { continue };
        if of.name.schema.is_some()
            || !(matches!(of.name.name.as_str(), "serial" | "bigserial" | "smallserial"))
        {
            continue;
        }
        problems.push(
            Problem::new(
                column.span.clone(),
                format!("column \"{}\" of \"{table}\" is serial", column.name),
            )
            .object(format!("{table}.{}", column.name))
            .effect("Its sequence needs grants of its own, and nothing keeps clients from writing numbers of their own.")
            .instead("bigint GENERATED ALWAYS AS IDENTITY"),
        );
    }
}
