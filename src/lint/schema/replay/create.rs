//! CREATE of everything but tables.

use std::sync::Arc;

use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::Origin;
use crate::lint::schema::extension::extension_of;
use crate::lint::schema::relation::{Policy, Relation, RelationKind};
use crate::lint::schema::{Column, Found, Grants, Index, IndexColumn, Key, Sequence};
use crate::sql::WrittenName;
use crate::sql::act::{CreateIndex, CreatePolicy, CreateSequence, CreateView, ObjectKind, Span};
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
