//! What runs while a migration runs: the bodies of the functions that it calls, of the triggers that it fires. A body in
//! PL/pgSQL is bound then, so what it names has to be there by then. The bodies change nothing here.

use std::sync::Arc;

use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::{Found, Key};
use crate::sql::WrittenName;
use crate::sql::act::expression::{ExprKind, Literal};
use crate::sql::act::routine::{Body, BodyKind};
use crate::sql::act::{Act, Action, Dml, Expr, Query, Span};
use crate::sql::normal::fingerprint;

/// How deep functions that call functions are followed.
const DEEPEST: usize = 4;

/// How far back a name is looked for that was missed already.
const RECENT: usize = 64;

impl Replay<'_> {
    /// Looks at the bodies of what an act calls and fires.
    pub(super) fn runs(&mut self, act: &Act) {
        match &act.action {
            Action::Select(query) => self.sets_sequence(query),
            Action::Dml(change) => self.fires(change),
            Action::Call { name, .. } => self.runs_routine(name, &act.span, 0),
            _ => return,
        }
        for (name, _, span) in &act.uses.calls {
            self.runs_routine(name, span, 0);
        }
    }

    /// Looks at what an expression calls, as PERFORM does.
    pub(super) fn runs_in(&mut self, expr: &Expr) {
        let mut called = Vec::new();
        expr.walk(&mut |part| {
            if let ExprKind::Call { name, .. } = &part.kind {
                called.push((name.clone(), part.span.clone()));
            }
        });
        for (name, span) in called {
            self.runs_routine(&name, &span, 0);
        }
    }

    fn runs_routine(&mut self, name: &WrittenName, span: &Span, depth: usize) {
        let bodies: Vec<Arc<Body>> = match self.schema.routines(name).as_slice() {
            [only] => only.body.iter().cloned().collect(),
            // Which of several is called is a matter of types.
            _ => return,
        };
        bodies.iter().for_each(|body| self.runs_body(body, span, depth));
    }

    /// The functions of the triggers that a change of rows fires.
    fn fires(&mut self, change: &Dml) {
        let Some(relation) = self.schema.relation(&change.target).known() else {
            return;
        };
        let verbs: Vec<&str> = change.does.iter().map(|does| does.as_str()).collect();
        let fired = |events: &[Box<str>]| events.iter().any(|event| verbs.contains(&&**event));
        let functions: Vec<Key> = relation
            .triggers
            .iter()
            .filter(|trigger| fired(&trigger.events) && trigger.condition.is_none())
            .map(|trigger| trigger.function.clone())
            .collect();
        for function in functions {
            let name = WrittenName {
                schema: Some(function.schema.to_string()),
                name: function.name.to_string(),
            };
            self.runs_routine(&name, &change.target_span, 0);
        }
    }

    fn runs_body(&mut self, body: &Body, span: &Span, depth: usize) {
        if &*body.language != "plpgsql" || depth > DEEPEST {
            return;
        }
        let made: Vec<&str> = body
            .statements
            .iter()
            .filter_map(|statement| match &statement.kind {
                BodyKind::Sql(act) | BodyKind::Dynamic(act) => match &act.action {
                    Action::CreateTable(table) => Some(table.name.name.as_str()),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        for statement in &body.statements {
            if statement.conditional || statement.caught {
                continue;
            }
            let act = match &statement.kind {
                BodyKind::Sql(act) | BodyKind::Dynamic(act) => act,
                BodyKind::Expression(expr) => {
                    self.calls_of(expr, span, depth);
                    continue;
                }
                BodyKind::Return {
                    value: Some(expr), ..
                } => {
                    self.calls_of(expr, span, depth);
                    continue;
                }
                _ => continue,
            };
            let changed = match &act.action {
                Action::Dml(change) => std::slice::from_ref(&change.target),
                Action::Truncate { tables, .. } | Action::Lock { tables, .. } => tables.as_slice(),
                _ => &[],
            };
            let read = act.uses.reads.iter().map(|(name, _)| name);
            for name in read
                .chain(changed)
                .filter(|name| !made.contains(&name.name.as_str()))
            {
                self.runs_on(name, span);
            }
            for (name, _, _) in &act.uses.calls {
                self.calls(name, span, depth);
            }
        }
    }

    /// What an expression of a body calls.
    fn calls_of(&mut self, expr: &Expr, span: &Span, depth: usize) {
        let mut called: Vec<&WrittenName> = Vec::new();
        expr.walk(&mut |part| {
            if let ExprKind::Call { name, .. } = &part.kind {
                called.push(name);
            }
        });
        called.into_iter().for_each(|name| self.calls(name, span, depth));
    }

    /// A function that a body calls, and what that needs.
    fn calls(&mut self, name: &WrittenName, span: &Span, depth: usize) {
        let before = self.log.absences.len();
        self.use_routine(name, span);
        if let Some(new) = self.log.absences.get_mut(before) {
            // An element of an array looks like a call.
            new.unsure = true;
        }
        self.runs_routine(name, span, depth + 1);
    }

    /// A relation that a body needs when it runs.
    fn runs_on(&mut self, name: &WrittenName, span: &Span) {
        match self.schema.relation(name) {
            Found::Known(relation) => {
                let key = relation.key.clone();
                self.touch(Touched::Relation(key), TouchKind::Use, span.clone());
            }
            Found::Absent => {
                let is_told = |absence: &super::Absence| {
                    absence.missing == Missing::Relation && absence.name.name == name.name
                };
                if self.log.absences.iter().rev().take(RECENT).any(is_told) {
                    return;
                }
                self.absent(Missing::Relation, name, None, span.clone());
                if let Some(absence) = self.log.absences.last_mut() {
                    absence.unsure = true;
                }
            }
            Found::Unknown | Found::System => {}
        }
    }

    /// `SELECT setval('s', 100)`.
    fn sets_sequence(&mut self, query: &Query) {
        let [arm] = query.arms.as_slice() else { return };
        for target in &arm.targets {
            let ExprKind::Call { name, arguments, .. } = &target.expr.kind else {
                continue;
            };
            let [first, value, ..] = arguments.as_slice() else {
                continue;
            };
            let Some(Literal::Text(text)) = first.without_casts().as_literal() else {
                continue;
            };
            let sequence = WrittenName::parse(text.trim()).filter(|_| name.name == "setval");
            let found = sequence.and_then(|name| self.schema.sequence(&name).known().cloned());
            if let (Some(sequence), Some(_)) = (found, value.as_literal()) {
                let kind = TouchKind::Set("value", fingerprint(&value.normal()));
                self.touch(
                    Touched::Sequence(sequence.key.clone()),
                    kind,
                    target.expr.span.clone(),
                );
            }
        }
    }
}
