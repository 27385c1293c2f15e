//! Whether a query gives each combination of some of its columns once: what it groups by, what DISTINCT keeps, which
//! keys of its tables the columns determine. What is not known of a table makes the answer unknown, never "no".

mod scope;

use std::collections::BTreeSet;

use self::scope::{
    Place, Scope, close, closure, is_aggregate, is_determined, is_star, is_windowed, place, place_of_name,
    resolved, same, scope, source_of,
};
use super::schema::Schema;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Expr, Literal, Query, SelectCore};

/// Says whether the columns are unique in the query's result; nothing where that is not known.
pub fn is_unique(schema: &Schema, query: &Query, names: &[Box<str>], columns: &[&str]) -> Option<bool> {
    let [arm] = query.arms.as_slice() else {
        let all =
            query.distinct_arms && !names.is_empty() && names.iter().all(|name| columns.contains(&&**name));
        return all.then_some(true);
    };
    if matches!(query.limit.as_deref().and_then(Expr::as_literal), Some(Literal::Number(one)) if &**one == "1")
    {
        return Some(true);
    }
    if arm.grouping_sets || !arm.values.is_empty() {
        return None;
    }
    let key: Vec<&Expr> = columns
        .iter()
        .map(|column| target(arm, names, column))
        .collect::<Option<Vec<_>>>()
        .unwrap_or_default();
    let expands = arm.targets.iter().any(is_star);
    if key.len() != columns.len() && !expands {
        return None;
    }
    if !arm.distinct_on.is_empty() && !expands {
        let scope = scope(schema, query, arm)?;
        let known = closure(&scope, &key);
        return Some(
            arm.distinct_on
                .iter()
                .all(|expr| follows(&scope, &known, &key, arm, expr)),
        );
    }
    if arm.group_by.is_empty() && arm.targets.iter().any(|target| is_aggregate(&target.expr)) {
        return Some(true);
    }
    if arm.targets.iter().any(|target| gives_rows(schema, &target.expr)) {
        return None;
    }
    let scope = scope(schema, query, arm)?;
    let known = match expands {
        true => {
            let places = columns.iter().filter_map(|column| place_of_name(&scope, column));
            close(&scope, places.collect())
        }
        false => closure(&scope, &key),
    };
    let is_unclear = scope.sources.iter().any(|source| source.windowed)
        || key.iter().any(|expr| !is_plain(arm, expr))
        || (expands && arm.targets.iter().any(|target| is_windowed(&target.expr)));
    let answer = answer(&scope, &known, &key, arm);
    (answer || !is_unclear).then_some(answer)
}

/// Says whether a part of the key is a column, or what is grouped by; what else it may be unique for is not looked at.
fn is_plain(arm: &SelectCore, expr: &Expr) -> bool {
    expr.without_casts().as_column().is_some()
        || arm
            .group_by
            .iter()
            .any(|grouped| same(resolved(arm, grouped), expr))
}

fn answer(scope: &Scope, known: &BTreeSet<Place>, key: &[&Expr], arm: &SelectCore) -> bool {
    let all_follow = |mut exprs: &mut dyn Iterator<Item = &Expr>| {
        (&mut exprs).all(|expr| follows(scope, known, key, arm, expr))
    };
    if !arm.group_by.is_empty() {
        return all_follow(&mut arm.group_by.iter());
    }
    if arm.distinct {
        return all_follow(&mut arm.targets.iter().map(|target| &target.expr));
    }
    scope.sources.iter().all(|source| is_determined(source, known))
}

/// Returns the first of the columns that may be NULL as far as is known.
pub fn nullable<'a>(
    schema: &Schema,
    query: &Query,
    names: &[Box<str>],
    columns: &[&'a str],
) -> Option<&'a str> {
    let [arm] = query.arms.as_slice() else {
        return None;
    };
    let scope = scope(schema, query, arm)?;
    columns.iter().copied().find(|column| {
        target(arm, names, column)
            .and_then(Expr::as_column)
            .and_then(|found| source_of(&scope, found))
            .is_some_and(|(source, name)| source.optional || !source.not_null.contains(&name))
    })
}

/// Returns the expression that gives a column its values.
fn target<'a>(arm: &'a SelectCore, names: &[Box<str>], column: &str) -> Option<&'a Expr> {
    let named = arm.targets.iter().find(|target| target.name() == Some(column));
    let placed = || {
        let at = names.iter().position(|name| **name == *column)?;
        (names.len() == arm.targets.len())
            .then(|| arm.targets.get(at))
            .flatten()
    };
    placed().or(named).map(|target| &target.expr)
}

/// Says whether an expression may give several rows, or is not known well enough.
fn gives_rows(schema: &Schema, expr: &Expr) -> bool {
    const SETS: [&str; 9] = [
        "unnest",
        "generate_series",
        "generate_subscripts",
        "jsonb_array_elements",
        "jsonb_array_elements_text",
        "json_array_elements",
        "jsonb_each",
        "regexp_split_to_table",
        "string_to_table",
    ];
    expr.any(|part| match &part.kind {
        ExprKind::Call { name, .. } => {
            SETS.contains(&name.name.as_str()) || !schema.routines(name).is_empty()
        }
        _ => false,
    })
}

/// Says whether an expression follows from the key: it is part of it, or all its columns follow.
fn follows(scope: &Scope, known: &BTreeSet<Place>, key: &[&Expr], arm: &SelectCore, expr: &Expr) -> bool {
    let expr = resolved(arm, expr);
    if key.iter().any(|part| same(part, expr)) {
        return true;
    }
    let mut all = true;
    let mut any = false;
    expr.walk(&mut |part| {
        if let Some(column) = part.as_column() {
            any = true;
            all &= place(scope, column).is_some_and(|place| known.contains(&place));
        }
    });
    (any && all) || (!any && expr.as_literal().is_some())
}
