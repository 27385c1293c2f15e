//! = NULL and <> NULL are never true.

use std::collections::BTreeSet;

use crate::lint::context::Step;
use crate::lint::expressions::{walk_action, walk_body};
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::model::Level;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Action, Expr, Literal};

pub(super) static RULE: Rule = Rule {
    name: "comparison-with-null",
    level: Level::Warning,
    category: Category::Correctness,
    summary: "= NULL and <> NULL are never true",
    check: Check::Statement(check),
};

fn check(step: &Step<'_>, problems: &mut Vec<Problem>) {
    let mut found = BTreeSet::new();
    let mut visit = |expr: &Expr| {
        if let ExprKind::Operator { sign, operands } = &expr.kind
            && matches!(&**sign, "=" | "<>" | "!=")
            && operands.len() == 2
            && operands
                .iter()
                .any(|operand| operand.as_literal() == Some(&Literal::Null))
        {
            found.insert((expr.span.start, expr.span.end, sign.to_string()));
        }
    };
    match &step.act.action {
        Action::CreateRoutine(routine) => routine.body.iter().for_each(|body| walk_body(body, &mut visit)),
        // The conditions of a block; the statements in it come by themselves.
        Action::Do(body) => body
            .statements
            .iter()
            .flat_map(|statement| &statement.conditions)
            .for_each(|expr| expr.walk(&mut visit)),
        action => walk_action(action, &mut visit),
    }
    for (start, end, sign) in found {
        let word = if sign == "=" { "IS NULL" } else { "IS NOT NULL" };
        problems.push(
            Problem::new(start..end, format!("comparison with NULL by {sign} is never true"))
                .effect("It gives NULL for every row: WHERE finds none, CHECK lets everything in, USING hides everything.")
                .instead(format!("Write {word}.")),
        );
    }
}
