//! ALTER TABLE and its sisters.

use std::sync::Arc;

use super::names::column_type;
use super::needed::Change;
use super::{Missing, Replay, TouchKind, Touched};
use crate::lint::schema::relation::{Relation, TableConstraintKind};
use crate::lint::schema::{Found, Key};
use crate::sql::WrittenName;
use crate::sql::act::{AlterCommand, AlterTable, ConstraintKind, ObjectKind, Span};
use crate::sql::normal::fingerprint;

/// Returns when the server runs a command among those of its statement (`AlterTablePass` in tablecmds.c): whatever
/// order they are written in, a constraint finds the columns that are added beside it.
fn pass(command: &AlterCommand) -> u8 {
    use AlterCommand as C;
    match command {
        C::DropColumn { .. } | C::DropConstraint { .. } => 0,
        C::Type { .. } => 1,
        C::AddColumn { .. } => 2,
        C::SetDefault(..) | C::DropDefault(_) | C::SetNotNull(_) | C::DropNotNull(_) => 3,
        C::AddConstraint(_) => 4,
        _ => 5,
    }
}

/// Storage parameters and options of views; any other counts as one with all others.
const OPTIONS: [&str; 12] = [
    "autovacuum_analyze_scale_factor",
    "autovacuum_analyze_threshold",
    "autovacuum_enabled",
    "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_threshold",
    "check_option",
    "fillfactor",
    "parallel_workers",
    "security_barrier",
    "security_invoker",
    "toast_tuple_target",
    "user_catalog_table",
];

