//! CREATE and ALTER of functions, procedures and aggregates.

use std::sync::Arc;

use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::Routine;
use crate::sql::act::{CreateRoutine, ObjectName, Span, Volatility};
use crate::sql::normal::fingerprint;

impl Replay<'_> {
    pub(super) fn create_routine(&mut self, routine: &CreateRoutine) {
        let span = routine.name_span.clone();
        let key = self.schema.creation_key(&routine.name, false);
        self.need_schema(&routine.name, span.clone());
        let text = format!(
            "{:?} {:?} {:?} {:?} {:?}",
            routine.body.as_ref().map(|body| body.fingerprint),
            routine.language,
            routine.volatility,
            routine.security_definer,
            routine.settings
        );
        let earlier = self
            .schema
            .routines_at(&key)
            .find(|found| super::same_arguments(&found.arguments, &routine.arguments))
            .cloned();
        let what = Touched::Routine(key.clone());
        match routine.or_replace {
            true => self.touch(what.clone(), TouchKind::Replace(fingerprint(&text)), span.clone()),
            false => self.touch(what.clone(), self.create_kind(false), span.clone()),
        }
        if earlier.is_some() && !routine.or_replace {
            return self.exists(&what, span);
        }
        if let Some(body) = routine.body.as_ref().filter(|body| self.looks_into(body)) {
            self.names_of_body(body);
        }
        self.schema.put_routine(Routine {
            key,
            arguments: routine.arguments.clone(),
            is_procedure: routine.is_procedure,
            is_trigger: routine
                .returns
                .as_ref()
                .is_some_and(|returns| returns.name.name == "trigger"),
            language: routine.language.clone().unwrap_or_else(|| "sql".into()),
            volatility: routine.volatility.unwrap_or(Volatility::Volatile),
            security_definer: routine.security_definer.unwrap_or(false),
            settings: routine.settings.iter().cloned().collect(),
            body: routine.body.clone().map(Arc::new),
            owner: earlier
                .as_ref()
                .map_or_else(|| self.owner_of_new(), |found| found.owner.clone()),
            grants: earlier
                .as_ref()
                .map(|found| found.grants.clone())
                .unwrap_or_default(),
            origin: earlier.as_ref().map_or(self.place.origin, |found| found.origin),
        });
    }

    pub(super) fn create_aggregate(&mut self, object: &ObjectName, span: Span) {
        let key = self.schema.creation_key(&object.name, false);
        self.need_schema(&object.name, span.clone());
        let what = Touched::Routine(key.clone());
        let kind = self.create_kind(object.or_replace);
        self.touch(what.clone(), kind, span.clone());
        // What it was written with before 8.2 names its arguments in another way.
        let arguments = object.arguments.clone();
        let is_there = arguments.as_ref().is_some_and(|arguments| {
            let mut known = self.schema.routines_at(&key);
            known.any(|found| super::same_arguments(&found.arguments, arguments))
        });
        if is_there && !object.or_replace {
            return self.exists(&what, span);
        }
        let made = Routine::aggregate(key, arguments.unwrap_or_default(), self.place.origin);
        self.schema.put_routine(made);
    }

    pub(super) fn alter_routine(&mut self, routine: &CreateRoutine) {
        let span = routine.name_span.clone();
        let Some(key) = self
            .schema
            .routines(&routine.name)
            .first()
            .map(|found| found.key.clone())
        else {
            if self.schema.complete() {
                self.absent_object(Missing::Routine, &routine.name, span);
            }
            return;
        };
        let arguments = (!routine.arguments.is_empty()).then_some(routine.arguments.as_slice());
        self.schema.change_routines(&key, arguments, |found| {
            if let Some(volatility) = routine.volatility {
                found.volatility = volatility;
            }
            if let Some(definer) = routine.security_definer {
                found.security_definer = definer;
            }
            for name in &routine.resets {
                if &**name == "all" {
                    found.settings.clear();
                }
                found.settings.remove(name);
            }
            found.settings.extend(routine.settings.iter().cloned());
        });
        let set = |facet, value| TouchKind::Set(facet, value);
        let what = Touched::Routine(key);
        if let Some(volatility) = routine.volatility {
            self.touch(what.clone(), set("volatility", volatility as u64), span.clone());
        }
        if let Some(definer) = routine.security_definer {
            self.touch(what.clone(), set("security", u64::from(definer)), span.clone());
        }
        self.touch(what, TouchKind::Change("attributes"), span);
    }
}
