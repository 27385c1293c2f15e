//! `policy-casts-empty-setting`.

use crate::lint::context::Ended;
use crate::lint::policy::changed_policies;
use crate::lint::rule::{Category, Check, Problem, Rule};
use crate::lint::tenancy::settings_read;
use crate::model::Level;
use crate::sql::act::Expr;
use crate::sql::act::expression::ExprKind;

/// A policy that casts a setting which is empty once it was set and reset.
pub(super) static RULE: Rule = Rule {
    name: "policy-casts-empty-setting",
    level: Level::Warning,
    category: Category::RowSecurity,
    summary: "a policy casts a setting that is the empty string after SET LOCAL or RESET",
    check: Check::Migration(check),
};

fn check(ended: &Ended<'_>, problems: &mut Vec<Problem>) {
    for changed in changed_policies(ended) {
        let mut found: Option<(String, String)> = None;
        for expr in changed.policy.using.iter().chain(&changed.policy.with_check) {
            expr.walk(&mut |part| {
                if found.is_none() {
                    found = cast_of_setting(part);
                }
            });
        }
        let Some((name, target)) = found else { continue };
        problems.push(
            Problem::new(
                changed.span,
                format!("policy \"{}\" casts the setting \"{name}\" to {target} as it is", changed.policy.name),
            )
            .object(&changed.relation.key)
            .effect(format!(
                "After SET LOCAL or RESET in a pooled session the setting is the empty string, not NULL: every query fails with \
                 22P02 instead of seeing no row (an empty string is no {target})."
            ))
            .instead(format!("nullif(current_setting('{name}', true), '')::{target}")),
        );
    }
}

fn cast_of_setting(expr: &Expr) -> Option<(String, String)> {
    let ExprKind::Cast { operand, target } = &expr.kind else {
        return None;
    };
    if matches!(target.name.name.as_str(), "text" | "varchar" | "name") {
        return None;
    }
    let ExprKind::Call { name, .. } = &operand.without_casts().kind else {
        return None;
    };
    // A strict read has a rule of its own.
    let read = settings_read(operand).into_iter().find(|read| read.missing_ok)?;
    (name.name == "current_setting").then(|| (read.name.to_owned(), target.normal()))
}
