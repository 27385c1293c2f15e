//! CREATE of everything but tables.

use std::sync::Arc;

use super::names::column_type;
use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::Origin;
use crate::lint::schema::extension::extension_of;
use crate::lint::schema::relation::{Policy, Relation, RelationKind, Rule, Trigger};
use crate::lint::schema::{
    Column, Found, Grants, Index, IndexColumn, Key, Routine, Sequence, Type, TypeKind,
};
use crate::sql::WrittenName;
use crate::sql::act::object::DomainCommand;
use crate::sql::act::table::FiringState;
use crate::sql::act::{
    ConstraintKind, CreateDomain, CreateIndex, CreatePolicy, CreateRoutine, CreateSequence, CreateTrigger,
    CreateType, CreateView, ObjectKind, ObjectName, Span, TypeShape, Volatility,
};
use crate::sql::normal::fingerprint;

impl Replay<'_> {
    pub(super) fn create_index(&mut self, index: &CreateIndex, span: Span) {
        let Some(table) = self.need_relation(&index.relation, index.relation_span.clone()) else {
            return;
        };
        self.touch(
            Touched::Relation(table.clone()),
            TouchKind::Use,
            index.relation_span.clone(),
        );
        for (expr, _) in &index.key {
            self.binding = self.has_no_order(&table, expr);
            self.use_columns(&table, expr);
            self.binding = false;
        }
        if let Some(condition) = &index.condition {
            self.use_columns(&table, condition);
        }
        for column in &index.include {
            self.use_column(&table, column, span.clone());
        }
        let columns: Vec<IndexColumn> = index
            .key
            .iter()
            .map(|(expr, tail)| {
                let column = expr.as_column().map(|column| Arc::from(&*column.name));
                IndexColumn {
                    expr: column.is_none().then(|| expr.clone()),
                    column,
                    tail: tail.clone(),
                }
            })
            .collect();
        let name: Arc<str> = match &index.name {
            Some(name) => Arc::from(&**name),
            None => {
                let parts: Vec<&str> = columns
                    .iter()
                    .map(|column| column.column.as_deref().unwrap_or("expr"))
                    .collect();
                self.free_relation_name(&table, &parts.join("_"), "idx")
            }
        };
        let key = Key::new(Arc::clone(&table.schema), name);
        let what = Touched::Index(key.clone());
        self.touch(what.clone(), self.create_kind(index.if_not_exists), span.clone());
        if self.schema.index_at(&key).is_some() {
            if !index.if_not_exists {
                self.exists(&what, span);
            }
            return;
        }
        if index.unique && index.condition.is_none() && columns.iter().all(|part| part.column.is_some()) {
            let names: Vec<&str> = columns.iter().filter_map(|part| part.column.as_deref()).collect();
            self.provide_key(&table, &names, &span);
        }
        for part in &columns {
            let class = part.tail.split_whitespace().map(str::to_ascii_lowercase);
            let brought = class.filter_map(|word| extension_of("class", &word)).next();
            if let (Some(extension), true) = (brought, self.schema.complete()) {
                self.need_extension(extension, span.clone());
            }
        }
        let only_parent = index.only
            && self
                .schema
                .relation_at(&table)
                .is_some_and(|relation| relation.kind == RelationKind::PartitionedTable);
        self.schema.put_index(Index {
            key,
            relation: table,
            unique: index.unique,
            primary: false,
            constraint: false,
            valid: !only_parent,
            method: index.method.clone(),
            columns,
            include: index.include.iter().map(|name| Arc::from(&**name)).collect(),
            condition: index.condition.clone(),
            nulls_not_distinct: index.nulls_not_distinct,
            origin: self.place.origin,
        });
    }

    /// Says whether a column is of a type that no B-tree sorts: what indexes it counts on another one.
    fn has_no_order(&self, table: &Key, expr: &crate::sql::act::Expr) -> bool {
        let column = expr.as_column();
        let relation = self.schema.relation_at(table);
        let of = column.and_then(|column| relation?.column(&column.name)?.data_type.as_ref());
        of.is_some_and(|of| {
            matches!(
                of.name.rsplit('.').next(),
                Some("json" | "xml" | "point" | "polygon")
            )
        })
    }

    pub(super) fn create_view(&mut self, view: &CreateView) {
        let span = view.name_span.clone();
        let key = self.schema.creation_key(&view.name, view.temporary);
        let what = Touched::Relation(key.clone());
        self.need_schema(&view.name, span.clone());
        let kind = match view.or_replace {
            true => TouchKind::Replace(fingerprint(&format!(
                "{} {:?}",
                view.query.normal(),
                view.options
            ))),
            false => self.create_kind(view.if_not_exists),
        };
        self.touch(what.clone(), kind, span.clone());
        let earlier = self
            .schema
            .relation_at(&key)
            .filter(|found| !found.only_named)
            .cloned();
        if earlier.is_some() && !view.or_replace {
            if !view.if_not_exists {
                self.exists(&what, span);
            }
            return;
        }
        self.binding = true;
        self.columns_of_query(&view.query);
        self.names_of_query(&view.query);
        self.every_column(&view.query, &span);
        self.binding = false;
        let shape = self.shape_of(&view.query);
        let sort = if view.materialized {
            RelationKind::MaterializedView
        } else {
            RelationKind::View
        };
        let mut relation = match earlier {
            // OR REPLACE keeps owner and grants, and sets the options anew.
            Some(earlier) => Relation::clone(&earlier),
            None => Relation::named(key.clone(), sort, self.place.origin),
        };
        if relation.origin == self.place.origin {
            relation.owner = self.owner_of_new();
        }
        relation.kind = sort;
        relation.temporary = view.temporary;
        relation.columns = shape.columns;
        relation.columns_known = shape.known;
        for (column, name) in relation.columns.iter_mut().zip(&view.columns) {
            column.name = Arc::from(&**name);
        }
        if !shape.known && !view.columns.is_empty() {
            relation.columns = view.columns.iter().map(|name| self.bare_column(name)).collect();
            relation.columns_known = true;
        }
        if view.or_replace {
            for column in &relation.columns {
                let what = Touched::Column(key.clone(), Arc::clone(&column.name));
                self.touch(what, TouchKind::Provide, span.clone());
            }
        }
        relation.options = view.options.iter().cloned().collect();
        relation.query = Some(Arc::new(view.query.clone()));
        relation.reads = shape.reads;
        relation.populated = !view.no_data;
        relation.may_have_rows = false;
        self.schema.put_relation(relation);
    }

    pub(super) fn bare_column(&self, name: &str) -> Column {
        Column {
            name: name.into(),
            data_type: None,
            collation: None,
            not_null: false,
            default: None,
            generated: None,
            identity: false,
            origin: self.place.origin,
            comment: None,
        }
    }

    pub(super) fn create_sequence(&mut self, sequence: &CreateSequence, span: Span) {
        let key = self.schema.creation_key(&sequence.name, sequence.temporary);
        let what = Touched::Sequence(key.clone());
        self.need_schema(&sequence.name, span.clone());
        self.touch(
            what.clone(),
            self.create_kind(sequence.if_not_exists),
            span.clone(),
        );
        if self.schema.sequence_at(&key).is_some() {
            if !sequence.if_not_exists {
                self.exists(&what, span);
            }
            return;
        }
        let owned_by = sequence.owned_by.as_ref().and_then(|(table, column)| {
            let table = self.need_relation(table, span.clone())?;
            self.use_column(&table, column, span.clone());
            Some((table, Arc::from(&**column)))
        });
        self.schema.put_sequence(Sequence {
            key,
            owned_by,
            owner: self.owner_of_new(),
            grants: Grants::default(),
            origin: self.place.origin,
        });
    }

    pub(super) fn alter_sequence(
        &mut self,
        name: &WrittenName,
        if_exists: bool,
        owned_by: Option<&Option<(WrittenName, Box<str>)>>,
        options: &[Box<str>],
        span: Span,
    ) {
        let Some(key) = self.schema.sequence(name).known().map(|found| found.key.clone()) else {
            if !if_exists && matches!(self.schema.sequence(name), Found::Absent) {
                self.absent(Missing::Sequence, name, None, span);
            }
            return;
        };
        if let Some(owned_by) = owned_by {
            let owner = owned_by.as_ref().and_then(|(table, column)| {
                let table = self.need_relation(table, span.clone())?;
                self.use_column(&table, column, span.clone());
                Some((table, Arc::from(&**column)))
            });
            self.schema
                .change_sequence(&key, |sequence| sequence.owned_by = owner);
        }
        if owned_by.is_some() {
            let what = Touched::Sequence(key.clone());
            self.touch(what, TouchKind::Change("definition"), span.clone());
        }
        self.touch(Touched::Sequence(key.clone()), TouchKind::Use, span.clone());
        for option in options {
            let mut words = option.split_whitespace();
            let word = words.find(|word| *word != "NO").unwrap_or_default();
            let facet = match word {
                "RESTART" => "value",
                "INCREMENT" => "increment",
                "CACHE" => "cache",
                "CYCLE" => "cycle",
                "MAXVALUE" => "maximum",
                "MINVALUE" => "minimum",
                "START" => "start",
                _ => "definition",
            };
            let kind = TouchKind::Set(facet, fingerprint(option));
            self.touch(Touched::Sequence(key.clone()), kind, span.clone());
        }
    }

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

    pub(super) fn policy(&mut self, policy: &CreatePolicy) {
        let span = policy.relation_span.clone();
        let Some(table) = self.need_relation(&policy.relation, span.clone()) else {
            return;
        };
        self.touch(Touched::Relation(table.clone()), TouchKind::Use, span.clone());
        self.binding = true;
        for expr in policy.using.iter().chain(&policy.with_check) {
            self.use_columns(&table, expr);
        }
        self.binding = false;
        policy.roles.iter().for_each(|role| self.use_role(role, &span));
        let name: Arc<str> = Arc::from(&*policy.name);
        let what = Touched::Policy(table.clone(), Arc::clone(&name));
        let roles: Vec<Arc<str>> = policy.roles.iter().map(|role| Arc::from(&**role)).collect();
        if policy.alter {
            if !self.need_on(&table, &name, Missing::Policy, &span) {
                return;
            }
            self.schema.change_relation(&table, |relation| {
                let Some(found) = relation.policies.iter_mut().find(|found| found.name == name) else {
                    return;
                };
                if !roles.is_empty() {
                    found.roles = roles;
                }
                found.using = policy.using.clone().or(found.using.take());
                found.with_check = policy.with_check.clone().or(found.with_check.take());
            });
            return self.touch(what, TouchKind::Change("definition"), span);
        }
        self.touch(what.clone(), self.create_kind(false), span.clone());
        if self
            .schema
            .relation_at(&table)
            .is_some_and(|found| found.policy(&name).is_some())
        {
            return self.exists(&what, span);
        }
        let made = Policy {
            name,
            permissive: !policy.restrictive,
            command: policy.command.clone(),
            roles: if roles.is_empty() {
                vec!["public".into()]
            } else {
                roles
            },
            using: policy.using.clone(),
            with_check: policy.with_check.clone(),
            origin: self.place.origin,
        };
        self.schema
            .change_relation(&table, |relation| relation.policies.push(made));
    }

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
        let checked = |body: &&crate::sql::act::Body| self.schema.checks_bodies() || !body.is_string;
        if let Some(body) = routine.body.as_ref().filter(checked) {
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

    pub(super) fn create_type(&mut self, made: &CreateType, span: Span) {
        let kind = match &made.shape {
            TypeShape::Enum(labels) => {
                TypeKind::Enum(labels.iter().map(|label| Arc::from(&**label)).collect())
            }
            TypeShape::Composite(attributes) => TypeKind::Composite(
                attributes
                    .iter()
                    .map(|(name, written)| (Arc::from(&**name), column_type(self.schema, written)))
                    .collect(),
            ),
            TypeShape::Other => TypeKind::Other,
        };
        self.put_type(&made.name, kind, span);
    }

    fn put_type(&mut self, name: &WrittenName, kind: TypeKind, span: Span) {
        let key = self.schema.creation_key(name, false);
        let what = Touched::Type(key.clone());
        self.need_schema(name, span.clone());
        self.touch(what.clone(), self.create_kind(false), span.clone());
        if self
            .schema
            .type_at(&key)
            .is_some_and(|found| found.kind != TypeKind::Other)
        {
            return self.exists(&what, span);
        }
        self.schema.put_type(Type {
            key,
            kind,
            origin: self.place.origin,
            added: Vec::new(),
        });
    }

    pub(super) fn create_domain(&mut self, domain: &CreateDomain, span: Span) {
        let name = Arc::<str>::from(domain.name.name.as_str());
        let mut checks = Vec::new();
        let (mut not_null, mut default) = (false, None);
        for constraint in &domain.constraints {
            match &constraint.kind {
                ConstraintKind::Check { expr, .. } => {
                    let own = constraint
                        .name
                        .as_deref()
                        .map_or_else(|| format!("{name}_check").into(), Arc::from);
                    checks.push((own, expr.clone(), !constraint.not_valid));
                }
                ConstraintKind::NotNull { .. } => not_null = true,
                ConstraintKind::Default(expr) => default = Some(expr.clone()),
                _ => {}
            }
        }
        let base = column_type(self.schema, &domain.base);
        self.put_type(
            &domain.name,
            TypeKind::Domain {
                base,
                not_null,
                checks,
                default,
            },
            span,
        );
    }

    pub(super) fn alter_domain(&mut self, name: &WrittenName, command: &DomainCommand, span: Span) {
        let Some(key) = self.change_domain(name, command, span) else {
            return;
        };
        self.schema.change_type(&key, |found| {
            let own_name = Arc::clone(&found.key.name);
            let TypeKind::Domain {
                not_null,
                checks,
                default,
                ..
            } = &mut found.kind
            else {
                return;
            };
            match command {
                DomainCommand::AddConstraint(constraint) => {
                    if let ConstraintKind::Check { expr, .. } = &constraint.kind {
                        let name = constraint
                            .name
                            .as_deref()
                            .map_or_else(|| format!("{own_name}_check").into(), Arc::from);
                        checks.push((name, expr.clone(), !constraint.not_valid));
                    }
                }
                DomainCommand::ValidateConstraint(name) => {
                    checks
                        .iter_mut()
                        .filter(|check| *check.0 == **name)
                        .for_each(|check| check.2 = true);
                }
                DomainCommand::DropConstraint(name) => checks.retain(|check| *check.0 != **name),
                DomainCommand::SetNotNull => *not_null = true,
                DomainCommand::DropNotNull => *not_null = false,
                DomainCommand::Default(expr) => default.clone_from(expr),
            }
        });
    }

    /// Notes what ALTER DOMAIN does: to a constraint, or to a property of the domain.
    fn change_domain(&mut self, name: &WrittenName, command: &DomainCommand, span: Span) -> Option<Key> {
        let Some(found) = self.schema.type_(name).known().cloned() else {
            return self.change_type(name, "definition", span);
        };
        let key = found.key.clone();
        self.touch(Touched::Type(key.clone()), TouchKind::Use, span.clone());
        let checks = match &found.kind {
            TypeKind::Domain { checks, .. } => checks.as_slice(),
            _ => &[],
        };
        let is_there = |name: &str| checks.iter().any(|check| *check.0 == *name);
        let constraint = |name: &str| Touched::Constraint(key.clone(), name.into());
        match command {
            DomainCommand::AddConstraint(added) => {
                if let Some(name) = &added.name {
                    self.touch(constraint(name), self.create_kind(false), span.clone());
                    if is_there(name) {
                        self.exists(&constraint(name), span);
                    }
                }
            }
            DomainCommand::ValidateConstraint(name) | DomainCommand::DropConstraint(name)
                if !is_there(name) =>
            {
                let written = WrittenName {
                    schema: None,
                    name: name.to_string(),
                };
                self.absent(Missing::Constraint, &written, Some(key.clone()), span);
                if let Some(absence) = self.log.absences.last_mut() {
                    // NOT NULL constraints have names that are not kept; IF EXISTS is not either.
                    absence.unsure = true;
                }
            }
            DomainCommand::ValidateConstraint(name) => {
                self.touch(constraint(name), TouchKind::Change("validity"), span);
            }
            DomainCommand::DropConstraint(name) => self.touch(constraint(name), TouchKind::Drop, span),
            DomainCommand::SetNotNull => {
                self.touch(Touched::Type(key.clone()), TouchKind::Set("not null", 1), span)
            }
            DomainCommand::DropNotNull => {
                self.touch(Touched::Type(key.clone()), TouchKind::Set("not null", 0), span)
            }
            DomainCommand::Default(expr) => {
                let value = expr.as_ref().map_or(0, |expr| fingerprint(&expr.normal()));
                self.touch(Touched::Type(key.clone()), TouchKind::Set("default", value), span);
            }
        }
        Some(key)
    }

    /// Notes that a type changes; returns its name where it is known.
    pub(super) fn change_type(&mut self, name: &WrittenName, facet: &'static str, span: Span) -> Option<Key> {
        match self.schema.type_(name) {
            Found::Known(found) => {
                let key = found.key.clone();
                self.touch(Touched::Type(key.clone()), TouchKind::Change(facet), span);
                Some(key)
            }
            Found::Absent => {
                self.absent_object(Missing::Type, name, span);
                None
            }
            _ => None,
        }
    }

    pub(super) fn add_enum_value(
        &mut self,
        name: &WrittenName,
        (value, beside): (&str, Option<&(bool, Box<str>)>),
        if_not_exists: bool,
        span: Span,
    ) {
        let Some(found) = self.schema.type_(name).known().cloned() else {
            self.change_type(name, "labels", span);
            return;
        };
        let key = found.key.clone();
        let labels = match &found.kind {
            TypeKind::Enum(labels) => labels.as_slice(),
            _ => &[],
        };
        let place = beside.and_then(|(before, other)| {
            let at = labels.iter().position(|label| **label == **other)?;
            Some(if *before { at } else { at + 1 })
        });
        if let Some((_, other)) = beside {
            if place.is_none() && !labels.is_empty() {
                self.unsure(Missing::EnumLabel, other, Some(key.clone()), span.clone());
            } else {
                let what = Touched::Label(key.clone(), Arc::from(&**other));
                self.touch(what, TouchKind::Use, span.clone());
            }
        }
        let place = place.unwrap_or(labels.len());
        // What stands beside one label does so whatever is put in beside others.
        let beside = fingerprint(&format!("{beside:?}"));
        self.touch(
            Touched::Type(key.clone()),
            TouchKind::Place(beside, fingerprint(value)),
            span.clone(),
        );
        let origin = self.place.origin;
        let mut is_there = false;
        self.schema.change_type(&key, |found| {
            if let TypeKind::Enum(labels) = &mut found.kind {
                is_there = labels.iter().any(|label| **label == *value);
                if !is_there {
                    labels.insert(place.min(labels.len()), value.into());
                    found.added.push((value.into(), origin));
                }
            }
        });
        let label = Touched::Label(key.clone(), value.into());
        self.touch(label, self.create_kind(if_not_exists), span.clone());
        if is_there && !if_not_exists {
            self.exists(
                &Touched::Other(ObjectKind::Type, format!("{key} label {value}").into()),
                span,
            );
        }
    }

    pub(super) fn rename_enum_value(&mut self, name: &WrittenName, from: &str, to: &str, span: Span) {
        let Some(key) = self.change_type(name, "labels", span.clone()) else {
            return;
        };
        self.touch(
            Touched::Label(key.clone(), from.into()),
            TouchKind::Rename,
            span.clone(),
        );
        self.touch(Touched::Label(key.clone(), to.into()), TouchKind::Provide, span);
        self.schema.change_type(&key, |found| {
            if let TypeKind::Enum(labels) = &mut found.kind {
                labels
                    .iter_mut()
                    .filter(|label| ***label == *from)
                    .for_each(|label| *label = to.into());
            }
        });
    }

    pub(super) fn create_schema(&mut self, name: &str, if_not_exists: bool, span: Span) {
        let what = Touched::Schema(name.into());
        self.touch(what.clone(), self.create_kind(if_not_exists), span.clone());
        if self.schema.has_schema(name) {
            // `public` is there in every database.
            if !if_not_exists && !self.place.conditional {
                self.exists(&what, span);
            }
            return;
        }
        self.schema.put_schema(name.into(), self.place.origin);
    }

    pub(super) fn create_other(&mut self, kind: ObjectKind, name: &str, if_missing: bool, span: Span) {
        let what = Touched::Other(kind, name.into());
        self.touch(what.clone(), self.create_kind(if_missing), span.clone());
        if let Some(origin) = self.schema.other(kind, name) {
            // A role that the project names may be there or not.
            let may_be_missing = kind == ObjectKind::Role && origin == Origin::Before;
            if !if_missing && !may_be_missing {
                self.exists(&what, span);
            }
            return;
        }
        self.schema.put_other(kind, name, self.place.origin);
    }
}
