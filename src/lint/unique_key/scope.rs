//! What FROM, ON and WHERE say of columns: which are unique, which follow from which.

use std::collections::BTreeSet;

use crate::lint::schema::{Relation, RelationKind, Schema, TableConstraintKind};
use crate::sql::WrittenName;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{ColumnRef, Expr, FromItem, JoinKind, Literal, Query, SelectCore};

/// A column of something in FROM: the alias, the name.
pub(super) type Place = (String, String);

/// Something in FROM.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub alias: String,
    pub columns: Vec<Box<str>>,
    pub not_null: BTreeSet<String>,
    /// The sets of columns that are unique in it; an empty one where it has a single row.
    pub keys: Vec<Vec<String>>,
    /// Whether an outer join may fill it with NULL.
    pub optional: bool,
    /// Whether it has a window function, which may make columns unique in ways that are not looked at.
    pub windowed: bool,
}

/// What FROM, ON and WHERE say.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub sources: Vec<Source>,
    /// From the columns on the left the one on the right follows; none on the left for constants.
    pub follows: Vec<(Option<Place>, Place)>,
}

pub(super) fn is_star(target: &crate::sql::act::Target) -> bool {
    target.expr.as_column().is_some_and(|column| &*column.name == "*")
}

pub(super) fn is_aggregate(expr: &Expr) -> bool {
    const AGGREGATES: [&str; 16] = [
        "count",
        "sum",
        "min",
        "max",
        "avg",
        "bool_or",
        "bool_and",
        "every",
        "array_agg",
        "string_agg",
        "json_agg",
        "jsonb_agg",
        "jsonb_object_agg",
        "json_object_agg",
        "stddev",
        "variance",
    ];
    match &expr.kind {
        ExprKind::Call { name, arguments, .. } => {
            AGGREGATES.contains(&name.name.as_str()) || arguments.iter().any(is_aggregate)
        }
        ExprKind::Cast { operand, .. } | ExprKind::Not(operand) => is_aggregate(operand),
        ExprKind::Operator { operands: parts, .. } | ExprKind::Case(parts) | ExprKind::Other(parts) => {
            parts.iter().any(is_aggregate)
        }
        _ => false,
    }
}

pub(super) fn scope(schema: &Schema, query: &Query, arm: &SelectCore) -> Option<Scope> {
    let mut scope = Scope::default();
    for item in &arm.from {
        add(schema, query, item, false, &mut scope)?;
    }
    for condition in arm.condition.iter().flat_map(Expr::conjuncts) {
        equate(&mut scope, condition, true, true, &[]);
    }
    Some(scope)
}

/// Adds an item of FROM; nothing where it is not known well enough.
pub(super) fn add(
    schema: &Schema,
    query: &Query,
    item: &FromItem,
    optional: bool,
    scope: &mut Scope,
) -> Option<()> {
    match item {
        FromItem::Relation { name, alias, .. } => {
            let alias = alias.as_deref().unwrap_or(&name.name).to_owned();
            let source = match query
                .with
                .iter()
                .find(|(own, _)| name.schema.is_none() && **own == *name.name)
            {
                Some((_, with)) => derived(schema, with, alias, optional)?,
                None => relation(schema, name, alias, optional)?,
            };
            scope.sources.push(source);
        }
        FromItem::Query { query, alias } => {
            let alias = alias.as_deref()?.to_owned();
            scope.sources.push(derived(schema, query, alias, optional)?);
        }
        FromItem::Call { .. } => return None,
        FromItem::Join {
            left,
            right,
            kind,
            on,
            using,
        } => {
            let (left_optional, right_optional) = match kind {
                JoinKind::Natural => return None,
                JoinKind::Inner | JoinKind::Cross => (optional, optional),
                JoinKind::Left => (optional, true),
                JoinKind::Right => (true, optional),
                JoinKind::Full => (true, true),
            };
            let start = scope.sources.len();
            add(schema, query, left, left_optional, scope)?;
            let middle = scope.sources.len();
            add(schema, query, right, right_optional, scope)?;
            let of_right: Vec<String> = scope.sources[middle..]
                .iter()
                .map(|source| source.alias.clone())
                .collect();
            let of_left: Vec<String> = scope.sources[start..middle]
                .iter()
                .map(|source| source.alias.clone())
                .collect();
            let (to_right, to_left) = match kind {
                JoinKind::Left => (true, false),
                JoinKind::Right => (false, true),
                JoinKind::Full => (false, false),
                _ => (true, true),
            };
            for condition in on.iter().flat_map(|on| on.conjuncts()) {
                equate(scope, condition, to_right, to_left, &of_right);
            }
            for column in using {
                let sides = of_left
                    .iter()
                    .flat_map(|left| of_right.iter().map(move |right| (left, right)));
                for (left, right) in sides.collect::<Vec<_>>() {
                    let (left, right) = (
                        (left.clone(), column.to_string()),
                        (right.clone(), column.to_string()),
                    );
                    if to_right {
                        scope.follows.push((Some(left.clone()), right.clone()));
                    }
                    if to_left {
                        scope.follows.push((Some(right), left));
                    }
                }
            }
        }
    }
    Some(())
}

