//! Who needs an object, so that the server refuses to drop it or to change its type (manual, section 5.15).

use std::sync::Arc;

use super::{Replay, Touched};
use crate::lint::schema::relation::TableConstraintKind;
use crate::lint::schema::{Found, Key, Relation, Schema, TypeKind};
use crate::sql::WrittenName;
use crate::sql::act::expression::ExprKind;
use crate::sql::act::{Expr, FromItem, Query, SelectCore, Span};

/// An object that a statement takes away although others need it, so that the server refuses the statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Needed {
    /// The object.
    pub what: Touched,
    /// Who needs it, as people name it.
    pub by: Vec<String>,
    /// What the statement does to it.
    pub verb: &'static str,
    /// The error that the server answers with.
    pub sqlstate: &'static str,
    /// Where.
    pub span: Span,
}

/// What a statement does to an object that others need.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// It drops it without CASCADE.
    Drop,
    /// It changes the type of a column.
    Type,
}

impl Replay<'_> {
    /// Writes down that a statement takes away what others need, if they do.
    pub(super) fn refused(&mut self, what: Touched, by: Vec<String>, change: Change, span: &Span) {
        if by.is_empty() || self.place.conditional {
            return;
        }
        let (verb, sqlstate) = match change {
            Change::Drop => ("is dropped", "2BP01"),
            Change::Type => ("gets another type", "0A000"),
        };
        self.log.needed.push(Needed {
            what,
            by,
            verb,
            sqlstate,
            span: span.clone(),
        });
    }

    /// Says who needs a column. What belongs to its table alone (indexes, constraints) goes along with it or is made
    /// anew; a foreign key of another table keeps it from being dropped, not from getting another type.
    pub(super) fn users_of_column(&self, table: &Key, column: &str, change: Change) -> Vec<String> {
        let Some(relation) = self.schema.relation_at(table) else {
            return Vec::new();
        };
        let mut users = own_users(relation, column);
        for other in self.schema.relations() {
            let reads = other.reads.contains(table)
                && other
                    .query
                    .as_ref()
                    .is_some_and(|query| query_uses(self.schema, query, table, column));
            if reads {
                users.push(format!("{} {}", other.kind.as_str(), other.key));
            }
            let refers = matches!(change, Change::Drop)
                && other.key != *table
                && other.constraints.iter().any(|constraint| {
                    matches!(&constraint.kind, TableConstraintKind::ForeignKey { table: to, referenced, .. }
                        if to == table && referenced.iter().any(|name| **name == *column))
                });
            if refers {
                users.push(format!("foreign key of {}", other.key));
            }
        }
        users
    }

    /// Says who needs a function: triggers, defaults, policies, constraints, generated columns.
    pub(super) fn users_of_routine(&self, key: &Key) -> Vec<String> {
        if self.schema.routines_at(key).count() > 1 {
            return Vec::new();
        }
        let calls = |expr: &Expr| {
            expr.any(|part| match &part.kind {
                ExprKind::Call { name, .. } => self
                    .schema
                    .routines(name)
                    .first()
                    .is_some_and(|routine| routine.key == *key),
                _ => false,
            })
        };
        let mut users = Vec::new();
        for relation in self.schema.relations() {
            let triggers = relation
                .triggers
                .iter()
                .filter(|trigger| trigger.function == *key);
            users.extend(triggers.map(|trigger| format!("trigger {} on {}", trigger.name, relation.key)));
            for column in &relation.columns {
                let exprs = column
                    .default
                    .iter()
                    .chain(column.generated.iter().map(|(expr, _)| expr));
                if exprs.into_iter().any(calls) {
                    users.push(format!("column {}.{}", relation.key, column.name));
                }
            }
            for policy in &relation.policies {
                if policy.using.iter().chain(&policy.with_check).any(calls) {
                    users.push(format!("policy {} on {}", policy.name, relation.key));
                }
            }
            for constraint in &relation.constraints {
                if matches!(&constraint.kind, TableConstraintKind::Check(expr) if calls(expr)) {
                    users.push(format!("constraint {} on {}", constraint.name, relation.key));
                }
            }
        }
        users
    }

    /// Says which columns and domains are of a type.
    pub(super) fn users_of_type(&self, key: &Key) -> Vec<String> {
        let name = key.to_string();
        let mut users = Vec::new();
        for relation in self.schema.relations() {
            let of_type = relation.columns.iter().filter(|column| {
                column
                    .data_type
                    .as_ref()
                    .is_some_and(|data_type| *data_type.name == *name)
            });
            users.extend(of_type.map(|column| format!("column {}.{}", relation.key, column.name)));
        }
        for other in self.schema.types() {
            if matches!(&other.kind, TypeKind::Domain { base, .. } if *base.name == *name) {
                users.push(format!("domain {}", other.key));
            }
        }
        users
    }

    /// Says which foreign keys need a primary key or unique constraint.
    pub(super) fn users_of_key(&self, table: &Key, columns: &[Arc<str>]) -> Vec<String> {
        let refers = |kind: &TableConstraintKind| match kind {
            TableConstraintKind::ForeignKey {
                table: to,
                referenced,
                ..
            } => {
                let mut own: Vec<&str> = columns.iter().map(|name| &**name).collect();
                let mut other: Vec<&str> = referenced.iter().map(|name| &**name).collect();
                own.sort_unstable();
                other.sort_unstable();
                to == table && own == other
            }
            _ => false,
        };
        self.schema
            .relations()
            .flat_map(|relation| {
                relation
                    .constraints
                    .iter()
                    .map(move |constraint| (relation, constraint))
            })
            .filter(|(_, constraint)| refers(&constraint.kind))
            .map(|(relation, constraint)| format!("foreign key {} on {}", constraint.name, relation.key))
            .collect()
    }
}

