//! Changes a schema as a statement would, and writes down what the statement touched and missed.
//!
//! A statement that could not run (its table does not exist) changes what can be told and is written down as an
//! [`Absence`]; replaying goes on, so that one mistake does not hide what follows.

mod alter;
mod block;
mod constraint;
mod create;
mod drop;
mod log;
mod names;
mod needed;
mod partition;
mod privilege;
mod query;
mod rename;
mod routine;
mod rows;
mod running;
mod scope;
mod table;
mod trigger;
mod types;
mod uses;

use std::sync::Arc;

pub use log::{Absence, Log, Missing, Touch, TouchKind, Touched};
pub(in crate::lint) use names::column_type;
pub use names::path;
pub(in crate::lint) use names::same_arguments;
pub use needed::Needed;

use super::extension::extension_of;
use super::{Found, Key, Origin, Relation, Schema};
use crate::sql::WrittenName;
use crate::sql::act::{Act, Action, Body, Expr, ObjectKind, SetScope, Span};

/// Where a statement stands while it is replayed.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Who makes what it makes.
    pub origin: Origin,
    /// Whether the statement may not run: it stands below IF in a DO block.
    pub conditional: bool,
    /// Whether it stands in a DO block or function, where a name may be that of a variable.
    pub in_body: bool,
}

/// Replays one act.
pub fn replay(schema: &mut Schema, act: &Act, place: Place, log: &mut Log) {
    let mut replay = Replay::new(schema, place, log);
    let body = match &act.action {
        Action::CreateRoutine(routine) => routine.body.as_ref(),
        _ => None,
    };
    match body.filter(|body| !replay.looks_into(body)) {
        // A dump makes its routines before the tables that their bodies read.
        Some(body) => replay.uses(&act.uses.outside(&body.span)),
        None => replay.uses(&act.uses),
    }
    replay.act(act);
    replay.runs(act);
}

/// Looks at what an expression of a DO block runs, as PERFORM does.
pub(in crate::lint) fn replay_expression(schema: &mut Schema, expr: &Expr, place: Place, log: &mut Log) {
    let mut replay = Replay::new(schema, place, log);
    replay.runs_in(expr);
}

/// Says whether several objects of this kind may have one name.
fn is_overloaded(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Aggregate
            | ObjectKind::Cast
            | ObjectKind::Operator
            | ObjectKind::OperatorClass
            | ObjectKind::OperatorFamily
            | ObjectKind::Transform
            | ObjectKind::UserMapping
    )
}

struct Replay<'a> {
    schema: &'a mut Schema,
    place: Place,
    log: &'a mut Log,
    /// The relations that one DROP names: they do not keep each other.
    going: Vec<Key>,
    /// Whether what is named now is bound to: by a view, a policy.
    binding: bool,
}

impl<'a> Replay<'a> {
    fn new(schema: &'a mut Schema, place: Place, log: &'a mut Log) -> Self {
        Replay {
            schema,
            place,
            log,
            going: Vec::new(),
            binding: false,
        }
    }
}

