//! Triggers and rules.

use std::sync::Arc;

use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::Key;
use crate::lint::schema::relation::{Rule, Trigger};
use crate::sql::WrittenName;
use crate::sql::act::table::FiringState;
use crate::sql::act::{CreateTrigger, Span};
use crate::sql::normal::fingerprint;

impl Replay<'_> {
    pub(super) fn create_trigger(&mut self, trigger: &CreateTrigger) {
        let span = trigger.relation_span.clone();
        let Some(table) = self.need_relation(&trigger.relation, span.clone()) else {
            return;
        };
        self.touch(Touched::Relation(table.clone()), TouchKind::Use, span.clone());
        self.binding = true;
        for column in &trigger.columns {
            self.use_column(&table, column, span.clone());
        }
        self.columns_of_condition(&table, trigger);
        self.binding = false;
        let found = self
            .schema
            .routines(&trigger.function)
            .first()
            .map(|routine| routine.key.clone());
        let is_system = trigger
            .function
            .schema
            .as_deref()
            .is_some_and(crate::lint::schema::is_system_schema)
            || crate::lint::schema::builtin_function(&trigger.function.name).is_some();
        let function = match found {
            Some(key) => {
                self.touch(
                    Touched::Routine(key.clone()),
                    TouchKind::Use,
                    trigger.function_span.clone(),
                );
                key
            }
            None => {
                if self.schema.complete() && !is_system {
                    let span = trigger.function_span.clone();
                    self.absent_object(Missing::Routine, &trigger.function, span);
                }
                self.schema.creation_key(&trigger.function, false)
            }
        };
        let name: Arc<str> = Arc::from(&*trigger.name);
        let what = Touched::Trigger(table.clone(), Arc::clone(&name));
        let kind = match trigger.or_replace {
            true => TouchKind::Replace(fingerprint(&format!(
                "{} {:?} {:?} {} {function}",
                trigger.timing, trigger.events, trigger.columns, trigger.for_each_row
            ))),
            false => self.create_kind(false),
        };
        self.touch(what.clone(), kind, span.clone());
        let is_there = self
            .schema
            .relation_at(&table)
            .is_some_and(|found| found.trigger(&name).is_some());
        if is_there && !trigger.or_replace {
            return self.exists(&what, span);
        }
        let made = Trigger {
            name,
            timing: trigger.timing.clone(),
            events: trigger.events.clone(),
            columns: trigger
                .columns
                .iter()
                .map(|column| Arc::from(&**column))
                .collect(),
            for_each_row: trigger.for_each_row,
            condition: trigger.condition.clone(),
            function,
            state: FiringState::Enabled,
            constraint: trigger.constraint,
            initially_deferred: trigger.initially_deferred,
            origin: self.place.origin,
        };
        self.schema.change_relation(&table, |relation| {
            relation.triggers.retain(|other| other.name != made.name);
            relation.triggers.push(made);
        });
    }

    /// The columns that WHEN names of OLD and NEW.
    fn columns_of_condition(&mut self, table: &Key, trigger: &CreateTrigger) {
        let Some(condition) = &trigger.condition else {
            return;
        };
        let mut named = Vec::new();
        super::query::own_columns(condition, &mut named);
        for (column, span) in named {
            let of_row = column.qualifier.as_ref().is_some_and(|of| {
                of.schema.is_none() && matches!(of.name.to_ascii_lowercase().as_str(), "old" | "new")
            });
            if of_row && &*column.name != "*" {
                self.use_column(table, &column.name, span);
            }
        }
    }

    pub(super) fn create_rule(&mut self, name: &str, relation: &WrittenName, span: Span) {
        let Some(table) = self.need_relation(relation, span.clone()) else {
            return;
        };
        let name: Arc<str> = name.into();
        self.touch(
            Touched::Rule(table.clone(), Arc::clone(&name)),
            self.create_kind(false),
            span,
        );
        let origin = self.place.origin;
        self.schema.change_relation(&table, |relation| {
            relation.rules.retain(|other| other.name != name);
            relation.rules.push(Rule {
                name,
                state: FiringState::Enabled,
                origin,
            });
        });
    }
}
