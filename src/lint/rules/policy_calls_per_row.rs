//! `policy-calls-per-row`.

use crate::lint::context::Ended;
use crate::lint::policy::changed_policies;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::schema::builtin_function;
use crate::model::Level;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Expr, Volatility};

/// A policy that calls a function for every row.
pub(super) static RULE: Rule = Rule {
    name: "policy-calls-per-row",
    level: Level::Info,
    category: Category::RowSecurity,
    summary: "a policy calls a function that does not depend on the row, once per row",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for changed in changed_policies(ended) {
        let exprs = changed.policy.using.iter().chain(&changed.policy.with_check);
        let mut calls: Vec<String> = Vec::new();
        for expr in exprs {
            outside_of_queries(expr, &mut |part| calls.extend(costly(part)));
        }
        let Some(name) = calls.first() else { continue };
        problems.push(
            Problem::new(
                changed.span,
                format!(
                    "policy \"{}\" calls \"{name}\" for every row",
                    changed.policy.name
                ),
            )
            .object(&changed.relation.key)
            .effect("A scan calls it once per row; in a scalar subquery it is called once per query.")
            .instead(format!("(SELECT {name}(…))")),
        );
    }
}

/// A function of the project without a column among its arguments.
fn costly(expr: &Expr) -> Option<String> {
    let ExprKind::Call { name, arguments, .. } = &expr.kind else {
        return None;
    };
    let of_row = arguments
        .iter()
        .any(|argument| argument.any(|part| part.as_column().is_some()));
    let is_cheap = builtin_function(&name.name).is_some_and(|volatility| volatility != Volatility::Volatile);
    let is_key_word = matches!(name.name.as_str(), "coalesce" | "nullif" | "greatest" | "least");
    (!of_row && !is_cheap && !is_key_word).then(|| name.to_string())
}

fn outside_of_queries<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    let mut inner: Vec<&Expr> = Vec::new();
    expr.walk(&mut |part| {
        if let ExprKind::Query(query) = &part.kind {
            query.walk(&mut |below| inner.push(below));
        }
    });
    expr.walk(&mut |part| {
        if !inner.iter().any(|below| std::ptr::eq(*below, part)) {
            visit(part);
        }
    });
}
