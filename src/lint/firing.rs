//! Whether a trigger refuses a statement: what its function does, as far as its text tells.

use super::context::Step;
use super::schema::{Relation, Routine, Trigger};
use crate::sql::act::expression::ExprKind;
use crate::sql::act::routine::BodyKind;
use crate::sql::act::session::SetScope;
use crate::sql::act::table::FiringState;
use crate::sql::act::{Dml, DmlAction, Expr, Literal};

/// A value that a condition computes, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(String),
    Null,
    Unknown,
}

/// What is known where a trigger fires.
#[derive(Clone, Copy)]
struct Firing<'a> {
    /// `INSERT`, `UPDATE` or `DELETE`.
    event: &'a str,
    trigger: &'a Trigger,
    table: &'a str,
    /// The columns that an UPDATE sets, with their values.
    change: &'a Dml,
    step: &'a Step<'a>,
}

/// Returns the first trigger, in the order of firing, that refuses every row of a statement.
pub fn refusing_trigger<'a>(step: &Step<'a>, relation: &'a Relation, change: &Dml) -> Option<&'a Trigger> {
    let mut triggers: Vec<&Trigger> = relation
        .triggers
        .iter()
        .filter(|trigger| matches!(trigger.state, FiringState::Enabled | FiringState::Always))
        .filter(|trigger| !is_named_in_section(step, trigger))
        .collect();
    triggers.sort_by(|left, right| left.name.cmp(&right.name));
    triggers.into_iter().find(|trigger| {
        events(change).iter().any(|event| {
            let firing = Firing {
                event,
                trigger,
                table: &relation.key.name,
                change,
                step,
            };
            firing.fires() && firing.refuses()
        })
    })
}

/// Says whether the guarded backfill around a statement disables the trigger.
fn is_named_in_section(step: &Step<'_>, trigger: &Trigger) -> bool {
    step.section().is_some_and(|section| {
        section
            .backfill
            .triggers
            .iter()
            .any(|name| **name == *trigger.name)
    })
}

fn events(change: &Dml) -> &'static [&'static str] {
    match change.action {
        DmlAction::Insert => &["INSERT"],
        DmlAction::Update => &["UPDATE"],
        DmlAction::Delete => &["DELETE"],
        // Which arms MERGE has is not told apart.
        DmlAction::Merge => &[],
    }
}

