//! CREATE and ALTER of types, domains and the labels of enums.

use std::sync::Arc;

use super::names::column_type;
use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::{Found, Key, Type, TypeKind};
use crate::sql::WrittenName;
use crate::sql::act::object::DomainCommand;
use crate::sql::act::{ConstraintKind, CreateDomain, CreateType, ObjectKind, Span, TypeShape};
use crate::sql::normal::fingerprint;

impl Replay<'_> {
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
}
