//! A column of type money depends on the locale of the server.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "money-type",
    level: Level::Info,
    category: Category::Style,
    summary: "a column of type money depends on the locale of the server",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for (table, column) in step.new_columns() {
        let Some(of) = &column.data_type else { continue };
        if of.name.schema.is_some() || of.name.name != "money" {
            continue;
        }
        problems.push(
            Problem::new(
                column.span.clone(),
                format!("column \"{}\" of \"{table}\" is of type money", column.name),
            )
            .object(format!("{table}.{}", column.name))
            .effect("How it reads and how many places it has depends on lc_monetary of the session; it holds no currency.")
            .instead("bigint of cents, or numeric(…, 2)"),
        );
    }
}