impl Replay<'_> {
    pub(super) fn alter_table(&mut self, table: &AlterTable) {
        if table.kind == ObjectKind::Index {
            return self.alter_index(table);
        }
        if matches!(self.schema.sequence(&table.name), Found::Known(_)) {
            return self.alter_as_sequence(table);
        }
        if table.if_exists && self.schema.relation(&table.name).is_absent() {
            let written = table.name.clone();
            self.place.conditional = true;
            return self.absent(Missing::Relation, &written, None, table.name_span.clone());
        }
        let Some(key) = self.need_relation(&table.name, table.name_span.clone()) else {
            return;
        };
        self.touch(
            Touched::Relation(key.clone()),
            TouchKind::Use,
            table.name_span.clone(),
        );
        let only = table.only;
        let mut commands: Vec<_> = table.commands.iter().collect();
        commands.sort_by_key(|(command, _)| pass(command));
        for (command, span) in commands {
            self.alter_command(&key, command, only, span);
        }
    }

    /// The partitions and children of a table, all the way down; none with ONLY.
    fn descendants(&self, table: &Key, only: bool) -> Vec<Key> {
        let mut found: Vec<Key> = Vec::new();
        let mut rest = if only { Vec::new() } else { vec![table.clone()] };
        while let Some(key) = rest.pop() {
            let children = self
                .schema
                .relation_at(&key)
                .map(|relation| relation.children.clone());
            for child in children.unwrap_or_default() {
                if !found.contains(&child) && child != *table {
                    found.push(child.clone());
                    rest.push(child);
                }
            }
        }
        found
    }

    /// Gives the children of a table what it got: columns, CHECK constraints; partitions also keys.
    fn pass_on(&mut self, table: &Key, depth: usize) {
        let children = self
            .schema
            .relation_at(table)
            .map(|relation| relation.children.clone());
        // Inheritance has no cycles; what was read may.
        if depth > 64 {
            return;
        }
        for child in children.unwrap_or_default() {
            self.inherit(&child, table);
            self.pass_on(&child, depth + 1);
        }
    }

    fn alter_command(&mut self, table: &Key, command: &AlterCommand, only: bool, span: &Span) {
        use AlterCommand as C;
        match command {
            C::AddColumn {
                column,
                if_not_exists,
            } => self.alter_add_column(table, column, *if_not_exists, span),
            C::DropColumn {
                name,
                if_exists,
                cascade,
            } => self.drop_column(table, name, *if_exists, *cascade, span),
            C::Type {
                column,
                data_type,
                collation,
                using,
            } => {
                if let Some(using) = using {
                    self.use_columns(table, using);
                }
                let by = self.users_of_column(table, column, Change::Type);
                let what = Touched::Column(table.clone(), Arc::from(&**column));
                self.refused(what, by, Change::Type, span);
                let data_type = column_type(self.schema, data_type);
                if let Some(collation) = collation {
                    self.use_collation(collation, span);
                }
                let collation: Option<Box<str>> = collation.as_ref().map(|name| name.to_string().into());
                self.set_on_column(
                    (table, false),
                    column,
                    ("type", fingerprint(&format!("{data_type:?}"))),
                    span,
                    |found| {
                        found.data_type = Some(data_type.clone());
                        found.collation.clone_from(&collation);
                    },
                );
            }
            C::SetDefault(column, expr) => {
                let value = fingerprint(&expr.normal());
                self.label_for(table, column, expr);
                self.set_on_column((table, only), column, ("default", value), span, |found| {
                    found.default = Some(expr.clone())
                });
            }
            C::DropDefault(column) => {
                self.set_on_column((table, only), column, ("default", 0), span, |found| {
                    found.default = None
                })
            }
            C::SetNotNull(column) => {
                self.set_on_column((table, only), column, ("not null", 1), span, |found| {
                    found.not_null = true
                })
            }
            C::DropNotNull(column) => {
                self.set_on_column((table, only), column, ("not null", 0), span, |found| {
                    found.not_null = false
                })
            }
            C::SetExpression(column, expr) => {
                self.set_on_column((table, only), column, ("expression", 1), span, |found| {
                    found.generated = Some((expr.clone(), true));
                })
            }
            C::DropExpression(column) => {
                self.set_on_column((table, only), column, ("expression", 0), span, |found| {
                    found.generated = None
                });
            }
            C::AddIdentity(column) => {
                self.set_on_column((table, only), column, ("identity", 1), span, |found| {
                    found.identity = true
                })
            }
            C::DropIdentity(column) => {
                self.set_on_column((table, only), column, ("identity", 0), span, |found| {
                    found.identity = false
                });
            }
            C::SetIdentity(column) => {
                if self.use_column(table, column, span.clone()) {
                    let what = Touched::Column(table.clone(), Arc::from(&**column));
                    self.touch(what, TouchKind::Change("identity"), span.clone());
                }
            }
            C::SetStatistics(column)
            | C::SetStorage(column)
            | C::SetCompression(column)
            | C::ColumnOptions(column) => {
                if self.use_column(table, column, span.clone()) {
                    let what = Touched::Column(table.clone(), Arc::from(&**column));
                    self.touch(what, TouchKind::Change("storage"), span.clone());
                }
            }
            C::AddConstraint(constraint) => {
                self.add_constraint(table, constraint, None);
                let stays = matches!(constraint.kind, ConstraintKind::Check { no_inherit: true, .. });
                if !only && !stays {
                    self.pass_on(table, 0);
                }
            }
            C::ValidateConstraint(name) => {
                self.change_constraint((table, only), name, span, "validity", |found| found.valid = true)
            }
            C::AlterConstraint(name) => {
                self.change_constraint((table, only), name, span, "deferrability", |_| {});
            }
            C::DropConstraint {
                name,
                if_exists,
                cascade,
            } => {
                if !cascade {
                    self.keep_key(table, name, span);
                }
                self.drop_constraint((table, only), name, *if_exists, span);
            }
            C::Trigger { name, state } => self.switch_trigger(table, name, *state, span),
            C::Rule { name, .. } => {
                let what = Touched::Rule(table.clone(), Arc::from(&**name));
                self.touch(what, TouchKind::Change("state"), span.clone());
            }
            C::RowSecurity(on) => {
                self.set_on_relation(table, ("row security", u64::from(*on)), span, |found| {
                    found.row_security = *on;
                })
            }
            C::ForceRowSecurity(on) => {
                self.set_on_relation(table, ("forced row security", u64::from(*on)), span, |found| {
                    found.forced = *on;
                })
            }
            C::Logged(logged) => {
                self.set_on_relation(table, ("persistence", u64::from(*logged)), span, |found| {
                    found.unlogged = !logged;
                })
            }
            C::SetOptions(options) => {
                for (option, value) in options {
                    let facet = OPTIONS.iter().find(|known| ***known == **option);
                    let facet = facet.copied().unwrap_or("options");
                    let value = fingerprint(&format!("{option} {value}"));
                    let what = Touched::Relation(table.clone());
                    self.touch(what, TouchKind::Set(facet, value), span.clone());
                }
                self.schema.change_relation(table, |found| {
                    found.options.extend(options.iter().cloned());
                });
            }
            C::ResetOptions(options) => self.set_on_relation(table, ("options", 0), span, |found| {
                options.iter().for_each(|option| {
                    found.options.remove(option);
                });
            }),
            C::Owner(owner) => {
                self.use_role(owner, span);
                let owner = self.role(owner);
                let value = fingerprint(&format!("{owner:?}"));
                self.set_on_relation(table, ("owner", value), span, |found| found.owner = owner);
            }
            C::Inherit(parent) | C::NoInherit(parent) => {
                self.change_inheritance(table, parent, command, span)
            }
            C::AttachPartition { partition, bound } => self.attach(table, partition, bound, span),
            C::DetachPartition { partition, .. } => self.detach(table, partition, span),
            C::ClusterOn(index) | C::ReplicaIdentity(Some(index)) => {
                let name = WrittenName {
                    schema: Some(table.schema.to_string()),
                    name: index.to_string(),
                };
                self.use_index(&name, span);
                let facet = match command {
                    C::ClusterOn(_) => "cluster",
                    _ => "replica identity",
                };
                self.touch(
                    Touched::Relation(table.clone()),
                    TouchKind::Set(facet, fingerprint(index)),
                    span.clone(),
                );
            }
            C::SetWithoutCluster
            | C::AccessMethod
            | C::Tablespace(_)
            | C::OfType
            | C::ReplicaIdentity(None)
            | C::Other(_) => {
                self.touch(
                    Touched::Relation(table.clone()),
                    TouchKind::Change("storage"),
                    span.clone(),
                );
            }
        }
    }

    fn alter_add_column(
        &mut self,
        table: &Key,
        column: &crate::sql::act::ColumnDef,
        if_not_exists: bool,
        span: &Span,
    ) {
        let what = Touched::Column(table.clone(), Arc::from(&*column.name));
        self.touch(what.clone(), self.create_kind(if_not_exists), span.clone());
        let is_there = self
            .schema
            .relation_at(table)
            .is_some_and(|relation| relation.column(&column.name).is_some());
        if is_there {
            if !if_not_exists {
                self.exists(&what, span.clone());
            }
            return;
        }
        self.add_column(table, column);
        self.use_generated(table, column);
        self.pass_on(table, 0);
    }

    /// Changes a column; the value's fingerprint tells two that agree from two that do not.
    fn set_on_column(
        &mut self,
        (table, only): (&Key, bool),
        column: &str,
        (facet, value): (&'static str, u64),
        span: &Span,
        change: impl Fn(&mut crate::lint::schema::Column),
    ) {
        if !self.use_column(table, column, span.clone()) {
            return;
        }
        let mut tree = self.descendants(table, only);
        tree.push(table.clone());
        for key in tree {
            self.schema.change_relation(&key, |relation| {
                if let Some(found) = relation.column_mut(column) {
                    change(found);
                }
            });
        }
        let what = Touched::Column(table.clone(), column.into());
        self.touch(what, TouchKind::Set(facet, value), span.clone());
    }

    fn set_on_relation(
        &mut self,
        table: &Key,
        (facet, value): (&'static str, u64),
        span: &Span,
        change: impl FnOnce(&mut Relation),
    ) {
        self.schema.change_relation(table, change);
        self.touch(
            Touched::Relation(table.clone()),
            TouchKind::Set(facet, value),
            span.clone(),
        );
    }

    fn change_constraint(
        &mut self,
        (table, only): (&Key, bool),
        name: &str,
        span: &Span,
        facet: &'static str,
        change: impl Fn(&mut crate::lint::schema::TableConstraint),
    ) {
        if !self.need_on(table, name, Missing::Constraint, span) {
            return;
        }
        let mut tree = self.descendants(table, only);
        tree.push(table.clone());
        for key in tree {
            self.schema.change_relation(&key, |relation| {
                if let Some(found) = relation.constraints.iter_mut().find(|found| *found.name == *name) {
                    change(found);
                }
            });
        }
        let what = Touched::Constraint(table.clone(), name.into());
        self.touch(what, TouchKind::Change(facet), span.clone());
    }

    fn switch_trigger(
        &mut self,
        table: &Key,
        name: &str,
        state: crate::sql::act::table::FiringState,
        span: &Span,
    ) {
        let all = matches!(name, "ALL" | "USER");
        if !all && !self.need_on(table, name, Missing::Trigger, span) {
            return;
        }
        self.schema.change_relation(table, |relation| {
            for trigger in relation
                .triggers
                .iter_mut()
                .filter(|trigger| all || *trigger.name == *name)
            {
                trigger.state = state;
            }
        });
        let what = Touched::Trigger(table.clone(), name.into());
        self.touch(what, TouchKind::Set("state", state as u64), span.clone());
    }

    /// Says whether a constraint, trigger, policy or rule is there, or may be; puts down where it is missing.
    pub(super) fn need_on(&mut self, table: &Key, name: &str, missing: Missing, span: &Span) -> bool {
        let Some(relation) = self.schema.relation_at(table) else {
            return true;
        };
        let is_there = match missing {
            Missing::Constraint => relation.constraint(name).is_some(),
            Missing::Trigger => relation.trigger(name).is_some(),
            Missing::Policy => relation.policy(name).is_some(),
            Missing::Rule => relation.rules.iter().any(|rule| *rule.name == *name),
            _ => true,
        };
        // NOT NULL constraints of 18 have names that the schema does not keep.
        let unsure = relation.only_named
            || !self.schema.complete()
            || !relation.columns_known
            || (missing == Missing::Constraint && name.ends_with("_not_null"));
        if !is_there && !unsure {
            let written = WrittenName {
                schema: None,
                name: name.to_owned(),
            };
            self.absent(missing, &written, Some(table.clone()), span.clone());
        }
        is_there || unsure
    }

    fn alter_index(&mut self, table: &AlterTable) {
        match self.schema.index(&table.name) {
            Found::Known(index) => {
                let key = index.key.clone();
                self.touch(
                    Touched::Index(key),
                    TouchKind::Change("storage"),
                    table.name_span.clone(),
                );
            }
            Found::Absent if !table.if_exists => {
                let written = table.name.clone();
                self.absent(Missing::Index, &written, None, table.name_span.clone());
            }
            _ => {}
        }
    }

    fn alter_as_sequence(&mut self, table: &AlterTable) {
        let Some(key) = self
            .schema
            .sequence(&table.name)
            .known()
            .map(|found| found.key.clone())
        else {
            return;
        };
        for (command, span) in &table.commands {
            if let AlterCommand::Owner(owner) = command {
                let owner = self.role(owner);
                self.schema
                    .change_sequence(&key, |sequence| sequence.owner = owner);
            }
            self.touch(
                Touched::Sequence(key.clone()),
                TouchKind::Change("definition"),
                span.clone(),
            );
        }
    }

    /// A key goes without CASCADE only where no foreign key refers to it.
    fn keep_key(&mut self, table: &Key, name: &str, span: &Span) {
        let found = self
            .schema
            .relation_at(table)
            .and_then(|relation| relation.constraint(name));
        let Some(TableConstraintKind::PrimaryKey(columns) | TableConstraintKind::Unique(columns)) =
            found.map(|found| &found.kind)
        else {
            return;
        };
        let by = self.users_of_key(table, &columns.clone());
        self.refused(
            Touched::Constraint(table.clone(), name.into()),
            by,
            Change::Drop,
            span,
        );
    }

    fn drop_constraint(&mut self, (table, only): (&Key, bool), name: &str, if_exists: bool, span: &Span) {
        let what = Touched::Constraint(table.clone(), name.into());
        let kind = if if_exists {
            TouchKind::DropIfExists
        } else {
            TouchKind::Drop
        };
        if !if_exists && !self.need_on(table, name, Missing::Constraint, span) {
            return;
        }
        self.touch(what, kind, span.clone());
        for child in self.descendants(table, only) {
            self.schema.change_relation(&child, |relation| {
                relation.constraints.retain(|found| *found.name != *name);
            });
        }
        let mut index = None;
        self.schema.change_relation(table, |relation| {
            let is_key = relation.constraint(name).is_some_and(|found| {
                matches!(
                    found.kind,
                    TableConstraintKind::PrimaryKey(_) | TableConstraintKind::Unique(_)
                )
            });
            if is_key {
                index = Some(Key::new(Arc::clone(&relation.key.schema), name));
            }
            relation.constraints.retain(|found| *found.name != *name);
        });
        if let Some(index) = index {
            self.schema.take_index(&index);
        }
    }
}
