//! What statements rely on: relations read, functions called, types named.

use std::sync::Arc;

use super::names::other_name;
use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::Key;
use crate::lint::schema::extension::extension_of;
use crate::lint::schema::{Found, builtin_function};
use crate::sql::WrittenName;
use crate::sql::act::{Expr, ObjectKind, Span, Uses};

/// Foreign-data wrappers of the extensions of the same name (manual, appendix F).
const WRAPPERS: [&str; 2] = ["file_fdw", "postgres_fdw"];

impl Replay<'_> {
    pub(super) fn uses(&mut self, uses: &Uses) {
        for (name, span) in &uses.reads {
            match self.schema.sequence(name) {
                Found::Known(_) => {}
                _ => {
                    if let Some(key) = self.need_relation(name, span.clone()) {
                        self.touch(Touched::Relation(key), TouchKind::Use, span.clone());
                    }
                }
            }
        }
        for (name, span) in &uses.by_text {
            self.by_text(name, span);
        }
        for (name, span) in &uses.types {
            self.use_type(name, span);
        }
        for (name, _, span) in &uses.calls {
            self.use_routine(name, span);
        }
        for (kind, name, span) in &uses.objects {
            self.use_object(*kind, name, span);
        }
        for (table, column, span) in &uses.columns {
            if let Found::Known(found) = self.schema.relation(table) {
                let key = found.key.clone();
                self.use_column(&key, column, span.clone());
            }
        }
    }

    /// Looks at a server, a publication, an operator. What nothing that is known makes may be there all the same.
    pub(super) fn use_object(&mut self, kind: ObjectKind, name: &WrittenName, span: &Span) {
        match kind {
            ObjectKind::Role => return self.use_role(&name.name, span),
            ObjectKind::Extension => return self.need_extension_of_cluster(&name.name, span),
            ObjectKind::Index => return self.use_index(name, span),
            _ => {}
        }
        let own = other_name(name);
        if self.schema.other(kind, &own).is_some() {
            return self.touch(Touched::Other(kind, own.into()), TouchKind::Use, span.clone());
        }
        let brought = match kind {
            ObjectKind::OperatorClass => extension_of("class", &own),
            ObjectKind::ForeignDataWrapper => WRAPPERS.iter().find(|wrapper| **wrapper == own).copied(),
            _ => None,
        };
        match brought {
            Some(extension) if self.schema.complete() => self.need_extension(extension, span.clone()),
            _ => self.unsure(Missing::Object(kind), &own, None, span.clone()),
        }
    }

    /// Looks at an extension that the database may have had before.
    pub(super) fn need_extension_of_cluster(&mut self, extension: &str, span: &Span) {
        match self.schema.other(ObjectKind::Extension, extension) {
            Some(_) => {
                let what = Touched::Other(ObjectKind::Extension, extension.into());
                self.touch(what, TouchKind::Use, span.clone());
            }
            None => self.need_extension(extension, span.clone()),
        }
    }

    /// Looks at an index by its name alone.
    pub(super) fn use_index(&mut self, name: &WrittenName, span: &Span) {
        match self.schema.index(name) {
            Found::Known(index) => {
                let key = index.key.clone();
                self.touch(Touched::Index(key), TouchKind::Use, span.clone());
            }
            Found::Absent => {
                self.absent(Missing::Index, name, None, span.clone());
                if let Some(absence) = self.log.absences.last_mut() {
                    absence.unsure = true;
                }
            }
            Found::Unknown | Found::System => {}
        }
    }

    /// `'…'::regclass` and `nextval('…')`: a relation, a sequence or an index.
    fn by_text(&mut self, name: &WrittenName, span: &Span) {
        if let Found::Known(sequence) = self.schema.sequence(name) {
            let key = sequence.key.clone();
            return self.touch(Touched::Sequence(key), TouchKind::Use, span.clone());
        }
        if let Found::Known(index) = self.schema.index(name) {
            let key = index.key.clone();
            return self.touch(Touched::Index(key), TouchKind::Use, span.clone());
        }
        match self.schema.relation(name) {
            Found::Known(relation) => {
                let key = relation.key.clone();
                self.touch(Touched::Relation(key), TouchKind::Use, span.clone());
            }
            Found::Absent => self.absent(Missing::Relation, name, None, span.clone()),
            Found::Unknown | Found::System => {}
        }
    }

    pub(super) fn use_type(&mut self, name: &WrittenName, span: &Span) {
        match self.schema.type_(name) {
            Found::Known(found) => {
                let key = found.key.clone();
                self.touch(Touched::Type(key), TouchKind::Use, span.clone());
            }
            // Every relation has a type of its name.
            Found::Absent => match self.schema.relation(name) {
                Found::Known(relation) => {
                    let key = relation.key.clone();
                    self.touch(Touched::Relation(key), TouchKind::Use, span.clone());
                }
                Found::Absent => match name.name.strip_prefix('_') {
                    // The server names the array type of "t" "_t".
                    Some(element) if !element.is_empty() => {
                        let element = WrittenName {
                            schema: name.schema.clone(),
                            name: element.to_owned(),
                        };
                        self.use_type(&element, span);
                    }
                    _ => self.absent_object(Missing::Type, name, span.clone()),
                },
                _ => {}
            },
            _ => {}
        }
    }

    pub(super) fn use_routine(&mut self, name: &WrittenName, span: &Span) {
        let found = self
            .schema
            .routines(name)
            .first()
            .map(|routine| routine.key.clone());
        if let Some(key) = found {
            return self.touch(Touched::Routine(key), TouchKind::Use, span.clone());
        }
        let is_system = match &name.schema {
            Some(schema) => crate::lint::schema::is_system_schema(schema),
            None => {
                builtin_function(&name.name).is_some() || crate::lint::schema::is_builtin_type(&name.name)
            }
        };
        let is_type = self.schema.type_(name).known().is_some();
        if !is_system && !is_type && self.schema.complete() {
            self.absent_object(Missing::Routine, name, span.clone());
        }
    }

    /// Looks at the columns of one relation that an expression names.
    pub(super) fn use_columns(&mut self, relation: &Key, expr: &Expr) {
        let mut named = Vec::new();
        // A subquery has a scope of its own.
        super::query::own_columns(expr, &mut named);
        let columns: Vec<(Box<str>, Span)> = named
            .into_iter()
            .filter(|(column, _)| column.qualifier.is_none() && &*column.name != "*")
            .map(|(column, span)| (column.name.clone(), span))
            .collect();
        for (name, span) in columns {
            self.use_column(relation, &name, span);
        }
        self.labels_of(relation, expr);
        self.names_of_expr(relation, expr);
    }

    /// Looks at one column; says whether it may be there.
    pub(super) fn use_column(&mut self, relation: &Key, name: &str, span: Span) -> bool {
        let Some(found) = self.schema.relation_at(relation) else {
            return true;
        };
        if let Some(column) = found.column(name) {
            let what = Touched::Column(relation.clone(), Arc::clone(&column.name));
            self.touch(what, self.use_kind(), span);
            return true;
        }
        if !found.columns_known || super::query::is_system_column(name) {
            return true;
        }
        let written = WrittenName {
            schema: None,
            name: name.to_owned(),
        };
        // What a table has copied it would have had of the source as well.
        let parent = found.partition.as_ref().map(|partition| &partition.parent);
        let sources: Vec<Key> = found
            .copied
            .iter()
            .chain(&found.inherits)
            .chain(parent)
            .cloned()
            .collect();
        self.absent(Missing::Column, &written, Some(relation.clone()), span);
        if let Some(absence) = self.log.absences.last_mut() {
            absence.keys = sources;
        }
        false
    }
}
