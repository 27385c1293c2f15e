//! An index leaves NULL out of a column that is NOT NULL.

use crate::lint::context::Ended;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::expression::ExprKind;

pub(super) static RULE: Rule = Rule {
    name: "needless-index-predicate",
    level: Level::Info,
    category: Category::Style,
    summary: "an index leaves NULL out of a column that is NOT NULL",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    let number = Some(ended.migration.number);
    for relation in ended.changed_relations() {
        for index in ended.after.indexes_of(relation) {
            let Some(condition) = index
                .condition
                .as_ref()
                .filter(|_| index.origin.migration() == number)
            else {
                continue;
            };
            let needless = condition.conjuncts().iter().find_map(|part| match &part.kind {
                ExprKind::IsNull {
                    operand,
                    negated: true,
                } => {
                    let column = operand.as_column()?;
                    relation.column(&column.name).filter(|column| column.not_null)
                }
                _ => None,
            });
            let (Some(column), Some(span)) = (needless, ended.span_of(index.origin)) else {
                continue;
            };
            problems.push(
                Problem::new(
                    span,
                    format!("WHERE {} IS NOT NULL of index \"{}\" is always true: the column is NOT NULL", column.name, index.key.name),
                )
                .object(&index.key)
                .effect("Nothing is left out of the index, and queries use it only where they prove the condition; ON CONFLICT has to repeat it.")
                .instead("Leave the condition out."),
            );
        }
    }
}
