//! ALTER TABLE: the strongest lock of its commands, on the table and what stands below it; then what each does.

use super::column::{BUILDS, CHECKS, FOREIGN_KEY};
use super::forms::{EXCLUSIVE_OPTIONS, Form};
use super::gather::Gather;
use super::proof;
use crate::lint::schema::{Found, Key, RelationKind, TableConstraintKind};
use crate::model::LockMode;
use crate::sql::act::{AlterCommand, AlterTable, Constraint, ConstraintKind, ForeignKey, ObjectKind};

impl Gather<'_> {
    pub(super) fn alter_table(&mut self, table: &AlterTable) {
        if table.kind == ObjectKind::Index {
            return self.alter_index(table);
        }
        if table.kind == ObjectKind::Sequence || matches!(self.schema.sequence(&table.name), Found::Known(_))
        {
            return;
        }
        let Some(key) = self.find(&table.name) else { return };
        self.to_end = !table.commands.iter().any(|(command, _)| is_concurrent(command));
        self.dropped = table
            .commands
            .iter()
            .filter_map(|(command, _)| match command {
                AlterCommand::DropConstraint { name, .. } => Some(name.clone()),
                _ => None,
            })
            .collect();
        let modes: Vec<LockMode> = table
            .commands
            .iter()
            .map(|(command, _)| self.mode_of(command))
            .collect();
        let mode = modes.into_iter().max().unwrap_or(LockMode::AccessExclusive);
        for (command, _) in &table.commands {
            let form = form_of(command);
            let fact = form.fact(self.major);
            let below = match self.stays_above(&key, command) {
                true => Vec::new(),
                false => self.below(&key, fact.below, table.only),
            };
            self.lock(&key, mode);
            for child in &below {
                self.lock(child, fact.below_mode.unwrap_or(mode));
            }
            let mut tree = vec![key.clone()];
            tree.extend(below);
            self.command(&key, &tree, command);
        }
        if table.commands.is_empty() {
            self.lock(&key, mode);
        }
    }

    /// ALTER INDEX locks only the index; the table is not even read.
    fn alter_index(&mut self, table: &AlterTable) {
        let Found::Known(index) = self.schema.index(&table.name) else {
            return;
        };
        let moves = |command: &AlterCommand| matches!(command, AlterCommand::Tablespace(_));
        if table.commands.iter().any(|(command, _)| moves(command)) {
            self.assume();
            self.rewrite(
                &index.key,
                "copies the index to the tablespace, unless it is there",
            );
        }
    }

    fn mode_of(&self, command: &AlterCommand) -> LockMode {
        let is_exclusive = |name: &str| EXCLUSIVE_OPTIONS.contains(&name);
        let exclusive = match command {
            AlterCommand::SetOptions(options) => options.iter().any(|(name, _)| is_exclusive(name)),
            AlterCommand::ResetOptions(names) => names.iter().any(|name| is_exclusive(name)),
            _ => return form_of(command).fact(self.major).target,
        };
        if exclusive {
            LockMode::AccessExclusive
        } else {
            LockMode::ShareUpdateExclusive
        }
    }

    /// Commands that do not descend although their form does.
    fn stays_above(&self, key: &Key, command: &AlterCommand) -> bool {
        let relation = self.relation(key);
        match command {
            AlterCommand::AddColumn {
                column,
                if_not_exists,
            } => *if_not_exists && relation.is_some_and(|found| found.column(&column.name).is_some()),
            AlterCommand::DropColumn { name, if_exists, .. } => {
                *if_exists
                    && relation.is_some_and(|found| found.columns_known && found.column(name).is_none())
            }
            AlterCommand::Trigger { name, .. } => !relation.is_some_and(|found| {
                found.triggers.iter().any(|trigger| {
                    trigger.for_each_row && (*trigger.name == **name || matches!(&**name, "ALL" | "USER"))
                })
            }),
            // The constraint stays above; 18 locks the children all the same.
            AlterCommand::AddConstraint(Constraint {
                kind: ConstraintKind::Check { no_inherit: true, .. },
                ..
            }) => self.major < 18,
            _ => false,
        }
    }

    fn command(&mut self, key: &Key, tree: &[Key], command: &AlterCommand) {
        use AlterCommand as C;
        match command {
            C::AddColumn { column, .. } if !self.stays_above(key, command) => self.add_column(tree, column),
            C::DropColumn { name, cascade, .. } => self.drop_column(key, name, *cascade),
            C::Type {
                column,
                data_type,
                collation,
                using,
            } => {
                for relation in tree {
                    self.change_type(relation, column, data_type, collation.as_ref(), using.as_ref());
                }
            }
            C::SetNotNull(column) => tree
                .iter()
                .for_each(|relation| self.set_not_null(relation, column)),
            C::SetExpression(column, _) => self.set_expression(tree, column),
            C::AddConstraint(constraint) => self.add_constraint(key, tree, constraint),
            C::ValidateConstraint(name) => self.validate(key, tree, name),
            C::AlterConstraint(_) => {}
            C::DropConstraint { name, cascade, .. } => self.drop_constraint(key, name, *cascade),
            C::Logged(logged) => match self.relation(key) {
                Some(found) if found.unlogged != *logged => {}
                found => {
                    if found.is_none() {
                        self.assume();
                    }
                    self.rewrite(key, "writes the table anew, logged or unlogged");
                }
            },
            C::AccessMethod | C::Tablespace(_) => {
                self.assume();
                self.rewrite(key, "copies the table, unless it is there already");
            }
            C::Inherit(parent) => {
                if let Some(parent) = self.find(parent) {
                    self.take_other(Form::Inherit, &parent);
                }
            }
            C::AttachPartition { partition, bound } => self.attach(key, partition, bound),
            C::DetachPartition {
                partition,
                concurrently,
                ..
            } => self.detach(key, partition, *concurrently),
            C::Other(_) => self.assume(),
            _ => {}
        }
    }

    fn set_expression(&mut self, tree: &[Key], column: &str) {
        for relation in tree {
            match self.relation(relation).and_then(|found| found.column(column)) {
                Some(found) if found.generated.as_ref().is_some_and(|(_, stored)| !stored) => {
                    let uses_it = self.relation(relation).is_some_and(|found| {
                        proof::checks(found, &[]).any(|check| super::column::names(check, column))
                    });
                    if uses_it {
                        self.scan(relation, CHECKS);
                    }
                }
                found => {
                    if found.is_none() {
                        self.assume();
                    }
                    self.rewrite(relation, "computes the column for every row");
                }
            }
        }
    }

    fn add_constraint(&mut self, table: &Key, tree: &[Key], constraint: &Constraint) {
        let unchecked = constraint.not_valid || constraint.not_enforced;
        match &constraint.kind {
            ConstraintKind::Check { no_inherit, .. } if !unchecked => {
                let checked = if *no_inherit { &tree[..1] } else { tree };
                checked.iter().for_each(|relation| self.scan(relation, CHECKS));
            }
            ConstraintKind::NotNull {
                column: Some(column), ..
            } if !unchecked => tree
                .iter()
                .for_each(|relation| self.set_not_null(relation, column)),
            ConstraintKind::PrimaryKey {
                using_index: Some(index),
                ..
            } => self.key_of_index(table, index),
            ConstraintKind::Unique {
                using_index: None, ..
            }
            | ConstraintKind::PrimaryKey {
                using_index: None, ..
            }
            | ConstraintKind::Exclude => tree.iter().for_each(|relation| self.scan(relation, BUILDS)),
            ConstraintKind::ForeignKey(key) => self.add_foreign_key(table, tree, key, unchecked),
            _ => {}
        }
    }

    /// PRIMARY KEY USING INDEX makes the columns NOT NULL first.
    fn key_of_index(&mut self, table: &Key, index: &str) {
        let key = Key::new(table.schema.clone(), index);
        let Some(index) = self.schema.index_at(&key) else {
            self.assume();
            return self.scan(table, super::column::NOT_NULL);
        };
        let columns: Vec<_> = index
            .columns
            .iter()
            .filter_map(|part| part.column.clone())
            .collect();
        for column in columns {
            self.set_not_null(table, &column);
        }
    }

    fn add_foreign_key(&mut self, table: &Key, tree: &[Key], key: &ForeignKey, unchecked: bool) {
        let Some(referenced) = self.find(&key.table) else {
            return;
        };
        let referenced = self.take(Form::ReferencedByNew, &referenced, false);
        if !unchecked && !self.is_empty(table) {
            tree.iter()
                .chain(&referenced)
                .for_each(|relation| self.scan(relation, FOREIGN_KEY));
        }
    }

    fn validate(&mut self, table: &Key, tree: &[Key], name: &str) {
        let Some(found) = self.relation(table).and_then(|found| found.constraint(name)) else {
            // NOT NULL constraints of 18 are not kept by name; one that is unknown is read for.
            self.assume();
            return tree.iter().for_each(|relation| self.scan(relation, CHECKS));
        };
        if found.valid {
            return;
        }
        match &found.kind {
            TableConstraintKind::ForeignKey {
                table: referenced, ..
            } => {
                let referenced = referenced.clone();
                self.take_other(Form::Validate, &referenced);
                tree.iter().for_each(|relation| self.scan(relation, FOREIGN_KEY));
                self.scan(&referenced, FOREIGN_KEY);
                let below = self.below(&referenced, super::forms::Below::Partitions, false);
                below.iter().for_each(|relation| self.scan(relation, FOREIGN_KEY));
            }
            _ => tree.iter().for_each(|relation| self.scan(relation, CHECKS)),
        }
    }

    /// The other side of a foreign key that goes is locked like the table, for its triggers go.
    fn drop_constraint(&mut self, table: &Key, name: &str, cascade: bool) {
        let Some(found) = self.relation(table).and_then(|found| found.constraint(name)) else {
            return;
        };
        match &found.kind {
            TableConstraintKind::ForeignKey {
                table: referenced, ..
            } => {
                let referenced = referenced.clone();
                self.take_other_end(Form::DropConstraint, &referenced);
            }
            TableConstraintKind::PrimaryKey(columns) | TableConstraintKind::Unique(columns) if cascade => {
                for other in self.referencing(table) {
                    let uses = self.relation(&other).is_some_and(|found| {
                        found.constraints.iter().any(|constraint| {
                            matches!(&constraint.kind, TableConstraintKind::ForeignKey { table: to, referenced, .. }
                                if to == table && referenced == columns)
                        })
                    });
                    if uses {
                        self.take_other_end(Form::DropConstraint, &other);
                    }
                }
            }
            _ => {}
        }
    }

    fn drop_column(&mut self, table: &Key, name: &str, cascade: bool) {
        let Some(relation) = self.relation(table) else {
            return;
        };
        for constraint in &relation.constraints {
            if let TableConstraintKind::ForeignKey {
                columns, table: to, ..
            } = &constraint.kind
                && columns.iter().any(|column| **column == *name)
            {
                self.take_end_of_gone(Form::DropConstraint, to);
            }
        }
        if !cascade {
            return;
        }
        for other in self.referencing(table) {
            let uses = self.relation(&other).is_some_and(|found| {
                found.constraints.iter().any(|constraint| {
                    matches!(&constraint.kind, TableConstraintKind::ForeignKey { table: to, referenced, .. }
                        if to == table && referenced.iter().any(|column| **column == *name))
                })
            });
            if uses {
                self.take_other_end(Form::DropConstraint, &other);
            }
        }
        for view in self.readers_of(table) {
            let uses = self
                .relation(&view)
                .and_then(|found| found.query.clone())
                .is_some_and(|query| query_names(&query, name));
            if uses {
                self.drop_relation(&view, true);
            }
        }
    }
}

