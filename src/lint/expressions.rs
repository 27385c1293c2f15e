//! Every expression of a statement. Pure.

use super::context::Step;
use crate::sql::act::object::DomainCommand;
use crate::sql::act::routine::{Body, BodyKind};
use crate::sql::act::{Action, AlterCommand, ColumnDef, Constraint, ConstraintKind, Expr};

/// Calls `visit` for every expression that the server reads with a statement: bodies in LANGUAGE sql included, for they
/// are read when the function is made; bodies in PL/pgSQL are not.
pub fn walk_action<'a>(action: &'a Action, visit: &mut dyn FnMut(&'a Expr)) {
    match action {
        Action::CreateTable(table) => {
            table.columns.iter().for_each(|column| of_column(column, visit));
            table
                .constraints
                .iter()
                .for_each(|constraint| of_constraint(constraint, visit));
            table.query.iter().for_each(|query| query.walk(visit));
        }
        Action::AlterTable(table) => table
            .commands
            .iter()
            .for_each(|(command, _)| of_command(command, visit)),
        Action::CreateIndex(index) => {
            index.key.iter().for_each(|(expr, _)| expr.walk(visit));
            index.condition.iter().for_each(|expr| expr.walk(visit));
        }
        Action::CreateView(view) => view.query.walk(visit),
        Action::CreateTrigger(trigger) => trigger.condition.iter().for_each(|expr| expr.walk(visit)),
        Action::Policy(policy) => {
            let conditions = policy.using.iter().chain(&policy.with_check);
            conditions.for_each(|expr| expr.walk(visit));
        }
        Action::CreateDomain(domain) => domain
            .constraints
            .iter()
            .for_each(|constraint| of_constraint(constraint, visit)),
        Action::AlterDomain { command, .. } => match command {
            DomainCommand::AddConstraint(constraint) => of_constraint(constraint, visit),
            DomainCommand::Default(Some(expr)) => expr.walk(visit),
            _ => {}
        },
        Action::Dml(change) => change.walk(visit),
        Action::Select(query) => query.walk(visit),
        Action::Call { arguments, .. } => arguments.iter().for_each(|expr| expr.walk(visit)),
        Action::CreateRoutine(routine) if routine.language.as_deref() == Some("sql") => {
            routine.body.iter().for_each(|body| walk_body(body, visit));
        }
        _ => {}
    }
}

/// Calls `visit` for every expression of a body; conditions come once for each statement below them.
pub fn walk_body<'a>(body: &'a Body, visit: &mut dyn FnMut(&'a Expr)) {
    for statement in &body.statements {
        statement.conditions.iter().for_each(|expr| expr.walk(visit));
        match &statement.kind {
            BodyKind::Sql(act) | BodyKind::Dynamic(act) => walk_action(&act.action, visit),
            BodyKind::Expression(expr)
            | BodyKind::Return {
                value: Some(expr), ..
            } => expr.walk(visit),
            _ => {}
        }
    }
}

fn of_command<'a>(command: &'a AlterCommand, visit: &mut dyn FnMut(&'a Expr)) {
    match command {
        AlterCommand::AddColumn { column, .. } => of_column(column, visit),
        AlterCommand::AddConstraint(constraint) => of_constraint(constraint, visit),
        AlterCommand::SetDefault(_, expr)
        | AlterCommand::SetExpression(_, expr)
        | AlterCommand::Type {
            using: Some(expr), ..
        } => expr.walk(visit),
        _ => {}
    }
}

fn of_column<'a>(column: &'a ColumnDef, visit: &mut dyn FnMut(&'a Expr)) {
    column
        .constraints
        .iter()
        .for_each(|constraint| of_constraint(constraint, visit));
}

fn of_constraint<'a>(constraint: &'a Constraint, visit: &mut dyn FnMut(&'a Expr)) {
    match &constraint.kind {
        ConstraintKind::Default(expr)
        | ConstraintKind::Check { expr, .. }
        | ConstraintKind::Generated { expr, .. } => expr.walk(visit),
        _ => {}
    }
}

impl<'a> Step<'a> {
    /// Returns the columns that the statement makes in tables that stay, with the name of the table.
    pub fn new_columns(&self) -> Vec<(&'a crate::sql::WrittenName, &'a ColumnDef)> {
        match &self.act.action {
            Action::CreateTable(table) if !table.temporary => {
                table.columns.iter().map(|column| (&table.name, column)).collect()
            }
            Action::AlterTable(table) => table
                .commands
                .iter()
                .filter_map(|(command, _)| match command {
                    AlterCommand::AddColumn { column, .. } => Some((&table.name, column)),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the constraints that the statement gives a table that stays, with the table and the column that each
    /// comes with.
    pub fn new_constraints(
        &self,
    ) -> Vec<(&'a crate::sql::WrittenName, Option<&'a ColumnDef>, &'a Constraint)> {
        let mut found = Vec::new();
        for (table, column) in self.new_columns() {
            found.extend(
                column
                    .constraints
                    .iter()
                    .map(|constraint| (table, Some(column), constraint)),
            );
        }
        match &self.act.action {
            Action::CreateTable(table) if !table.temporary => found.extend(
                table
                    .constraints
                    .iter()
                    .map(|constraint| (&table.name, None, constraint)),
            ),
            Action::AlterTable(table) => {
                found.extend(table.commands.iter().filter_map(|(command, _)| match command {
                    AlterCommand::AddConstraint(constraint) => Some((&table.name, None, constraint)),
                    _ => None,
                }));
            }
            _ => {}
        }
        found
    }
}
