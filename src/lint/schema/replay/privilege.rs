//! Owners, grants and comments.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::{Found, Grants, Key, Origin};
use crate::sql::WrittenName;
use crate::sql::act::{AlterRole, Comment, Grant, ObjectKind, ObjectName, Span};
use crate::sql::normal::fingerprint;

/// What ALL means for a table (manual, table 5.2).
const ALL_ON_TABLE: &[&str] = &[
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
];

impl Replay<'_> {
    /// Returns a role as objects have it: nothing for the one that migrates.
    pub(super) fn role(&self, written: &str) -> Option<Arc<str>> {
        match written {
            "current_user" | "current_role" | "session_user" => self.schema.current_role().cloned(),
            name => Some(name.into()),
        }
    }

    pub(super) fn owner(&mut self, object: &ObjectName, owner: &str) {
        let span = object.span.clone();
        self.use_role(owner, &span);
        let owner = self.role(owner);
        let value = fingerprint(&format!("{owner:?}"));
        let name = &object.name;
        match object.kind {
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::ForeignTable => {
                if let Found::Known(sequence) = self.schema.sequence(name) {
                    let key = sequence.key.clone();
                    self.schema.change_sequence(&key, |found| found.owner = owner);
                    return;
                }
                let Some(key) = self.need_relation(name, span.clone()) else {
                    return;
                };
                self.schema
                    .change_relation(&key, |relation| relation.owner = owner);
                self.touch(Touched::Relation(key), TouchKind::Set("owner", value), span);
            }
            ObjectKind::Sequence => {
                let Some(key) = self.schema.sequence(name).known().map(|found| found.key.clone()) else {
                    return;
                };
                self.schema.change_sequence(&key, |found| found.owner = owner);
                self.touch(Touched::Sequence(key), TouchKind::Set("owner", value), span);
            }
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                let Some(key) = self.schema.routines(name).first().map(|found| found.key.clone()) else {
                    if self.schema.complete() {
                        self.absent_object(Missing::Routine, name, span);
                    }
                    return;
                };
                self.schema
                    .change_routines(&key, object.arguments.as_deref(), |found| {
                        found.owner.clone_from(&owner)
                    });
                self.touch(Touched::Routine(key), TouchKind::Set("owner", value), span);
            }
            ObjectKind::Type | ObjectKind::Domain => {
                self.change_type(name, "owner", span);
            }
            _ => {}
        }
    }

    pub(super) fn grant(&mut self, grant: &Grant, span: Span) {
        if grant.of_roles {
            let granted = grant.privileges.iter().map(|role| &role.name);
            granted
                .chain(&grant.grantees)
                .for_each(|role| self.use_role(role, &span));
            return;
        }
        grant.grantees.iter().for_each(|role| self.use_role(role, &span));
        let sort = grant.all_of;
        for schema in &grant.schemas {
            self.grant_all_in(grant, schema, sort.unwrap_or(ObjectKind::Table), &span);
        }
        for object in &grant.objects {
            self.grant_on(grant, object, &span);
        }
    }

    fn grant_all_in(&mut self, grant: &Grant, schema: &str, sort: ObjectKind, span: &Span) {
        self.touch(
            Touched::AllIn(schema.into(), sort),
            TouchKind::Change("privileges"),
            span.clone(),
        );
        match sort {
            ObjectKind::Table => {
                for key in self.schema.relation_keys() {
                    if *key.schema == *schema {
                        self.schema
                            .change_relation(&key, |relation| change(&mut relation.grants, grant));
                    }
                }
            }
            ObjectKind::Sequence => {
                let keys: Vec<Key> = self.schema.sequences().map(|found| found.key.clone()).collect();
                for key in keys.into_iter().filter(|key| *key.schema == *schema) {
                    self.schema
                        .change_sequence(&key, |sequence| change(&mut sequence.grants, grant));
                }
            }
            _ => {
                for key in self.schema.routine_keys_in(schema) {
                    self.schema
                        .change_routines(&key, None, |routine| change(&mut routine.grants, grant));
                }
            }
        }
    }

    /// Looks at a role that a statement names. Roles live in the cluster: one that no migration makes is there.
    pub(super) fn use_role(&mut self, role: &str, span: &Span) {
        let is_word = matches!(role, "public" | "current_user" | "current_role" | "session_user");
        if is_word {
            return;
        }
        if self.schema.other(ObjectKind::Role, role).is_some() {
            let what = Touched::Other(ObjectKind::Role, role.into());
            return self.touch(what, TouchKind::Use, span.clone());
        }
        self.unsure(Missing::Role, role, None, span.clone());
        // Missed once.
        self.schema.put_other(ObjectKind::Role, role, self.place.origin);
    }

    /// Writes down what ALTER ROLE sets.
    pub(super) fn alter_role(&mut self, role: &AlterRole, span: &Span) {
        self.use_role(&role.name, span);
        let of = |attribute: &str| {
            Touched::Other(ObjectKind::Role, format!("{attribute} of {}", role.name).into())
        };
        if let Some(parameter) = &role.sets {
            self.touch(of(parameter), TouchKind::Change("definition"), span.clone());
        }
        for option in &role.options {
            let attribute = option.strip_prefix("NO").unwrap_or(option);
            let kind = TouchKind::Set("attribute", fingerprint(option));
            self.touch(of(attribute), kind, span.clone());
        }
    }

    /// Writes down each privilege that is given or taken, so that a GRANT and a REVOKE of the same are told apart.
    fn touch_privileges(&mut self, grant: &Grant, object: &ObjectName, span: &Span) {
        for privilege in grant
            .privileges
            .iter()
            .filter(|privilege| privilege.columns.is_empty())
        {
            for grantee in &grant.grantees {
                let what = format!("{} of {grantee} on {}", privilege.name, object.name);
                let value = TouchKind::Set("privilege", u64::from(!grant.revoke));
                self.touch(Touched::Other(object.kind, what.into()), value, span.clone());
            }
        }
    }

    fn grant_on(&mut self, grant: &Grant, object: &ObjectName, span: &Span) {
        self.touch_privileges(grant, object, span);
        match object.kind {
            ObjectKind::Table => {
                if let Found::Known(sequence) = self.schema.sequence(&object.name) {
                    let key = sequence.key.clone();
                    self.schema
                        .change_sequence(&key, |sequence| change(&mut sequence.grants, grant));
                    return self.touch(Touched::Sequence(key), TouchKind::Use, span.clone());
                }
                let Some(key) = self.need_relation(&object.name, object.span.clone()) else {
                    return;
                };
                self.schema
                    .change_relation(&key, |relation| change(&mut relation.grants, grant));
                for column in grant.privileges.iter().flat_map(|privilege| &privilege.columns) {
                    self.use_column(&key, column, object.span.clone());
                }
                self.touch(Touched::Relation(key), TouchKind::Use, span.clone());
            }
            ObjectKind::Sequence => match self.schema.sequence(&object.name) {
                Found::Known(found) => {
                    let key = found.key.clone();
                    self.schema
                        .change_sequence(&key, |sequence| change(&mut sequence.grants, grant));
                    self.touch(Touched::Sequence(key), TouchKind::Use, span.clone());
                }
                Found::Absent => self.absent(Missing::Sequence, &object.name, None, object.span.clone()),
                _ => {}
            },
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                let Some(key) = self
                    .schema
                    .routines(&object.name)
                    .first()
                    .map(|found| found.key.clone())
                else {
                    if self.schema.complete() {
                        self.absent_object(Missing::Routine, &object.name, object.span.clone());
                    }
                    return;
                };
                self.schema
                    .change_routines(&key, object.arguments.as_deref(), |routine| {
                        change(&mut routine.grants, grant)
                    });
                self.touch(Touched::Routine(key), TouchKind::Use, span.clone());
            }
            ObjectKind::Type | ObjectKind::Domain => self.use_type(&object.name, &object.span),
            ObjectKind::Schema => {
                let name: Arc<str> = object.name.name.as_str().into();
                let written = WrittenName {
                    schema: Some(name.to_string()),
                    name: String::new(),
                };
                self.need_schema(&written, span.clone());
            }
            _ => {}
        }
    }

    pub(super) fn default_privileges(&mut self, grant: &Grant, span: Span) {
        let roles = grant.grantees.iter().chain(&grant.for_roles);
        roles.for_each(|role| self.use_role(role, &span));
        let sort = grant.all_of.unwrap_or(ObjectKind::Table);
        // What a role makes that a migration has made is no business of the one that migrates.
        let of_another = |role: &str| {
            let made = self.schema.other(ObjectKind::Role, role);
            made.is_some_and(|origin| origin != Origin::Before)
                && self
                    .schema
                    .current_role()
                    .is_none_or(|current| **current != *role)
        };
        if !grant.for_roles.is_empty() && grant.for_roles.iter().all(|role| of_another(role)) {
            return;
        }
        if grant.schemas.is_empty() {
            self.touch(
                Touched::AllIn("*".into(), sort),
                TouchKind::Change("default privileges"),
                span,
            );
            return;
        }
        for schema in &grant.schemas {
            let what = Touched::AllIn(Arc::from(&**schema), sort);
            self.touch(what, TouchKind::Change("default privileges"), span.clone());
        }
    }

    pub(super) fn comment(&mut self, comment: &Comment) {
        if comment.is_label {
            return;
        }
        let object = &comment.object;
        let span = object.span.clone();
        match object.kind {
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::ForeignTable => {
                let Some(key) = self.need_relation(&object.name, span.clone()) else {
                    return;
                };
                let text = comment.text.clone();
                let value = fingerprint(&format!("{text:?}"));
                self.schema
                    .change_relation(&key, |relation| relation.comment = text);
                self.touch(Touched::Relation(key), TouchKind::Set("comment", value), span);
            }
            ObjectKind::Column => {
                let Some(on) = &object.on else { return };
                let Some(key) = self.need_relation(on, span.clone()) else {
                    return;
                };
                let name = &object.name.name;
                if !self.use_column(&key, name, span.clone()) {
                    return;
                }
                let text = comment.text.clone();
                let value = fingerprint(&format!("{text:?}"));
                self.schema.change_relation(&key, |relation| {
                    if let Some(column) = relation.column_mut(name) {
                        column.comment = text;
                    }
                });
                let what = Touched::Column(key, name.as_str().into());
                self.touch(what, TouchKind::Set("comment", value), span);
            }
            ObjectKind::Type | ObjectKind::Domain => self.use_type(&object.name, &span),
            ObjectKind::Sequence if self.schema.sequence(&object.name).is_absent() => {
                self.absent(Missing::Sequence, &object.name, None, span);
            }
            ObjectKind::Role => self.use_role(&object.name.name, &span),
            ObjectKind::Extension => self.need_extension_of_cluster(&object.name.name, &span),
            ObjectKind::Schema => {
                let written = WrittenName {
                    schema: Some(object.name.name.clone()),
                    name: String::new(),
                };
                self.need_schema(&written, span);
            }
            ObjectKind::Index if self.schema.index(&object.name).is_absent() => {
                self.absent(Missing::Index, &object.name, None, span);
            }
            ObjectKind::Constraint | ObjectKind::Trigger | ObjectKind::Policy => {
                let Some(on) = &object.on else { return };
                let Some(key) = self.need_relation(on, span.clone()) else {
                    return;
                };
                let missing = match object.kind {
                    ObjectKind::Constraint => Missing::Constraint,
                    ObjectKind::Trigger => Missing::Trigger,
                    _ => Missing::Policy,
                };
                self.need_on(&key, &object.name.name, missing, &span);
            }
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                let is_absent = self.schema.routines(&object.name).is_empty();
                if is_absent && self.schema.complete() && !self.schema.has_extensions() {
                    self.absent(Missing::Routine, &object.name, None, span);
                }
            }
            _ => {}
        }
    }
}

/// Adds or takes away what a GRANT or REVOKE names. Privileges on columns are not kept.
fn change(grants: &mut Grants, grant: &Grant) {
    let whole = grant
        .privileges
        .iter()
        .filter(|privilege| privilege.columns.is_empty());
    let mut names: BTreeSet<Box<str>> = whole.map(|privilege| privilege.name.clone()).collect();
    if names.remove("ALL") {
        names.extend(ALL_ON_TABLE.iter().map(|name| Box::<str>::from(*name)));
        names.extend(["USAGE".into(), "EXECUTE".into(), "MAINTAIN".into()]);
    }
    for grantee in &grant.grantees {
        if grant.revoke {
            if &**grantee == "public" {
                grants.revoked_from_public = true;
            }
            if let Some(held) = grants.granted.get_mut(&**grantee)
                && !grant.with_option
            {
                held.retain(|name| !names.contains(name));
                if held.is_empty() {
                    grants.granted.remove(&**grantee);
                }
            }
        } else {
            if &**grantee == "public" {
                grants.revoked_from_public = false;
            }
            grants
                .granted
                .entry(Arc::from(&**grantee))
                .or_default()
                .extend(names.iter().cloned());
        }
    }
}
