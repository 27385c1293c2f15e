//! Triggers that one migration makes and rows that another changes.

use std::collections::BTreeMap;

use super::commute::Clash;
use super::conflict::{Clashes, Doing};
use crate::lint::schema::{Touch, TouchKind, Touched};
use crate::sql::act::expression::ExprKind;
use crate::sql::act::routine::BodyKind;
use crate::sql::act::{Action, Body, DmlAction, Expr};

impl<'a> Clashes<'a, '_> {
    /// A trigger that one migration makes against rows that another changes.
    pub(super) fn triggers(&mut self, by_object: &BTreeMap<&'a Touched, Vec<Doing<'a>>>) {
        for (what, doings) in by_object {
            let Touched::Trigger(table, _) = what else {
                continue;
            };
            let rows = Touched::Rows(table.clone());
            let Some(changes) = by_object.get(&rows) else {
                continue;
            };
            for (by, made) in doings
                .iter()
                .filter(|(_, touch)| matches!(touch.kind, TouchKind::Create | TouchKind::Replace(_)))
            {
                let change = changes.iter().find(|(other, touch)| {
                    let (TouchKind::Change(verb) | TouchKind::Pinned(verb)) = touch.kind else {
                        return false;
                    };
                    other != by
                        && !self.ordered.are_ordered(*other, *by)
                        && self.trigger_acts(*by, made, *other, touch, verb)
                });
                if let Some(change) = change {
                    let clash = Clash {
                        what: "one creates it and the other changes rows that it fires for",
                        fails: false,
                    };
                    self.say((*by, made), *change, what, clash);
                }
            }
        }
    }

    /// DISABLE TRIGGER ALL and USER against a trigger that another migration makes.
    pub(super) fn all_triggers(&mut self, by_object: &BTreeMap<&'a Touched, Vec<Doing<'a>>>) {
        for (what, doings) in by_object {
            let Touched::Trigger(table, name) = what else {
                continue;
            };
            if matches!(&**name, "ALL" | "USER") {
                continue;
            }
            let all = ["ALL", "USER"].map(|all| Touched::Trigger(table.clone(), all.into()));
            let switches: Vec<Doing<'a>> = all
                .iter()
                .filter_map(|all| by_object.get(all))
                .flatten()
                .copied()
                .collect();
            for (by, made) in doings.iter().filter(|(_, touch)| touch.kind == TouchKind::Create) {
                let switch = switches.iter().find(|(other, touch)| {
                    let turned = matches!(touch.kind, TouchKind::Set(..));
                    other != by && turned && !self.ordered.are_ordered(*other, *by)
                });
                // What is turned off and on again in one migration is left as it was.
                let turns = |(other, _): &Doing<'a>| switches.iter().filter(|(own, _)| own == other).count();
                if let Some(switch) = switch.filter(|switch| turns(switch) == 1) {
                    let clash = Clash {
                        what: "one creates it and the other turns all triggers of its table off or on, which reaches it only if it is there",
                        fails: false,
                    };
                    self.say((*by, made), *switch, what, clash);
                }
            }
        }
    }

    /// Says whether a trigger fires for a change of rows, and its function does something to them: it raises or assigns
    /// without asking anything but the operation and the columns that change. What is not known may.
    fn trigger_acts(&self, migration: u32, made: &Touch, other: u32, change: &Touch, verb: &str) -> bool {
        let Some(Action::CreateTrigger(trigger)) = self.action(migration, made) else {
            return verb != "READ";
        };
        let event = if verb == "all rows" { "TRUNCATE" } else { verb };
        if !trigger.events.iter().any(|own| **own == *event) {
            return false;
        }
        let set: &[Box<str>] = match self.action(other, change) {
            Some(Action::Dml(change)) if change.action == DmlAction::Update => &change.columns,
            _ => &[],
        };
        if !trigger.columns.is_empty()
            && !set.is_empty()
            && !trigger.columns.iter().any(|own| set.contains(own))
        {
            return false;
        }
        let bodies = self
            .linted
            .iter()
            .flat_map(|one| one.migration.acts.iter())
            .filter_map(|act| match &act.action {
                Action::CreateRoutine(routine) if routine.name.name == trigger.function.name => {
                    routine.body.as_ref()
                }
                _ => None,
            });
        let mut bodies = bodies.peekable();
        bodies.peek().is_none() || bodies.any(|body| acts_on_rows(body, set))
    }
}

/// Says whether a trigger function raises or assigns to a row without a condition on more than the operation and the
/// columns that change.
fn acts_on_rows(body: &Body, set: &[Box<str>]) -> bool {
    body.statements.iter().any(|statement| {
        let acts = match &statement.kind {
            BodyKind::Raise { exception, .. } => *exception,
            BodyKind::Sql(act) => !matches!(act.action, Action::Select(_)),
            BodyKind::Expression(expr) => assigns_to_row(expr),
            _ => false,
        };
        acts && !statement.caught && statement.conditions.iter().all(|condition| holds(condition, set))
    })
}

/// Says whether a condition may hold for every row: it asks only the operation, or a column of the row that is set.
fn holds(condition: &Expr, set: &[Box<str>]) -> bool {
    let mut asks_row = false;
    let mut asks_set = false;
    let other = condition.any(|part| {
        let Some(column) = part.as_column() else {
            return matches!(part.kind, ExprKind::Call { .. } | ExprKind::Query(_));
        };
        let of = column.qualifier.as_ref().map(|of| of.name.to_ascii_lowercase());
        if matches!(of.as_deref(), Some("old" | "new")) {
            asks_row = true;
            asks_set |= set.contains(&column.name);
            return false;
        }
        let is_operation = |name: &str| name.to_ascii_lowercase().starts_with("tg_");
        !is_operation(&column.name) && of.as_deref().is_none_or(|of| !is_operation(of))
    });
    !other && (!asks_row || asks_set)
}

/// Says whether an assignment changes the row, to anything but the time.
fn assigns_to_row(expr: &Expr) -> bool {
    let ExprKind::Operator { sign, operands } = &expr.kind else {
        return false;
    };
    let is_time = |part: &Expr| match &part.kind {
        ExprKind::Call { name, .. } => {
            matches!(
                name.name.as_str(),
                "now" | "clock_timestamp" | "statement_timestamp" | "transaction_timestamp"
            ) || name.name.starts_with("current_")
        }
        _ => false,
    };
    &**sign == ":=" && operands.last().is_some_and(|value| !value.any(is_time))
}
