//! What CHECK constraints prove, so that the server does not read the rows again.
//!
//! As `ConstraintImpliedByRelConstraint` in tablecmds.c does it: only constraints that are validated count, and the
//! prover looks at the parts of AND and OR.

use crate::lint::schema::{Relation, TableConstraintKind};
use crate::sql::act::Expr;
use crate::sql::act::expression::ExprKind;

/// Says whether a validated CHECK of a table, those in `but` left out, says that a column is not null.
pub(super) fn not_null(relation: &Relation, column: &str, but: &[Box<str>]) -> bool {
    checks(relation, but).any(|expr| says_not_null(expr, column))
}

/// Walks the conditions of the CHECK constraints that hold for every row, those in `but` left out.
pub(super) fn checks<'a>(relation: &'a Relation, but: &'a [Box<str>]) -> impl Iterator<Item = &'a Expr> {
    relation
        .constraints
        .iter()
        .filter(|constraint| constraint.valid && constraint.enforced)
        .filter(|constraint| !but.iter().any(|name| **name == *constraint.name))
        .filter_map(|constraint| match &constraint.kind {
            TableConstraintKind::Check(expr) => Some(expr),
            _ => None,
        })
}

fn says_not_null(expr: &Expr, column: &str) -> bool {
    let is_column = |part: &Expr| part.as_column().is_some_and(|found| *found.name == *column);
    match &expr.kind {
        ExprKind::And(parts) => parts.iter().any(|part| says_not_null(part, column)),
        ExprKind::Or(parts) => !parts.is_empty() && parts.iter().all(|part| says_not_null(part, column)),
        ExprKind::IsNull {
            operand,
            negated: true,
        } => is_column(operand),
        ExprKind::Not(inner) => matches!(
            &inner.kind,
            ExprKind::IsNull { operand, negated: false } if is_column(operand)
        ),
        _ => false,
    }
}