/// What on the table itself needs a column: policies, generated columns, triggers.
fn own_users(relation: &Relation, column: &str) -> Vec<String> {
    let names = |expr: &Expr| expr.any(|part| part.as_column().is_some_and(|found| *found.name == *column));
    let policies = relation
        .policies
        .iter()
        .filter(|policy| policy.using.iter().chain(&policy.with_check).any(names))
        .map(|policy| format!("policy {} on {}", policy.name, relation.key));
    let generated = relation
        .columns
        .iter()
        .filter(|other| {
            *other.name != *column && other.generated.as_ref().is_some_and(|(expr, _)| names(expr))
        })
        .map(|other| format!("generated column {}.{}", relation.key, other.name));
    let triggers = relation
        .triggers
        .iter()
        .filter(|trigger| {
            trigger.columns.iter().any(|name| **name == *column)
                || trigger.condition.as_ref().is_some_and(names)
        })
        .map(|trigger| format!("trigger {} on {}", trigger.name, relation.key));
    policies.chain(generated).chain(triggers).collect()
}

/// Says whether a query names a column of a table, `*` included.
fn query_uses(schema: &Schema, query: &Query, table: &Key, column: &str) -> bool {
    query
        .with
        .iter()
        .any(|(_, with)| query_uses(schema, with, table, column))
        || query.arms.iter().any(|arm| core_uses(schema, arm, table, column))
}

fn core_uses(schema: &Schema, core: &SelectCore, table: &Key, column: &str) -> bool {
    let mut scope: Vec<(&str, Option<&Arc<Relation>>)> = Vec::new();
    let mut on = Vec::new();
    let mut inner = Vec::new();
    let mut shared = false;
    for item in &core.from {
        collect(schema, item, &mut scope, &mut on, &mut inner, column, &mut shared);
    }
    let ours =
        |(_, relation): &&(&str, Option<&Arc<Relation>>)| relation.is_some_and(|found| found.key == *table);
    if inner.iter().any(|query| query_uses(schema, query, table, column)) {
        return true;
    }
    if !scope.iter().any(|entry| ours(&entry)) {
        return false;
    }
    let only_ours = |qualifier: Option<&WrittenName>| match qualifier {
        Some(of) => scope.iter().any(|entry| ours(&entry) && entry.0 == of.name),
        // Unqualified, and nobody else has it.
        None => !scope
            .iter()
            .any(|entry| !ours(&entry) && entry.1.is_some_and(|found| found.column(column).is_some())),
    };
    let mut uses = shared;
    let mut look = |expr: &Expr| {
        expr.walk(&mut |part| match &part.kind {
            ExprKind::Column(found) if *found.name == *column || &*found.name == "*" => {
                uses |= only_ours(found.qualifier.as_ref());
            }
            ExprKind::Query(query) => uses |= query_uses(schema, query, table, column),
            _ => {}
        });
    };
    let exprs = core
        .targets
        .iter()
        .map(|target| &target.expr)
        .chain(&core.condition)
        .chain(&core.group_by)
        .chain(&core.having)
        .chain(&core.distinct_on);
    exprs.for_each(&mut look);
    on.into_iter().for_each(&mut look);
    uses
}

/// Takes apart an item of FROM: names in scope, conditions of joins, subqueries, and whether USING names the column.
fn collect<'a>(
    schema: &'a Schema,
    item: &'a FromItem,
    scope: &mut Vec<(&'a str, Option<&'a Arc<Relation>>)>,
    on: &mut Vec<&'a Expr>,
    inner: &mut Vec<&'a Query>,
    column: &str,
    shared: &mut bool,
) {
    match item {
        FromItem::Relation { name, alias, .. } => {
            let relation = match schema.relation(name) {
                Found::Known(relation) => Some(relation),
                _ => None,
            };
            scope.push((alias.as_deref().unwrap_or(&name.name), relation));
        }
        FromItem::Query { query, .. } => inner.push(query),
        FromItem::Call { call, .. } => on.push(call),
        FromItem::Join {
            left,
            right,
            on: condition,
            using,
            ..
        } => {
            collect(schema, left, scope, on, inner, column, shared);
            collect(schema, right, scope, on, inner, column, shared);
            on.extend(condition.as_deref());
            *shared |= using.iter().any(|name| **name == *column);
        }
    }
}