/// Says whether a query names a column, or all columns.
fn query_names(query: &crate::sql::act::Query, name: &str) -> bool {
    let mut found = false;
    query.walk(&mut |expr| {
        found |= expr
            .as_column()
            .is_some_and(|column| *column.name == *name || &*column.name == "*");
    });
    found
}

fn is_concurrent(command: &AlterCommand) -> bool {
    matches!(
        command,
        AlterCommand::DetachPartition {
            concurrently: true,
            ..
        }
    )
}

/// The row of the table for a command.
fn form_of(command: &AlterCommand) -> Form {
    use AlterCommand as C;
    match command {
        C::AddColumn { .. } => Form::AddColumn,
        C::DropColumn { .. } => Form::DropColumn,
        C::Type { .. } => Form::ChangeType,
        C::SetDefault(..) | C::DropDefault(_) => Form::SetDefault,
        C::SetNotNull(_) => Form::SetNotNull,
        C::DropNotNull(_) => Form::DropNotNull,
        C::SetExpression(..) => Form::SetExpression,
        C::DropExpression(_) => Form::DropExpression,
        C::AddIdentity(_) => Form::AddIdentity,
        C::DropIdentity(_) => Form::DropIdentity,
        C::SetIdentity(_) => Form::SetIdentity,
        C::SetStatistics(_) => Form::SetStatistics,
        C::SetStorage(_) => Form::SetStorage,
        C::SetCompression(_) => Form::Storage,
        C::ColumnOptions(_) => Form::ColumnOptions,
        C::AddConstraint(constraint) => match &constraint.kind {
            ConstraintKind::ForeignKey(_) => Form::AddForeignKey,
            ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. } => Form::AddKey,
            ConstraintKind::Exclude => Form::AddExclude,
            ConstraintKind::NotNull { .. } => Form::AddNotNull,
            _ => Form::AddCheck,
        },
        C::AlterConstraint(_) => Form::AlterConstraint,
        C::ValidateConstraint(_) => Form::Validate,
        C::DropConstraint { .. } => Form::DropConstraint,
        C::Trigger { .. } => Form::SwitchTrigger,
        C::Rule { .. } => Form::SwitchRule,
        C::RowSecurity(_) | C::ForceRowSecurity(_) => Form::RowSecurity,
        C::ClusterOn(_) | C::SetWithoutCluster => Form::ClusterOn,
        C::Logged(_) => Form::Persistence,
        C::AccessMethod | C::Tablespace(_) => Form::Storage,
        C::SetOptions(_) | C::ResetOptions(_) => Form::ColumnOptions,
        C::Inherit(_) => Form::Inherit,
        C::NoInherit(_) => Form::NoInherit,
        C::OfType => Form::OfType,
        C::ReplicaIdentity(_) => Form::ReplicaIdentity,
        C::Owner(_) => Form::Owner,
        C::AttachPartition { .. } => Form::Attach,
        C::DetachPartition {
            concurrently: true, ..
        } => Form::DetachConcurrently,
        C::DetachPartition { .. } => Form::Detach,
        C::Other(_) => Form::AlterOther,
    }
}

/// Says whether a relation is partitioned.
pub(super) fn is_partitioned(gather: &Gather<'_>, key: &Key) -> bool {
    gather
        .relation(key)
        .is_some_and(|found| found.kind == RelationKind::PartitionedTable)
}