impl Replay<'_> {
    /// Says whether the server looks into the body of a routine that is made now.
    fn looks_into(&self, body: &Body) -> bool {
        !body.is_string || self.schema.checks_bodies()
    }

    fn act(&mut self, act: &Act) {
        let span = act.span.clone();
        match &act.action {
            Action::CreateTable(table) => self.create_table(table),
            Action::AlterTable(table) => self.alter_table(table),
            Action::CreateIndex(index) => self.create_index(index, span),
            Action::CreateView(view) => self.create_view(view),
            Action::Refresh {
                name,
                no_data,
                concurrently,
            } => {
                if let Some(key) = self.need_relation(name, span.clone()) {
                    if *concurrently {
                        self.need_refresh_key(&key, &span);
                    }
                    let populated = !*no_data;
                    self.schema
                        .change_relation(&key, |relation| relation.populated = populated);
                    self.touch(Touched::Relation(key), TouchKind::Use, span);
                }
            }
            Action::CreateSequence(sequence) => self.create_sequence(sequence, span),
            Action::AlterSequence {
                name,
                if_exists,
                owned_by,
                options,
            } => {
                self.alter_sequence(name, *if_exists, owned_by.as_ref(), options, span);
            }
            Action::CreateTrigger(trigger) => self.create_trigger(trigger),
            Action::CreateRule { name, relation, .. } => self.create_rule(name, relation, span),
            Action::Policy(policy) => self.policy(policy),
            Action::CreateRoutine(routine) => self.create_routine(routine),
            Action::AlterRoutine(routine) => self.alter_routine(routine),
            Action::CreateType(made) => self.create_type(made, span),
            Action::AddEnumValue {
                name,
                value,
                if_not_exists,
                beside,
            } => self.add_enum_value(name, (value, beside.as_ref()), *if_not_exists, span),
            Action::RenameEnumValue { name, from, to } => self.rename_enum_value(name, from, to, span),
            Action::AlterType(name) => {
                self.change_type(name, "definition", span);
            }
            Action::CreateDomain(domain) => self.create_domain(domain, span),
            Action::AlterDomain { name, command } => self.alter_domain(name, command, span),
            Action::CreateSchema {
                name,
                if_not_exists,
                owner,
            } => {
                if let Some(owner) = owner {
                    self.use_role(owner, &span);
                }
                if let Some(name) = name.as_ref().or(owner.as_ref()) {
                    self.create_schema(name, *if_not_exists, span);
                }
            }
            Action::CreateExtension(extension) => {
                self.create_other(
                    ObjectKind::Extension,
                    &extension.name,
                    extension.if_not_exists,
                    span,
                );
            }
            Action::Select(query) => self.names_of_query(query),
            Action::Role(role) if !role.create && &*role.name != "all" => self.alter_role(role, &span),
            Action::Role(role) if role.create => self.create_other(ObjectKind::Role, &role.name, false, span),
            Action::CreateOther(object) if object.kind == ObjectKind::Aggregate => {
                self.create_aggregate(object, span);
            }
            Action::CreateOther(object) if is_overloaded(object.kind) => {
                // Told apart by what they work on, which is not kept; the name is known from now on.
                let name = names::other_name(&object.name);
                self.schema.put_other(object.kind, &name, self.place.origin);
                self.touch(Touched::Other(object.kind, name.into()), TouchKind::Provide, span);
            }
            Action::CreateOther(object) => {
                self.create_other(
                    object.kind,
                    &names::other_name(&object.name),
                    object.conditional || object.or_replace,
                    span,
                );
            }
            Action::CreateEventTrigger { name, function } => {
                self.use_routine(function, &span);
                self.create_other(ObjectKind::EventTrigger, name, false, span)
            }
            Action::Drop(drop) => self.drop(drop),
            Action::Rename(rename) => self.rename(rename),
            Action::SetSchema { object, schema } => self.set_schema(object, schema),
            Action::Owner { object, owner } => self.owner(object, owner),
            Action::Grant(grant) => self.grant(grant, span),
            Action::DefaultPrivileges(grant) => self.default_privileges(grant, span),
            Action::Comment(comment) => self.comment(comment),
            Action::Dml(change) => self.dml(change),
            Action::Truncate { tables, .. } => {
                for table in tables {
                    if let Some(key) = self.need_relation(table, span.clone()) {
                        self.touch(Touched::Rows(key), TouchKind::Change("all rows"), span.clone());
                    }
                }
            }
            Action::Copy(copy) => self.copy(copy, span),
            Action::Do(body) => self.block(body),
            Action::Lock { tables, .. } | Action::Maintain { tables, .. } => {
                for table in tables {
                    if let Some(key) = self.need_relation(table, span.clone()) {
                        self.touch(Touched::Relation(key), TouchKind::Use, span.clone());
                    }
                }
            }
            Action::Set(setting) => self.set(setting, &span),
            Action::Reindex(reindex) => self.reindex(reindex, &span),
            Action::Call { name, .. } => self.use_routine(name, &span),
            Action::Role(_)
            | Action::Cluster(_)
            | Action::Transaction(_)
            | Action::Broken { .. }
            | Action::PsqlCommand(_)
            | Action::Other(_) => {}
        }
    }

    /// REINDEX of an index, a table or a schema.
    fn reindex(&mut self, reindex: &crate::sql::act::Reindex, span: &Span) {
        let Some(name) = &reindex.name else { return };
        match &*reindex.target {
            "INDEX" => self.use_index(name, span),
            "TABLE" => {
                if let Some(key) = self.need_relation(name, span.clone()) {
                    self.touch(Touched::Relation(key), TouchKind::Use, span.clone());
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, setting: &crate::sql::act::Setting, span: &Span) {
        use crate::sql::act::session::SettingValue;
        let value = match (&setting.value, setting.scope) {
            (Some(SettingValue::Text(text)), _) => Some(&**text),
            _ => None,
        };
        match (&*setting.name, value) {
            ("search_path", Some(path)) => {
                let schemas = names::path(path);
                self.schema.set_search_path(schemas);
            }
            ("role" | "session_authorization", Some(role)) if !role.eq_ignore_ascii_case("none") => {
                self.use_role(role, span);
                self.schema.set_current_role(Some(role.into()));
            }
            ("role" | "session_authorization", _) => self.schema.set_current_role(None),
            ("check_function_bodies", value) => {
                let is_off = matches!(value, Some("off" | "false" | "no" | "0"));
                self.schema.check_bodies(!is_off);
            }
            ("all", _) if setting.scope == SetScope::Reset => self.schema.check_bodies(true),
            _ => {}
        }
    }

    /// Finds a relation that the statement cannot do without, and puts down where it is missing.
    fn need_relation(&mut self, name: &WrittenName, span: Span) -> Option<Key> {
        match self.schema.relation(name) {
            Found::Known(relation) => Some(relation.key.clone()),
            Found::System => None,
            Found::Unknown => Some(self.assume_relation(name, Origin::Before)),
            Found::Absent => {
                self.absent(Missing::Relation, name, None, span);
                // Known by name from now on, so that it is missed once.
                Some(self.assume_relation(name, self.place.origin))
            }
        }
    }

    /// Notes a relation of which only the name is known.
    fn assume_relation(&mut self, name: &WrittenName, origin: Origin) -> Key {
        let key = self.schema.creation_key(name, false);
        let mut relation = Relation::named(key.clone(), super::RelationKind::Table, origin);
        relation.only_named = true;
        relation.columns_known = false;
        relation.may_have_rows = true;
        self.schema.put_relation(relation);
        key
    }

    fn absent(&mut self, missing: Missing, name: &WrittenName, on: Option<Key>, span: Span) {
        let keys = self.schema.candidates(name);
        self.log.absences.push(Absence {
            missing,
            name: name.clone(),
            keys,
            on,
            span,
            conditional: self.place.conditional,
            unsure: false,
            statement: 0,
        });
    }

    /// Writes down what is missing where it may be there all the same: in the cluster, brought by an extension.
    fn unsure(&mut self, missing: Missing, name: &str, on: Option<Key>, span: Span) {
        let name = WrittenName {
            schema: None,
            name: name.to_owned(),
        };
        self.absent(missing, &name, on, span);
        if let Some(absence) = self.log.absences.last_mut() {
            absence.unsure = true;
            if absence.on.is_none() {
                // Roles, extensions and the like belong to no schema.
                absence.keys = vec![Key::new("", absence.name.name.as_str())];
            }
        }
    }

    /// Writes down that a type or function is missing, unless an extension brings it, or may.
    fn absent_object(&mut self, missing: Missing, name: &WrittenName, span: Span) {
        let sort = match missing {
            Missing::Type => "type",
            _ => "function",
        };
        if let Some(extension) = extension_of(sort, &name.name) {
            return self.need_extension(extension, span);
        }
        let unsure = self.schema.has_extensions();
        self.absent(missing, name, None, span);
        if let Some(absence) = self.log.absences.last_mut() {
            absence.unsure = unsure;
        }
    }

    fn need_extension(&mut self, extension: &str, span: Span) {
        let is_told =
            |absence: &Absence| absence.missing == Missing::Extension && absence.name.name == extension;
        let is_there = self.schema.other(ObjectKind::Extension, extension).is_some();
        if !is_there && !self.log.absences.iter().rev().take(64).any(is_told) {
            self.unsure(Missing::Extension, extension, None, span);
        }
    }

    /// How a statement that needs a column or function touches it.
    fn use_kind(&self) -> TouchKind {
        match self.binding {
            true => TouchKind::Bind,
            false => TouchKind::Use,
        }
    }

    fn touch(&mut self, what: Touched, kind: TouchKind, span: Span) {
        if kind == TouchKind::Use && self.is_used_just_now(&what) {
            return;
        }
        self.log.touches.push(Touch {
            what,
            kind,
            conditional: self.place.conditional,
            span,
            statement: 0,
        });
    }

    /// Says whether the last that happened to an object not long ago was that it was used, as by thousands of INSERTs.
    fn is_used_just_now(&self, what: &Touched) -> bool {
        const LOOKED_AT: usize = 32;
        let mut last = self.log.touches.iter().rev().take(LOOKED_AT);
        last.find(|touch| touch.what == *what)
            .is_some_and(|touch| touch.kind == TouchKind::Use && touch.conditional == self.place.conditional)
    }

    fn create_kind(&self, if_not_exists: bool) -> TouchKind {
        if if_not_exists || self.place.conditional {
            TouchKind::CreateIfMissing
        } else {
            TouchKind::Create
        }
    }

    /// Writes down that something is made that is there already.
    fn exists(&mut self, what: &Touched, span: Span) {
        self.log
            .duplicates
            .push((what.clone(), span, self.place.conditional));
    }

    fn owner_of_new(&self) -> Option<Arc<str>> {
        self.schema.current_role().cloned()
    }
}
