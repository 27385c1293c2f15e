//! An amount of money is kept as a float.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;

pub(super) static RULE: Rule = Rule {
    name: "float-for-money",
    level: Level::Info,
    category: Category::Style,
    summary: "an amount of money is kept as a float",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    for (table, column) in step.new_columns() {
        let Some(of) = &column.data_type else { continue };
        if of.name.schema.is_some()
            || !(matches!(of.name.name.as_str(), "float4" | "float8") && is_amount(&column.name))
        {
            continue;
        }
        problems.push(
            Problem::new(
                column.span.clone(),
                format!(
                    "column \"{}\" of \"{table}\" keeps an amount as a float",
                    column.name
                ),
            )
            .object(format!("{table}.{}", column.name))
            .effect("Sums are off by fractions, and 0.1 + 0.2 is not 0.3.")
            .instead("bigint of cents, or numeric(…, 2)"),
        );
    }
}

fn is_amount(name: &str) -> bool {
    name.split('_').any(|word| {
        ["amount", "balance", "cents", "cost", "fee", "price", "total"]
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known))
    })
}
