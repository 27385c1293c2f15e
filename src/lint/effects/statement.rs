//! Every statement but ALTER TABLE, DROP and what changes rows.

use super::column::{BUILDS, CHECKS};
use super::domain;
use super::forms::Form;
use super::gather::Gather;
use crate::lint::schema::{Found, Key, RelationKind, TableConstraintKind};
use crate::sql::WrittenName;
use crate::sql::act::object::{DomainCommand, Maintenance};
use crate::sql::act::{
    Act, Action, Comment, ConstraintKind, CreateIndex, CreateTable, CreateTrigger, CreateView, ObjectKind,
    ObjectName, Reindex, Rename,
};

impl Gather<'_> {
    pub(super) fn act(&mut self, act: &Act) {
        match &act.action {
            Action::AlterTable(table) => self.alter_table(table),
            Action::CreateTable(table) => self.create_table(table),
            Action::CreateIndex(index) => self.create_index(index),
            Action::Reindex(reindex) => self.reindex(reindex),
            Action::CreateView(view) => self.create_view(view),
            Action::Refresh {
                name,
                concurrently,
                no_data,
            } => self.refresh(name, *concurrently, *no_data),
            Action::CreateTrigger(trigger) => self.create_trigger(trigger),
            Action::CreateRule { relation, .. } => self.on(Form::CreateRule, relation),
            Action::Policy(policy) => self.on(Form::CreatePolicy, &policy.relation),
            Action::CreateOther(object) => self.create_other(object, act),
            Action::AlterDomain { name, command } => self.alter_domain(name, command),
            Action::Drop(drop) => self.drop(drop),
            Action::Rename(rename) => self.rename(rename),
            Action::SetSchema { object, .. } => self.of_relation(Form::SetSchema, object),
            Action::Owner { object, .. } => self.of_relation(Form::Owner, object),
            Action::Comment(comment) => self.comment(comment),
            Action::Dml(change) => {
                self.dml(change);
                self.calls(&act.uses.calls);
            }
            Action::Select(query) => {
                self.query(query);
                self.calls(&act.uses.calls);
            }
            Action::Truncate { tables, cascade } => self.truncate(tables, *cascade),
            Action::Copy(copy) => self.copy(copy),
            Action::Do(body) => self.body(body),
            Action::Call { name, .. } => self.call(name),
            Action::Lock { tables, mode } => self.lock_tables(tables, mode),
            Action::Maintain { verb, tables } => self.maintain(*verb, tables),
            Action::Other(words) if words.starts_with("ALTER PUBLICATION") => self.published(act),
            _ => {}
        }
    }

    /// A form that locks one relation.
    fn on(&mut self, form: Form, relation: &WrittenName) {
        if let Some(key) = self.find(relation) {
            self.take(form, &key, false);
        }
    }

    fn of_relation(&mut self, form: Form, object: &ObjectName) {
        if is_relation(object.kind) && !matches!(self.schema.sequence(&object.name), Found::Known(_)) {
            self.on(form, &object.name);
        }
    }

    fn create_table(&mut self, table: &CreateTable) {
        let key = self.schema.creation_key(&table.name, table.temporary);
        let is_there = self.relation(&key).is_some_and(|found| !found.only_named);
        if table.if_not_exists && is_there {
            return;
        }
        if let Some(query) = &table.query {
            self.query(query);
        }
        for parent in &table.inherits {
            self.on(Form::InheritFrom, parent);
        }
        if let Some(parent) = &table.partition_of {
            self.create_partition(parent, &key, table.bound.as_deref().unwrap_or_default());
        }
        let of_columns = table.columns.iter().flat_map(|column| &column.constraints);
        for constraint in table.constraints.iter().chain(of_columns) {
            if let ConstraintKind::ForeignKey(foreign) = &constraint.kind {
                let is_itself = self.schema.creation_key(&foreign.table, table.temporary) == key;
                if !is_itself {
                    self.on(Form::ReferencedByNew, &foreign.table);
                }
            }
        }
    }

    fn create_index(&mut self, index: &CreateIndex) {
        let Some(key) = self.find(&index.relation) else {
            return;
        };
        self.to_end = !index.concurrently;
        let form = match index.concurrently {
            true => Form::CreateIndexConcurrently,
            false => Form::CreateIndex,
        };
        if index.if_not_exists && self.has_index(&key, index.name.as_deref()) {
            return self.lock(&key, form.fact(self.major).target);
        }
        for relation in self.take(form, &key, index.only) {
            self.scan(&relation, BUILDS);
        }
    }

    fn has_index(&self, table: &Key, name: Option<&str>) -> bool {
        name.is_some_and(|name| {
            self.schema
                .index_at(&Key::new(table.schema.clone(), name))
                .is_some()
        })
    }

    fn reindex(&mut self, reindex: &Reindex) {
        self.to_end = !reindex.concurrently;
        let Some(name) = &reindex.name else {
            return self.reindex_all(reindex, None);
        };
        match &*reindex.target {
            "INDEX" => match self.schema.index(name) {
                Found::Known(index) => {
                    let (key, table) = (index.key.clone(), index.relation.clone());
                    self.rebuild(reindex, &table, Some(&key));
                }
                Found::Unknown => self.assume(),
                Found::Absent | Found::System => {}
            },
            "TABLE" => {
                if let Some(table) = self.find(name) {
                    self.rebuild(reindex, &table, None);
                }
            }
            "SCHEMA" => self.reindex_all(reindex, Some(&name.name)),
            _ => self.reindex_all(reindex, None),
        }
    }

    fn reindex_all(&mut self, reindex: &Reindex, schema: Option<&str>) {
        let tables: Vec<Key> = self
            .schema
            .relations()
            .filter(|relation| {
                matches!(
                    relation.kind,
                    RelationKind::Table | RelationKind::MaterializedView
                )
            })
            .filter(|relation| schema.is_none_or(|schema| *relation.key.schema == *schema))
            .map(|relation| relation.key.clone())
            .collect();
        self.assume();
        tables.iter().for_each(|table| self.rebuild(reindex, table, None));
    }

    fn rebuild(&mut self, reindex: &Reindex, table: &Key, only: Option<&Key>) {
        let form = match reindex.concurrently {
            true => Form::ReindexConcurrently,
            false => Form::Reindex,
        };
        for relation in self.take(form, table, false) {
            self.scan(&relation, BUILDS);
            let indexes = self
                .relation(&relation)
                .map(|found| found.indexes.clone())
                .unwrap_or_default();
            for index in indexes
                .iter()
                .filter(|index| only.is_none_or(|only| only == *index))
            {
                self.rewrite(index, "builds the index again");
            }
        }
    }

    fn create_view(&mut self, view: &CreateView) {
        self.query(&view.query);
        let key = self.schema.creation_key(&view.name, view.temporary);
        if view.or_replace && self.relation(&key).is_some() {
            self.take(Form::ReplaceView, &key, false);
        } else if view.or_replace && !self.schema.complete() {
            self.assume();
            self.take(Form::ReplaceView, &key, false);
        }
    }

    fn refresh(&mut self, name: &WrittenName, concurrently: bool, no_data: bool) {
        let Some(key) = self.find(name) else { return };
        if concurrently {
            self.take(Form::RefreshConcurrently, &key, false);
            return self.scan(&key, "compares every row with the new result");
        }
        self.take(Form::Refresh, &key, false);
        if !no_data {
            self.rewrite(&key, "runs the query and writes its result");
        }
    }

    fn create_trigger(&mut self, trigger: &CreateTrigger) {
        let Some(key) = self.find(&trigger.relation) else {
            return;
        };
        self.take(Form::CreateTrigger, &key, !trigger.for_each_row);
    }

    /// CREATE STATISTICS and PUBLICATION lock the tables that they name.
    fn create_other(&mut self, object: &ObjectName, act: &Act) {
        match object.kind {
            ObjectKind::Statistics => {
                for (name, _) in &act.uses.reads {
                    self.on(Form::CreateStatistics, name);
                }
            }
            ObjectKind::Publication => self.published(act),
            _ => {}
        }
    }

    fn published(&mut self, act: &Act) {
        for (name, _) in &act.uses.reads {
            self.on(Form::PublishTable, name);
        }
    }

    /// A constraint of a domain is checked in every table that has a column of it.
    fn alter_domain(&mut self, name: &WrittenName, command: &DomainCommand) {
        let checks = match command {
            DomainCommand::AddConstraint(constraint) => !constraint.not_valid,
            DomainCommand::ValidateConstraint(_) | DomainCommand::SetNotNull => true,
            DomainCommand::DropConstraint(_) | DomainCommand::DropNotNull | DomainCommand::Default(_) => {
                false
            }
        };
        if !checks {
            return;
        }
        let found = match self.schema.type_(name) {
            Found::Known(found) => found.key.clone(),
            Found::Unknown => return self.assume(),
            Found::Absent | Found::System => return,
        };
        let users: Vec<Key> = domain::users(self.schema, &found)
            .into_iter()
            .filter(|relation| self.holds_rows(&relation.key))
            .map(|relation| relation.key.clone())
            .collect();
        for table in users {
            self.take(Form::DomainCheck, &table, false);
            self.scan(&table, CHECKS);
        }
    }

    fn rename(&mut self, rename: &Rename) {
        let object = &rename.object;
        match object.kind {
            ObjectKind::Column => {
                if let Some(on) = &object.on {
                    self.on(Form::RenameColumn, on);
                }
            }
            ObjectKind::Trigger => {
                let Some(key) = object.on.as_ref().and_then(|on| self.find(on)) else {
                    return;
                };
                let found = self
                    .relation(&key)
                    .and_then(|found| found.trigger(&object.name.name));
                let has_clones = found.is_some_and(|trigger| trigger.for_each_row);
                self.take(Form::RenameTrigger, &key, !has_clones);
            }
            ObjectKind::Constraint => {
                let Some(key) = object.on.as_ref().and_then(|on| self.find(on)) else {
                    return;
                };
                let found = self
                    .relation(&key)
                    .and_then(|found| found.constraint(&object.name.name));
                let is_check = found.is_some_and(|found| matches!(found.kind, TableConstraintKind::Check(_)));
                match is_check {
                    true => drop(self.take(Form::RenameConstraint, &key, false)),
                    false => self.lock(&key, Form::RenameConstraint.fact(self.major).target),
                }
            }
            ObjectKind::Policy | ObjectKind::Rule => {
                if let Some(on) = &object.on {
                    self.on(Form::RenameOnTable, on);
                }
            }
            _ => self.of_relation(Form::Rename, object),
        }
    }

    fn comment(&mut self, comment: &Comment) {
        let object = &comment.object;
        match (object.kind, &object.on) {
            (ObjectKind::Column, Some(on)) => self.on(Form::Comment, on),
            _ => self.of_relation(Form::Comment, object),
        }
    }

    fn maintain(&mut self, verb: Maintenance, tables: &[WrittenName]) {
        let mut keys = Vec::new();
        for name in tables {
            keys.extend(self.find(name));
        }
        if tables.is_empty() {
            self.assume();
            keys.extend(
                self.schema
                    .relations()
                    .filter(|relation| {
                        matches!(
                            relation.kind,
                            RelationKind::Table | RelationKind::MaterializedView
                        )
                    })
                    .map(|relation| relation.key.clone()),
            );
        }
        let form = match verb {
            Maintenance::Vacuum { full: true } => Form::VacuumFull,
            Maintenance::Vacuum { full: false } => Form::Vacuum,
            Maintenance::Analyze => Form::Analyze,
            Maintenance::Cluster => Form::Cluster,
        };
        for key in keys {
            for relation in self.take(form, &key, false) {
                if matches!(form, Form::VacuumFull | Form::Cluster) {
                    self.rewrite(&relation, "writes the table and its indexes anew");
                }
            }
        }
    }
}

fn is_relation(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable
    )
}