pub(super) fn relation(schema: &Schema, name: &WrittenName, alias: String, optional: bool) -> Option<Source> {
    let found = schema.relation(name).known()?;
    if found.only_named || !found.columns_known {
        return None;
    }
    let columns: Vec<Box<str>> = found
        .columns
        .iter()
        .map(|column| Box::from(&*column.name))
        .collect();
    let mut keys = keys_of(schema, found);
    if let (RelationKind::View, Some(query)) = (found.kind, &found.query) {
        keys.extend(derived(schema, query, alias.clone(), optional)?.keys);
    }
    Some(Source {
        alias,
        not_null: found
            .columns
            .iter()
            .filter(|column| column.not_null)
            .map(|column| column.name.to_string())
            .collect(),
        columns,
        keys,
        optional,
        windowed: false,
    })
}

/// The unique keys of a table whose columns cannot be NULL, or of a materialized view.
pub(super) fn keys_of(schema: &Schema, relation: &Relation) -> Vec<Vec<String>> {
    let mut keys: Vec<Vec<String>> = Vec::new();
    let from_constraints = relation.constraints.iter().filter_map(|constraint| {
        use TableConstraintKind as K;
        match &constraint.kind {
            K::PrimaryKey(columns) | K::Unique(columns) => {
                Some(columns.iter().map(|name| name.to_string()).collect())
            }
            _ => None,
        }
    });
    keys.extend(from_constraints);
    for index in schema
        .indexes_of(relation)
        .filter(|index| index.unique && index.condition.is_none())
    {
        if let Some(columns) = index.plain_columns() {
            keys.push(columns.into_iter().map(str::to_owned).collect());
        }
    }
    let is_filled = |name: &String| relation.column(name).is_some_and(|column| column.not_null);
    keys.retain(|key: &Vec<String>| {
        relation.kind == RelationKind::MaterializedView || key.iter().all(is_filled)
    });
    keys
}

/// A subquery as a source: its columns, and the keys that grouping and DISTINCT give it.
pub(super) fn derived(schema: &Schema, query: &Query, alias: String, optional: bool) -> Option<Source> {
    let first = query.arms.first()?;
    if first.targets.iter().any(is_star) {
        return None;
    }
    let columns: Vec<Box<str>> = first
        .targets
        .iter()
        .map(|target| target.name().unwrap_or("?column?").into())
        .collect();
    let mut keys: Vec<Vec<String>> = Vec::new();
    if let [arm] = query.arms.as_slice() {
        let grouped = if arm.distinct_on.is_empty() {
            &arm.group_by
        } else {
            &arm.distinct_on
        };
        if !grouped.is_empty() && !arm.grouping_sets {
            keys.extend(
                grouped
                    .iter()
                    .map(|expr| name_in(arm, expr))
                    .collect::<Option<Vec<String>>>(),
            );
        } else if arm.targets.iter().any(|target| is_aggregate(&target.expr)) {
            keys.push(Vec::new());
        } else if arm.distinct {
            keys.push(columns.iter().map(|name| name.to_string()).collect());
        } else {
            let scope = scope(schema, query, arm)?;
            if let [only] = scope.sources.as_slice() {
                let renamed = only.keys.iter().filter_map(|key| {
                    key.iter()
                        .map(|column| {
                            arm.targets
                                .iter()
                                .find(|target| {
                                    target
                                        .expr
                                        .as_column()
                                        .is_some_and(|found| *found.name == **column)
                                })
                                .and_then(|target| target.name().map(str::to_owned))
                        })
                        .collect::<Option<Vec<String>>>()
                });
                keys.extend(renamed);
            }
        }
    } else if query.distinct_arms {
        keys.push(columns.iter().map(|name| name.to_string()).collect());
    }
    Some(Source {
        alias,
        columns,
        not_null: BTreeSet::new(),
        keys,
        optional,
        windowed: first.targets.iter().any(|target| is_windowed(&target.expr)),
    })
}

