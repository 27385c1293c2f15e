//! A column of type char(n) is padded with blanks.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "char-type",
    level: Level::Info,
    category: Category::Style,
    summary: "a column of type char(n) is padded with blanks",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for (table, column) in step.new_columns() {
        let Some(of) = &column.data_type else { continue };
        if of.name.schema.is_some() || of.name.name != "bpchar" {
            continue;
        }
        problems.push(
            Problem::new(
                column.span.clone(),
                format!("column \"{}\" of \"{table}\" is of type char(n)", column.name),
            )
            .object(format!("{table}.{}", column.name))
            .effect("Values are filled with blanks that count when they are stored and do not when they are compared; it is no faster than text.")
            .instead("text, with CHECK (length(…) = n) where the length matters"),
        );
    }
}
