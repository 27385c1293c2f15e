//! How volatile an expression is (manual 18, section 36.7 "Function Volatility Categories").

use crate::lint::schema::{Schema, builtin_function};
use crate::sql::WrittenName;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Expr, Volatility};

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
        .map(|routine| routine.volatility)
        .max();
    exact.or_else(|| found.iter().map(|routine| routine.volatility).max())
}
