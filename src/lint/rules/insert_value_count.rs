//! A row of VALUES has more or fewer values than INSERT has columns, and the statement fails.

use crate::lint::context::Step;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::{Action, DmlAction};

pub(super) static RULE: Rule = Rule {
    name: "insert-value-count",
    level: Level::Error,
    category: Category::Correctness,
    summary: "a row of VALUES has more or fewer values than INSERT has columns, and the statement fails",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let Action::Dml(change) = &step.act.action else {
        return;
    };
    let (DmlAction::Insert, Some(source)) = (change.action, &change.source) else {
        return;
    };
    let columns = match change.columns.len() {
        0 => step
            .relation(&change.target)
            .known()
            .filter(|relation| relation.columns_known && !relation.only_named)
            .map(|relation| (0, relation.columns.len())),
        written => Some((written, written)),
    };
    let (Some((least, most)), [arm]) = (columns, source.arms.as_slice()) else {
        return;
    };
    let Some(row) = arm
        .values
        .iter()
        .find(|row| !(least..=most).contains(&row.len()) && !row.is_empty())
    else {
        return;
    };
    let span = row
        .first()
        .map_or_else(|| step.act.span.clone(), |first| first.span.clone());
    problems.push(
        Problem::new(
            span,
            format!(
                "row of {} values for {most} columns of \"{}\"",
                row.len(),
                change.target
            ),
        )
        .object(&change.target)
        .effect("The server refuses the statement with 42601, and the whole transaction is rolled back.")
        .instead("Give each column one value."),
    );
}
