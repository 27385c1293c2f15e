//! How volatile an expression is (manual 18, section 36.7 "Function Volatility Categories").

use crate::lint::schema::{Routine, Schema, builtin_function};
use crate::sql::WrittenName;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::routine::BodyKind;
use crate::sql::act::{Action, BodyStatement, Expr, Query, Volatility};

/// How volatile the default of a column is, and whether every function in it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Worst {
    pub volatility: Volatility,
    pub known: bool,
}

/// Functions of which only an overload that defaults do not use is volatile: `timezone` of a time with time zone.
const RARELY_VOLATILE: &[&str] = &["timezone"];

/// Returns the volatility of the most volatile function that an expression calls. Operators and casts are never
/// volatile: no server brings one that is.
pub(super) fn worst(schema: &Schema, expr: &Expr) -> Worst {
    let mut worst = Worst {
        volatility: Volatility::Immutable,
        known: true,
    };
    expr.walk(&mut |part| {
        if let ExprKind::Call { name, arguments, .. } = &part.kind {
            let found = of_call(schema, name, arguments.len());
            worst.known &= found.is_some();
            worst.volatility = worst.volatility.max(found.unwrap_or(Volatility::Volatile));
        }
    });
    worst
}

fn of_call(schema: &Schema, name: &WrittenName, arguments: usize) -> Option<Volatility> {
    if matches!(name.schema.as_deref(), None | Some("pg_catalog")) {
        if RARELY_VOLATILE.contains(&name.name.as_str()) {
            return Some(Volatility::Stable);
        }
        if let Some(found) = builtin_function(&name.name) {
            return Some(found);
        }
    }
    let found = schema.routines(name);
    let exact = found
        .iter()
        .filter(|routine| routine.arguments.len() == arguments)
        .map(|routine| of_routine(schema, routine))
        .max();
    exact.or_else(|| found.iter().map(|routine| of_routine(schema, routine)).max())
}

/// A function in SQL that is one expression counts as that expression, for the planner puts it in its place before the
/// volatility is asked for (`inline_function` in clauses.c).
fn of_routine(schema: &Schema, routine: &Routine) -> Volatility {
    let declared = routine.volatility;
    if &*routine.language != "sql" || routine.security_definer || !routine.settings.is_empty() {
        return declared;
    }
    let statements = routine.body.as_ref().map(|body| body.statements.as_slice());
    let Some([BodyStatement { kind, .. }]) = statements else {
        return declared;
    };
    let expr = match kind {
        BodyKind::Sql(act) => match &act.action {
            Action::Select(query) => only_expr(query),
            _ => None,
        },
        BodyKind::Return { value, .. } => value.as_ref(),
        _ => None,
    };
    let calls_itself = |expr: &Expr| {
        expr.any(|part| matches!(&part.kind, ExprKind::Call { name, .. } if *name.name == *routine.key.name))
    };
    match expr {
        Some(expr) if !calls_itself(expr) => {
            let worst = worst(schema, expr);
            if worst.known {
                declared.min(worst.volatility)
            } else {
                declared
            }
        }
        _ => declared,
    }
}

fn only_expr(query: &Query) -> Option<&Expr> {
    let [arm] = query.arms.as_slice() else { return None };
    let [target] = arm.targets.as_slice() else {
        return None;
    };
    let is_plain = arm.from.is_empty()
        && arm.condition.is_none()
        && arm.group_by.is_empty()
        && arm.having.is_none()
        && query.with.is_empty()
        && query.changes.is_empty()
        && query.limit.is_none()
        && query.order_by.is_empty();
    is_plain.then_some(&target.expr)
}