/// The name under which an arm gives what it groups by.
pub(super) fn name_in(arm: &SelectCore, expr: &Expr) -> Option<String> {
    let expr = resolved(arm, expr);
    arm.targets
        .iter()
        .find(|target| same(&target.expr, expr))
        .and_then(|target| target.name().map(str::to_owned))
}

/// GROUP BY may say the place or the alias of a target.
pub(super) fn resolved<'a>(arm: &'a SelectCore, expr: &'a Expr) -> &'a Expr {
    if let Some(Literal::Number(number)) = expr.as_literal()
        && let Some(target) = number
            .parse::<usize>()
            .ok()
            .and_then(|at| arm.targets.get(at.wrapping_sub(1)))
    {
        return &target.expr;
    }
    if let Some(column) = expr.as_column()
        && column.qualifier.is_none()
        && let Some(target) = arm
            .targets
            .iter()
            .find(|target| target.alias.as_deref() == Some(&*column.name))
    {
        return &target.expr;
    }
    expr
}

pub(super) fn same(one: &Expr, other: &Expr) -> bool {
    if let (Some(one), Some(other)) = (one.as_column(), other.as_column()) {
        let qualifiers = match (&one.qualifier, &other.qualifier) {
            (Some(one), Some(other)) => one.name == other.name,
            _ => true,
        };
        return qualifiers && one.name == other.name;
    }
    one.normal() == other.normal()
}

/// Notes what an equality says: which column follows from which, in the directions that the join allows.
pub(super) fn equate(
    scope: &mut Scope,
    condition: &Expr,
    to_right: bool,
    to_left: bool,
    of_right: &[String],
) {
    let ExprKind::Operator { sign, operands } = &condition.kind else {
        return;
    };
    let ([left, right], "=") = (operands.as_slice(), &**sign) else {
        return;
    };
    for (from, to) in [(left, right), (right, left)] {
        let Some(to) = to.as_column().and_then(|column| place(scope, column)) else {
            continue;
        };
        let allowed = if of_right.contains(&to.0) || of_right.is_empty() {
            to_right
        } else {
            to_left
        };
        if !allowed {
            continue;
        }
        match &from.without_casts().kind {
            ExprKind::Literal(_) => scope.follows.push((None, to)),
            // What a subquery computes from columns around it follows from them.
            ExprKind::Query(_) => scope.follows.push((None, to)),
            ExprKind::Column(column) => {
                if let Some(from) = place(scope, column) {
                    scope.follows.push((Some(from), to));
                }
            }
            _ => {}
        }
    }
}

pub(super) fn source_of<'a>(scope: &'a Scope, column: &ColumnRef) -> Option<(&'a Source, String)> {
    let wanted = |source: &&Source| match &column.qualifier {
        Some(qualifier) => source.alias == qualifier.name,
        None => source.columns.contains(&column.name),
    };
    scope
        .sources
        .iter()
        .find(wanted)
        .map(|source| (source, column.name.to_string()))
}

pub(super) fn place(scope: &Scope, column: &ColumnRef) -> Option<Place> {
    source_of(scope, column).map(|(source, name)| (source.alias.clone(), name))
}

pub(super) fn place_of_name(scope: &Scope, name: &str) -> Option<Place> {
    scope
        .sources
        .iter()
        .find(|source| source.columns.iter().any(|column| **column == *name))
        .map(|source| (source.alias.clone(), name.to_owned()))
}

pub(super) fn closure(scope: &Scope, key: &[&Expr]) -> BTreeSet<Place> {
    let places = key
        .iter()
        .filter_map(|expr| expr.without_casts().as_column())
        .filter_map(|column| place(scope, column));
    close(scope, places.collect())
}

/// Adds everything that follows from what is known.
pub(super) fn close(scope: &Scope, mut known: BTreeSet<Place>) -> BTreeSet<Place> {
    loop {
        let before = known.len();
        for (from, to) in &scope.follows {
            if from.as_ref().is_none_or(|from| known.contains(from)) {
                known.insert(to.clone());
            }
        }
        for source in &scope.sources {
            if is_determined(source, &known) {
                known.extend(
                    source
                        .columns
                        .iter()
                        .map(|column| (source.alias.clone(), column.to_string())),
                );
            }
        }
        if known.len() == before {
            return known;
        }
    }
}

pub(super) fn is_determined(source: &Source, known: &BTreeSet<Place>) -> bool {
    source.keys.iter().any(|key| {
        key.iter()
            .all(|column| known.contains(&(source.alias.clone(), column.clone())))
    })
}

pub(super) fn is_windowed(expr: &Expr) -> bool {
    expr.any(|part| matches!(part.kind, ExprKind::Call { windowed: true, .. }))
}
