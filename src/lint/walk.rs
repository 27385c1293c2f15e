//! Every act of a file in the order of its text, those in DO blocks included.

use super::context::{Migration, Step};
use super::digest::Made;
use crate::sql::WrittenName;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::routine::{Body, BodyKind};
use crate::sql::act::session::{SetScope, SettingValue};
use crate::sql::act::{Act, Action, Dml, Expr, FromItem, Literal, Query};

/// An act in its file.
#[derive(Clone, Copy, Debug)]
pub struct Walked<'a> {
    /// The place of the statement in the file; that of the DO for what stands in one.
    pub statement: usize,
    /// The act.
    pub act: &'a Act,
    /// Whether it may not run: it stands below a condition in a DO block.
    pub conditional: bool,
}

/// Returns every act of a file in order; a DO comes before what stands in it.
pub fn every_act(migration: &Migration) -> Vec<Walked<'_>> {
    every_act_of(&migration.acts)
}

pub(super) fn every_act_of(acts: &[Act]) -> Vec<Walked<'_>> {
    let mut walked = Vec::with_capacity(acts.len());
    for (statement, act) in acts.iter().enumerate() {
        let start = Walked {
            statement,
            act,
            conditional: false,
        };
        below(start, &mut walked);
    }
    walked
}

fn below<'a>(start: Walked<'a>, walked: &mut Vec<Walked<'a>>) {
    walked.push(start);
    let Action::Do(body) = &start.act.action else {
        return;
    };
    for inner in &body.statements {
        if let BodyKind::Sql(act) | BodyKind::Dynamic(act) = &inner.kind {
            let next = Walked {
                statement: start.statement,
                act,
                conditional: start.conditional || inner.conditional || inner.caught,
            };
            below(next, walked);
        }
    }
}

/// Returns every setting that acts make, `set_config` in expressions of DO blocks included.
pub(super) fn settings_of<'a>(walked: &[Walked<'a>]) -> Vec<Made<'a>> {
    let mut made = Vec::new();
    for walked in walked {
        match &walked.act.action {
            Action::Set(setting) => {
                let value = match &setting.value {
                    Some(SettingValue::Text(text)) => Some(&**text),
                    _ => None,
                };
                made.push(Made {
                    name: &setting.name,
                    value,
                    scope: setting.scope,
                    span: walked.act.span.clone(),
                });
            }
            Action::Do(body) => settings_of_body(body, &mut made),
            Action::Select(query) => query.walk(&mut |expr| made.extend(set_config(expr))),
            Action::Other(words) if words.starts_with("DISCARD") => made.push(Made {
                name: "all",
                value: None,
                scope: SetScope::Reset,
                span: walked.act.span.clone(),
            }),
            _ => {}
        }
    }
    made
}

fn settings_of_body<'a>(body: &'a Body, made: &mut Vec<Made<'a>>) {
    for statement in &body.statements {
        if let BodyKind::Expression(expr) = &statement.kind {
            expr.walk(&mut |part| made.extend(set_config(part)));
        }
    }
}

/// Reads `set_config('name', value, is_local)`.
fn set_config(expr: &Expr) -> Option<Made<'_>> {
    let ExprKind::Call { name, arguments, .. } = &expr.kind else {
        return None;
    };
    if name.name != "set_config" {
        return None;
    }
    let [parameter, value, local] = arguments.as_slice() else {
        return None;
    };
    let Some(Literal::Text(parameter)) = parameter.without_casts().as_literal() else {
        return None;
    };
    let value = match value.without_casts().as_literal() {
        Some(Literal::Text(text)) => Some(&**text),
        _ => None,
    };
    let is_session = matches!(local.without_casts().as_literal(), Some(Literal::Bool(false)));
    Some(Made {
        name: parameter,
        value,
        scope: if is_session {
            SetScope::Session
        } else {
            SetScope::Local
        },
        span: expr.span.clone(),
    })
}

/// Returns every change of rows in a statement: its own, and those in its WITH.
pub fn changes_of(act: &Act) -> Vec<&Dml> {
    let mut changes: Vec<&Dml> = Vec::new();
    match &act.action {
        Action::Dml(change) => {
            changes.push(change);
            let queries = change
                .with
                .iter()
                .map(|(_, query)| query)
                .chain(change.source.as_deref());
            changes.extend(queries.flat_map(|query| &query.changes).map(|(_, change)| change));
        }
        Action::Select(query) => changes.extend(query.changes.iter().map(|(_, change)| change)),
        _ => {}
    }
    changes
}

/// Returns what the functions and procedures do that a statement calls by SELECT, CALL or PERFORM, each act in the place
/// of the call. One level deep: what they call in their turn is not followed.
pub fn called_acts(step: &Step<'_>) -> Vec<Act> {
    let mut names: Vec<&WrittenName> = Vec::new();
    match &step.act.action {
        Action::Select(_) => names.extend(step.act.uses.calls.iter().map(|(name, ..)| name)),
        Action::Call { name, .. } => names.push(name),
        Action::Do(body) => {
            for statement in &body.statements {
                let BodyKind::Expression(expr) = &statement.kind else {
                    continue;
                };
                expr.walk(&mut |part| {
                    if let ExprKind::Call { name, .. } = &part.kind {
                        names.push(name);
                    }
                });
            }
        }
        _ => {}
    }
    let routines = names.into_iter().flat_map(|name| step.schema.routines(name));
    routines
        .filter_map(|routine| routine.body.as_ref())
        .flat_map(|body| &body.statements)
        .filter_map(|statement| match &statement.kind {
            BodyKind::Sql(act) | BodyKind::Dynamic(act) => Some(Act {
                span: step.act.span.clone(),
                ..Act::clone(act)
            }),
            _ => None,
        })
        .collect()
}

/// Adds the relations that an expression's subqueries name, those of WITH left out.
pub fn relations_of_expr<'a>(expr: &'a Expr, names: &mut Vec<&'a WrittenName>) {
    expr.walk(&mut |part| match &part.kind {
        ExprKind::Query(query) => from_of(query, names),
        ExprKind::In {
            query: Some(query), ..
        } => from_of(query, names),
        _ => {}
    });
}

/// Adds the relations that a query names, those of its subqueries included and those of WITH left out.
pub fn relations_of_query<'a>(query: &'a Query, names: &mut Vec<&'a WrittenName>) {
    from_of(query, names);
    query.walk(&mut |part| match &part.kind {
        ExprKind::Query(inner) => from_of(inner, names),
        ExprKind::In {
            query: Some(inner), ..
        } => from_of(inner, names),
        _ => {}
    });
}

fn from_of<'a>(query: &'a Query, names: &mut Vec<&'a WrittenName>) {
    let own: Vec<&str> = query
        .with
        .iter()
        .map(|(name, _)| &**name)
        .chain(query.changes.iter().map(|(name, _)| &**name))
        .collect();
    query.with.iter().for_each(|(_, with)| from_of(with, names));
    for arm in &query.arms {
        arm.from.iter().for_each(|item| item_of(item, &own, names));
    }
}

fn item_of<'a>(item: &'a FromItem, own: &[&str], names: &mut Vec<&'a WrittenName>) {
    match item {
        FromItem::Relation { name, .. } => {
            let is_own = name.schema.is_none() && own.contains(&name.name.as_str());
            if !is_own && !names.contains(&name) {
                names.push(name);
            }
        }
        FromItem::Query { query, .. } => from_of(query, names),
        FromItem::Join { left, right, .. } => {
            item_of(left, own, names);
            item_of(right, own, names);
        }
        FromItem::Call { .. } => {}
    }
}