impl Firing<'_> {
    fn fires(&self) -> bool {
        let trigger = self.trigger;
        let is_event = trigger.events.iter().any(|event| **event == *self.event);
        let is_column = self.event != "UPDATE"
            || trigger.columns.is_empty()
            || self
                .change
                .columns
                .iter()
                .any(|column| trigger.columns.iter().any(|of| **of == **column));
        let holds = trigger
            .condition
            .as_ref()
            .is_none_or(|condition| self.truth(condition) == Some(true));
        is_event && is_column && holds && &*trigger.timing != "INSTEAD OF"
    }

    /// Says whether the function raises an exception whatever the row holds.
    fn refuses(&self) -> bool {
        let schema = self.step.schema;
        schema
            .routines_at(&self.trigger.function)
            .any(|routine| routine.is_trigger && self.raises(routine))
    }

    fn raises(&self, routine: &Routine) -> bool {
        let Some(body) = &routine.body else {
            return false;
        };
        for statement in &body.statements {
            if statement.in_loop || statement.caught {
                continue;
            }
            let reached = match (statement.conditional, statement.conditions.is_empty()) {
                (false, _) => Some(true),
                (true, true) => None,
                (true, false) => all(statement.conditions.iter().map(|condition| self.truth(condition))),
            };
            match (&statement.kind, reached) {
                (_, Some(false)) => {}
                (BodyKind::Raise { exception: true, .. }, Some(true)) => return true,
                // It may have returned, so that what follows is not for every row.
                (BodyKind::Return { .. }, _) => return false,
                _ => {}
            }
        }
        false
    }

    /// Returns whether a condition holds, where that is known. A NULL does not hold.
    fn truth(&self, expr: &Expr) -> Option<bool> {
        match &expr.kind {
            ExprKind::Literal(Literal::Bool(value)) => Some(*value),
            ExprKind::And(parts) => all(parts.iter().map(|part| self.truth(part))),
            ExprKind::Or(parts) => {
                all(parts.iter().map(|part| self.truth(part).map(|holds| !holds))).map(|holds| !holds)
            }
            ExprKind::Not(part) => match self.truth(part) {
                Some(false) if self.may_be_null(part) => None,
                known => known.map(|holds| !holds),
            },
            ExprKind::IsNull { operand, negated } => match self.value(operand) {
                Value::Unknown => None,
                value => Some((value == Value::Null) != *negated),
            },
            ExprKind::In {
                operand,
                members,
                query: None,
                negated,
            } => self.is_member(operand, members).map(|found| found != *negated),
            ExprKind::Operator { sign, operands } => match operands.as_slice() {
                [left, right] => self.compare(sign, left, right),
                _ => None,
            },
            ExprKind::Cast { operand, .. } => self.truth(operand),
            _ => None,
        }
    }

    fn may_be_null(&self, expr: &Expr) -> bool {
        expr.any(|part| part.as_literal() == Some(&Literal::Null) || self.value(part) == Value::Null)
    }

    fn is_member(&self, operand: &Expr, members: &[Expr]) -> Option<bool> {
        let value = self.value(operand);
        if value == Value::Unknown {
            return None;
        }
        let mut known = true;
        for member in members {
            match self.value(member) {
                Value::Unknown => known = false,
                found if found == value && value != Value::Null => return Some(true),
                _ => {}
            }
        }
        known.then_some(false)
    }

    fn compare(&self, sign: &str, left: &Expr, right: &Expr) -> Option<bool> {
        if let Some(differs) = self.row_differs(left, right) {
            return match sign {
                "<>" | "!=" | "IS DISTINCT FROM" => differs,
                "=" | "IS NOT DISTINCT FROM" => differs.map(|differs| !differs),
                _ => None,
            };
        }
        let (left, right) = (self.value(left), self.value(right));
        if left == Value::Unknown || right == Value::Unknown {
            return None;
        }
        let has_null = left == Value::Null || right == Value::Null;
        match sign {
            "=" => Some(!has_null && left == right),
            "<>" | "!=" => Some(!has_null && left != right),
            "IS DISTINCT FROM" => Some(left != right),
            "IS NOT DISTINCT FROM" => Some(left == right),
            _ => None,
        }
    }

    /// For `NEW.c` against `OLD.c`: whether the statement makes them differ. The outer value is nothing for any other
    /// pair, the inner one where it is not known.
    fn row_differs(&self, left: &Expr, right: &Expr) -> Option<Option<bool>> {
        let (left, right) = (
            left.without_casts().as_column()?,
            right.without_casts().as_column()?,
        );
        let (of_left, of_right) = (left.qualifier.as_ref(), right.qualifier.as_ref());
        let of = |qualifier: Option<&crate::sql::WrittenName>, name: &str| {
            qualifier.is_some_and(|found| found.name.eq_ignore_ascii_case(name))
        };
        let is_pair =
            (of(of_left, "new") && of(of_right, "old")) || (of(of_left, "old") && of(of_right, "new"));
        if !is_pair || left.name != right.name {
            return None;
        }
        if self.event != "UPDATE" {
            return Some(None);
        }
        let Some(at) = self.change.columns.iter().position(|column| *column == left.name) else {
            return Some(Some(false));
        };
        let is_same = self
            .change
            .values
            .get(at)
            .and_then(Expr::as_column)
            .is_some_and(|column| column.name == left.name);
        // A backfill sets what is not there yet; whether each row really changes, only rows can show.
        Some(Some(!is_same))
    }

    fn value(&self, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Literal(Literal::Text(text)) => Value::Text(text.to_string()),
            ExprKind::Literal(Literal::Null) => Value::Null,
            ExprKind::Cast { operand, .. } => self.value(operand),
            ExprKind::Column(column) => match &*column.name {
                "tg_op" => Value::Text(self.event.to_owned()),
                "tg_table_name" | "tg_relname" => Value::Text(self.table.to_owned()),
                "tg_name" => Value::Text(self.trigger.name.to_string()),
                "tg_when" => Value::Text(self.trigger.timing.to_string()),
                "tg_level" if self.trigger.for_each_row => Value::Text("ROW".to_owned()),
                "tg_level" => Value::Text("STATEMENT".to_owned()),
                "current_user" | "current_role" | "session_user" | "user" => self.role(),
                _ => Value::Unknown,
            },
            ExprKind::Call { name, arguments, .. } => self.call(&name.name, arguments),
            _ => Value::Unknown,
        }
    }

    fn call(&self, name: &str, arguments: &[Expr]) -> Value {
        match (name, arguments) {
            ("current_user" | "current_role" | "session_user" | "user", []) => self.role(),
            ("current_setting", [parameter, rest @ ..]) => {
                let Some(Literal::Text(parameter)) = parameter.without_casts().as_literal() else {
                    return Value::Unknown;
                };
                self.setting(parameter, rest.first().is_some_and(super::tenancy::is_true))
            }
            ("coalesce", _) => {
                for argument in arguments {
                    match self.value(argument) {
                        Value::Null => {}
                        known => return known,
                    }
                }
                Value::Null
            }
            ("nullif", [value, other]) => match (self.value(value), self.value(other)) {
                (Value::Unknown, _) | (_, Value::Unknown) => Value::Unknown,
                (value, other) if value == other => Value::Null,
                (value, _) => value,
            },
            ("lower", [value]) => match self.value(value) {
                Value::Text(text) => Value::Text(text.to_lowercase()),
                known => known,
            },
            ("upper", [value]) => match self.value(value) {
                Value::Text(text) => Value::Text(text.to_uppercase()),
                known => known,
            },
            _ => Value::Unknown,
        }
    }

    /// The role that migrates is one of several; a comparison with a name that is none of them is known to fail.
    fn role(&self) -> Value {
        if let Some(role) = self.step.schema.current_role() {
            return Value::Text(role.to_string());
        }
        match self.step.settings.migration_roles.as_slice() {
            [only] => Value::Text(only.clone()),
            _ => Value::Unknown,
        }
    }

    fn setting(&self, parameter: &str, missing_ok: bool) -> Value {
        // What the server itself has is never missing.
        if !parameter.contains('.') {
            return match parameter {
                "session_replication_role" => Value::Text("origin".to_owned()),
                _ => Value::Unknown,
            };
        }
        let mut value = if missing_ok { Value::Null } else { Value::Unknown };
        for setting in self.step.migration.digest.settings() {
            if setting.span.start >= self.step.act.span.start {
                break;
            }
            if !setting.name.eq_ignore_ascii_case(parameter) {
                continue;
            }
            value = match (setting.scope, setting.value) {
                (SetScope::Reset, _) => Value::Text(String::new()),
                (_, Some(text)) => Value::Text(text.to_owned()),
                (_, None) => Value::Unknown,
            };
        }
        value
    }
}

/// AND of conditions of which some are not known.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = false,
        }
    }
    known.then_some(true)
}
